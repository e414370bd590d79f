package bind

import (
	"fmt"
	"slices"
	"strconv"

	"resnet/internal/model"
)

// blocks reads residual blocks as long as two branches leave one place.
func (m *matcher) blocks(at int) (int, error) {
	if m.isPlain() {
		return m.plain(at)
	}
	s := &m.spec
	in := s.Stem.Convs[len(s.Stem.Convs)-1].Planes
	for n := 0; len(m.users[at]) > 1; n++ {
		if len(m.users[at]) != 2 {
			return 0, m.unexpected(at, "a block")
		}
		b, err := m.block(at, in)
		if err != nil {
			return 0, err
		}
		if err := m.add(b, in); err != nil {
			return 0, err
		}
		if at, _, err = m.want(b.add, opReLU); err != nil {
			return 0, err
		}
		in = b.out()
	}
	if len(s.Layers) == 0 {
		return 0, m.unexpected(at, "the first residual block")
	}
	return at, nil
}

// isPlain tells a network without shortcuts.
func (m *matcher) isPlain() bool {
	return !slices.ContainsFunc(m.operators, func(op operator) bool { return op.kind == opAdd })
}

// foundBlock is a residual block: the convolutions of its branch, and its shortcut.
type foundBlock struct {
	main, side []named
	bare       []*operator // of the shortcut: those without tensors, before the others
	add        int
}

// pooled is the average pool that the shortcut begins with, or nil.
func (b foundBlock) pooled() *operator {
	if len(b.bare) > 0 && b.bare[0].kind == opAvgPool {
		return b.bare[0]
	}
	return nil
}

func (b foundBlock) out() int { return b.main[len(b.main)-2].out }

// convs are the convolutions of a branch.
func convs(branch []named) []operator {
	var list []operator
	for _, n := range branch {
		if n.kind == opConv {
			list = append(list, n.operator)
		}
	}
	return list
}

// aa is what stands before the last convolution to take the stride, or nil.
func (b foundBlock) aa() *operator { return b.main[len(b.main)-3].aa }

func (b foundBlock) stride() int {
	stride := 1
	for _, c := range convs(b.main) {
		stride *= c.stride
	}
	if aa := b.aa(); aa != nil {
		stride *= aa.stride
	}
	return stride
}

// block reads the two branches behind at until they meet.
func (m *matcher) block(at, in int) (foundBlock, error) {
	var b foundBlock
	meet := -1
	for _, start := range m.users[at] {
		branch, bare, add, err := m.branch(at, start)
		if err != nil {
			return b, err
		}
		if meet >= 0 && add != meet {
			return b, fmt.Errorf("the model is no residual network of this family: the branches behind %q do not meet in one add", m.operators[at].layer)
		}
		meet = add
		if n := len(convs(branch)); n > 1 && b.main == nil && bare == nil {
			b.main = branch
		} else if n <= 1 && b.side == nil {
			b.side, b.bare = branch, bare
		} else {
			return b, fmt.Errorf("the model is no residual network of this family: behind %q stands no block of two or three convolutions and a shortcut", m.operators[at].layer)
		}
	}
	b.add = meet
	if b.main == nil {
		return b, fmt.Errorf("the model is no residual network of this family: behind %q stands no block of two or three convolutions", m.operators[at].layer)
	}
	return b, nil
}

// branch reads one way from at, by the operator start, to an add.
func (m *matcher) branch(at, start int) (branch []named, bare []*operator, add int, err error) {
	from := len(m.named)
	defer func() { branch, m.named = slices.Clone(m.named[from:]), m.named[:from] }()
	pad := 0
	for {
		op := &m.operators[start]
		switch {
		case op.kind == opAdd && len(op.inputs) != 2:
			return nil, nil, 0, fmt.Errorf("the layer %q adds %d branches, want 2", op.layer, len(op.inputs))
		case op.kind == opAdd:
			return nil, bare, start, nil
		case op.kind == opPadding && pad == 0:
			at, pad = start, op.pad
		case (op.kind == opAvgPool || op.kind == opBlur) && len(m.named) > from && m.named[len(m.named)-1].relu:
			at, m.named[len(m.named)-1].aa = start, op
		case slices.Contains([]operatorKind{opAvgPool, opPixels, opChannels}, op.kind) && len(m.named) == from:
			at, bare = start, append(bare, op)
		case op.kind == opConv:
			// The norm of a projection may be missing; add wants the others.
			if at, _, _, err = m.normed(start, pad, "", "", false); err != nil {
				return nil, nil, 0, err
			}
			pad = 0
			if next, relu := m.next(at, opReLU); relu != nil {
				at = next
				m.named[len(m.named)-1].relu = true
			}
		default:
			return nil, nil, 0, m.unexpected(at, "a convolution of a block")
		}
		if len(m.users[at]) != 1 {
			return nil, nil, 0, m.unexpected(at, "the rest of a block")
		}
		start = m.users[at][0]
	}
}

// add takes a block into the network: it begins a layer where the width or the resolution changes.
func (m *matcher) add(b foundBlock, in int) error {
	s := &m.spec
	main := convs(b.main)
	kernels := []int{}
	for i, c := range main {
		kernels = append(kernels, c.kernel)
		norm := b.main[2*i+1]
		if norm.layer == "" || norm.relu != (i < len(main)-1) {
			return fmt.Errorf("the model is no residual network of this family: the convolution %q is not followed by a batch norm, and a ReLU unless it is a block's last", c.layer)
		}
	}
	block := map[bool]string{true: "basic", false: "bottleneck"}[len(main) == 2]
	if !slices.Equal(kernels, []int{3, 3}) && !slices.Equal(kernels, []int{1, 3, 1}) || s.Block != "" && s.Block != block {
		return fmt.Errorf("the block of %q has kernels of %v, want 3, 3 or 1, 3, 1, and the same in all blocks", main[0].layer, kernels)
	}
	s.Block = block
	if n := len(s.Planes); n == 0 || b.out() != s.Planes[n-1]*s.Expansion() || b.stride() > 1 {
		if b.out()%s.Expansion() != 0 {
			return fmt.Errorf("the block of %q puts out %d channels, which 4 does not divide", main[0].layer, b.out())
		}
		s.Layers, s.Planes, s.Strides = append(s.Layers, 0), append(s.Planes, b.out()/s.Expansion()), append(s.Strides, b.stride())
	}
	if err := m.strides(b); err != nil {
		return err
	}
	layer := len(s.Layers) - 1
	m.dilate(layer, main)
	path := model.LayerName(layer) + "." + strconv.Itoa(s.Layers[layer])
	s.Layers[layer]++
	if block == "bottleneck" {
		if main[0].stride > 1 {
			s.StrideIn = model.Stride1x1
		}
		if layer == 0 {
			s.Groups = main[1].groups
			if width := main[1].out * 64; width%(s.Planes[0]*s.Groups) == 0 {
				s.WidthPerGroup = width / (s.Planes[0] * s.Groups)
			}
		}
	}
	m.place(b, path)
	return m.shortcut(b, in, path)
}

// strides reads what takes a block's stride.
func (m *matcher) strides(b foundBlock) error {
	aa := b.aa()
	for _, n := range b.main {
		if n.aa != nil && n.aa != aa {
			return fmt.Errorf("the model is no residual network of this family: %s (%q) stands behind another convolution than its block's last but one", operatorWords[n.aa.kind], n.aa.layer)
		}
	}
	switch {
	case aa != nil && aa.kind == opBlur:
		return m.antiAliased(aa, model.AABlur)
	case aa != nil:
		return m.antiAliased(aa, model.AAAverage)
	case b.stride() > 1:
		return m.antiAliased(&b.main[0].operator, model.AANone)
	}
	return nil
}

// dilate notes that a layer has a dilation in place of its stride, which its blocks from the second on show, or a basic one
// from its second convolution on.
func (m *matcher) dilate(layer int, main []operator) {
	m.dilations = append(m.dilations[:layer], main[1].dilation)
	if layer == 0 || main[1].dilation <= m.dilations[layer-1] {
		return
	}
	s := &m.spec
	for len(s.ReplaceStrideWithDilation) < layer {
		s.ReplaceStrideWithDilation = append(s.ReplaceStrideWithDilation, false)
	}
	s.ReplaceStrideWithDilation[layer-1] = true
	s.Strides[layer] = main[1].dilation / m.dilations[layer-1]
}

// place names the modules of a block's branch.
func (m *matcher) place(b foundBlock, path string) {
	for i, n := range b.main {
		number := strconv.Itoa(i/2 + 1)
		if n.kind == opConv {
			n.path = path + ".conv" + number
		} else {
			n.path = path + ".bn" + number
		}
		m.named = append(m.named, n)
	}
}

// shortcut names the modules of a block's shortcut, and reads of which kind all are.
func (m *matcher) shortcut(b foundBlock, in int, path string) error {
	s := &m.spec
	if len(b.side) == 0 && len(b.bare) == 0 {
		return nil
	}
	if len(b.side) == 0 {
		return m.pad(b, in, path)
	}
	kind, at := model.ShortcutProjection, "0"
	pooled := b.pooled()
	switch {
	case pooled == nil && len(b.bare) > 0, len(b.bare) > 1:
		return fmt.Errorf("the shortcut of %s has a projection behind %s: not supported", path, operatorWords[b.bare[len(b.bare)-1].kind])
	case pooled != nil && (pooled.kernel != 2 || pooled.stride != b.stride()):
		return fmt.Errorf("the shortcut of %s averages windows of %d with a stride of %d, want 2 and %d", path, pooled.kernel, pooled.stride, b.stride())
	case pooled != nil:
		kind, at = model.ShortcutAvgPoolProjection, "1"
	case b.stride() == 1 && in == b.out():
		kind = model.ShortcutProjectionAll
	}
	if s.Shortcut == "" || s.Shortcut == model.ShortcutProjection {
		s.Shortcut = kind
	}
	number, _ := strconv.Atoi(at)
	for i, n := range b.side {
		if n.relu {
			return fmt.Errorf("the shortcut of %s has a ReLU: not supported", path)
		}
		if n.kind == opConv && kind == model.ShortcutProjection {
			s.ProjectionKernel = max(s.ProjectionKernel, n.kernel)
		}
		n.path = path + ".downsample." + strconv.Itoa(number+i)
		m.named = append(m.named, n)
	}
	return nil
}

// pad reads a shortcut without parameters: fewer pixels, or their averages, and channels of zeros.
func (m *matcher) pad(b foundBlock, in int, path string) error {
	s := &m.spec
	var how model.Pad // what the block tells
	step, around := [2]int{1, 1}, [2]int{}
	for _, op := range b.bare {
		switch {
		case op.kind == opAvgPool && op.kernel == op.stride:
			how.Pool, step = model.PoolAverage, [2]int{step[0] * op.stride, step[1] * op.stride}
		case op.kind == opPixels:
			how.Pool, step = model.PoolStride, [2]int{step[0] * op.step[0], step[1] * op.step[1]}
		case op.kind == opChannels:
			around = [2]int{around[0] + op.around[0], around[1] + op.around[1]}
		default:
			return fmt.Errorf("the shortcut of %s averages windows of %d with a stride of %d: not supported", path, op.kernel, op.stride)
		}
	}
	missing := b.out() - in
	both, behind := [2]int{missing / 2, missing - missing/2}, [2]int{0, missing}
	switch {
	case around != both && around != behind || step != [2]int{b.stride(), b.stride()}:
		return fmt.Errorf("the shortcut of %s takes every %d×%d pixels and adds %d and %d channels of zeros: not supported", path, step[0], step[1], around[0], around[1])
	case around != both:
		how.Zeros = model.ZerosBehind
	case around != behind:
		how.Zeros = model.ZerosBoth
	}
	if s.Shortcut != "" && s.Shortcut != model.ShortcutPad || !agree(&s.Pad.Zeros, how.Zeros) || !agree(&s.Pad.Pool, how.Pool) {
		return fmt.Errorf("the shortcut of %s is of another kind than those before: not supported", path)
	}
	s.Shortcut = model.ShortcutPad
	return nil
}

// agree takes over a word where one is said, and tells whether it is the one that was said before.
func agree(known *string, word string) bool {
	if *known == "" {
		*known = word
	}
	return word == "" || *known == word
}

// plain reads the blocks of a network without shortcuts.
func (m *matcher) plain(at int) (int, error) {
	s := &m.spec
	in := s.Stem.Convs[len(s.Stem.Convs)-1].Planes
	for m.leadsTo(at, opConv) {
		var b foundBlock
		from := len(m.named)
		for i, size := 0, 2; i < size; i++ {
			next, conv, _, err := m.conv(at, "", "", true)
			if err == nil {
				at, _, err = m.want(next, opReLU)
			}
			if err != nil {
				return 0, err
			}
			if i == 0 && conv.kernel == 1 {
				size = 3
			}
			m.named[len(m.named)-1].relu = i < size-1
		}
		b.main, m.named = slices.Clone(m.named[from:]), m.named[:from]
		if err := m.add(b, in); err != nil {
			return 0, err
		}
		in = b.out()
	}
	if len(s.Layers) == 0 {
		return 0, m.unexpected(at, "the first residual block")
	}
	s.Shortcut = model.ShortcutNone
	return at, nil
}
