package bind

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// A named operator is one that has tensors, and the module that it is in our graph. The norm that a convolution of a
// shortcut may lack is one without a layer.
type named struct {
	operator
	path string
	relu bool      // one follows
	aa   *operator // and what takes a stride behind that
}

// A matcher derives a residual network from a graph of operators, whatever they are called: it follows the data from the
// input to the logits, and wants each operator to be where this family has one.
type matcher struct {
	operators []operator
	users     [][]int // operators that take an operator's output

	spec      model.Spec
	named     []named
	dilations []int // of the last block of each layer
	pixels    pixels
	sized     bool // it says how large its input is
	endsInMap bool // the last one, of which our networks put out the average
	same      bool // an operator with a stride pads as TensorFlow does
	symmetric bool // one does not
}

// match gives the network, and which module each operator with tensors is.
func (m *matcher) match(output int) error {
	m.users = make([][]int, len(m.operators))
	input := -1
	for i, op := range m.operators {
		for _, from := range op.inputs {
			m.users[from] = append(m.users[from], i)
		}
		if op.kind == opInput {
			if input >= 0 {
				return fmt.Errorf("the model has several inputs")
			}
			input = i
		}
	}
	if input < 0 {
		return fmt.Errorf("the model has no input")
	}
	size := m.operators[input].size
	m.spec.Input = [3]int{size[0], size[1], size[2]}
	at, err := m.stem(input)
	if err == nil {
		at, err = m.blocks(at)
	}
	if err == nil {
		at, err = m.head(at)
	}
	switch {
	case err != nil:
		return err
	case at != output:
		return m.unexpected(at, "the end")
	case m.same && m.symmetric:
		return fmt.Errorf("some layers with a stride pad as TensorFlow's SAME does, others the same on all sides: both in one network are not supported")
	case m.same:
		m.spec.Padding = model.PaddingSame
	}
	return m.complete()
}

// only gives the single operator that takes the output of at, or nil.
func (m *matcher) only(at int) (int, *operator) {
	if len(m.users[at]) != 1 {
		return at, nil
	}
	next := m.users[at][0]
	return next, &m.operators[next]
}

// next is only, of a kind; else it stays where it is.
func (m *matcher) next(at int, kind operatorKind) (int, *operator) {
	if next, op := m.only(at); op != nil && op.kind == kind {
		return next, op
	}
	return at, nil
}

// want is next where another kind is an error.
func (m *matcher) want(at int, kind operatorKind) (int, *operator, error) {
	next, op := m.next(at, kind)
	if op == nil {
		return at, nil, m.unexpected(at, operatorWords[kind])
	}
	return next, op, nil
}

// unexpected says what stands where something else must.
func (m *matcher) unexpected(at int, want string) error {
	behind := m.operators[at].layer
	switch next, op := m.only(at); {
	case op != nil:
		return fmt.Errorf("the model is no residual network of this family: behind %q stands %s (%q), not %s", behind, operatorWords[op.kind], m.operators[next].layer, want)
	case len(m.users[at]) == 0:
		return fmt.Errorf("the model is no residual network of this family: it ends behind %q, where %s must stand", behind, want)
	}
	return fmt.Errorf("the model is no residual network of this family: %d layers take the output of %q, where %s must stand", len(m.users[at]), behind, want)
}

// window reads how an operator with a window pads, pad being what a padding before it adds.
func (m *matcher) window(op *operator, pad int) (int, error) {
	if op.same && pad > 0 {
		return 0, fmt.Errorf("the layer %q pads, behind a layer that does too", op.layer)
	}
	if !op.same {
		if op.stride > 1 && op.kernel > 1 {
			m.symmetric = true
		}
		return pad, nil
	}
	if op.kernel%2 == 0 {
		return 0, fmt.Errorf("the layer %q pads an even window of %d: not supported", op.layer, op.kernel)
	}
	if op.stride > 1 && op.kernel > 1 {
		m.same = true
	}
	return op.dilation * (op.kernel - 1) / 2, nil
}

// conv reads a convolution, with the padding before it and the batch norm behind it. The padding is returned.
func (m *matcher) conv(at int, path, norm string, needsNorm bool) (next int, op *operator, pad int, err error) {
	if p, padding := m.next(at, opPadding); padding != nil {
		at, pad = p, padding.pad
	}
	if at, _, err = m.want(at, opConv); err != nil {
		return at, nil, 0, err
	}
	return m.normed(at, pad, path, norm, needsNorm)
}

// normed is conv behind its convolution.
func (m *matcher) normed(at, pad int, path, norm string, needsNorm bool) (int, *operator, int, error) {
	op := &m.operators[at]
	pad, err := m.window(op, pad)
	if err != nil {
		return at, nil, 0, err
	}
	conv := named{operator: *op, path: path}
	conv.pad = pad
	next, bn := m.next(at, opNorm)
	switch {
	case bn == nil && needsNorm:
		return at, nil, 0, m.unexpected(at, operatorWords[opNorm])
	case bn == nil:
		bn = &operator{kind: opNorm, bias: op.bias}
	}
	bn.out = op.out
	m.named = append(m.named, conv, named{operator: *bn, path: norm})
	return next, op, pad, nil
}

// stem reads what stands before the first block.
func (m *matcher) stem(at int) (int, error) {
	for {
		next, op := m.next(at, opRescale)
		if op == nil {
			break
		}
		for channel := range 3 {
			m.pixels.scale(channel, op.times, op.plus)
		}
		at = next
	}
	first := len(m.named)
	for i := 0; ; i++ {
		next, op, pad, err := m.conv(at, "conv1."+strconv.Itoa(3*i), "conv1."+strconv.Itoa(3*i+1), true)
		if err != nil {
			return 0, err
		}
		m.spec.Stem.Convs = append(m.spec.Stem.Convs, model.StemConv{Kernel: op.kernel, Planes: op.out, Stride: op.stride, Padding: pad})
		if at, _, err = m.want(next, opReLU); err != nil {
			return 0, err
		}
		if len(m.users[at]) != 1 || !m.leadsTo(at, opConv) || m.isPlain() {
			break
		}
	}
	m.named[len(m.named)-1].path = "bn1"
	if len(m.spec.Stem.Convs) == 1 {
		m.named[first].path = "conv1"
	}
	if m.leadsTo(at, opAvgPool) {
		return m.averaged(at)
	}
	if !m.leadsTo(at, opMaxPool) {
		return at, nil
	}
	pad := 0
	if p, padding := m.next(at, opPadding); padding != nil {
		at, pad = p, padding.pad // of values that a ReLU made: zeros never win
	}
	next, pool := m.next(at, opMaxPool)
	pad, err := m.window(pool, pad)
	p := &model.StemPool{Kernel: pool.kernel, Stride: pool.stride, Padding: pad}
	m.spec.Stem.Pool = p
	blurred, blur := m.next(next, opBlur)
	if blur == nil || err != nil {
		return next, errors.Join(err, m.antiAliased(pool, model.AANone))
	}
	p.Stride = blur.stride
	if pool.stride != 1 {
		return 0, fmt.Errorf("the pool %q has a stride of %d before a blur: not supported", pool.layer, pool.stride)
	}
	return blurred, m.antiAliased(blur, model.AABlur)
}

// averaged reads the average pool that stands for the stem's max pool in anti-aliased networks, whose kernel then does nothing.
func (m *matcher) averaged(at int) (int, error) {
	next, pool := m.next(at, opAvgPool)
	m.spec.Stem.Pool = &model.StemPool{Kernel: 3, Stride: pool.stride, Padding: 1}
	return next, m.antiAliased(pool, model.AAAverage)
}

// antiAliased takes over how a stride is done by op: all are done alike.
func (m *matcher) antiAliased(op *operator, how string) error {
	if how == model.AAAverage && (op.kernel != 2 || op.stride != 2 || op.ceil || op.same) {
		return fmt.Errorf("%q averages windows of %d with a stride of %d, or beyond the edge: want 2 and 2, whole windows alone", op.layer, op.kernel, op.stride)
	}
	if how == model.AABlur && op.stride != 2 {
		return fmt.Errorf("%q blurs with a stride of %d, want 2", op.layer, op.stride)
	}
	if !agree(&m.spec.AA, how) {
		return fmt.Errorf("%q takes its stride by aa: %s, where others do by aa: %s: both in one network are not supported", op.layer, how, m.spec.AA)
	}
	return nil
}

// leadsTo tells whether the next operator is of a kind, paddings apart.
func (m *matcher) leadsTo(at int, kind operatorKind) bool {
	if p, padding := m.next(at, opPadding); padding != nil {
		at = p
	}
	_, op := m.next(at, kind)
	return op != nil
}

// head reads what stands behind the last block. A model that ends there, or in the pool, has no classifier.
func (m *matcher) head(at int) (int, error) {
	if len(m.users[at]) == 0 {
		m.spec.Classifier, m.endsInMap = model.ClassifierNone, true
		return at, nil
	}
	next, pool := m.next(at, opGlobalPool)
	if pool == nil {
		var err error
		if next, pool, err = m.want(at, opAvgPool); err != nil {
			return 0, err
		}
		if size := m.lastMap(); size != [2]int{pool.kernel, pool.kernel} {
			return 0, fmt.Errorf("the pool %q averages %d×%d pixels of a map of %d×%d: only a global one is supported", pool.layer, pool.kernel, pool.kernel, size[0], size[1])
		}
	}
	if flat, op := m.next(next, opFlatten); op != nil {
		next = flat
	}
	if len(m.users[next]) == 0 {
		m.spec.Classifier = model.ClassifierNone
		return next, nil
	}
	if next, err := m.classifier(next); err != nil {
		return 0, err
	} else if soft, op := m.next(next, opSoftmax); op != nil {
		return soft, nil
	} else {
		return next, nil
	}
}

// classifier reads one fully connected layer, or several with a ReLU between two.
func (m *matcher) classifier(at int) (int, error) {
	var layers []named
	for {
		next, linear, err := m.want(at, opLinear)
		if err != nil {
			return 0, err
		}
		layers = append(layers, named{operator: *linear, path: "fc." + strconv.Itoa(2*len(layers))})
		relu, op := m.next(next, opReLU)
		if at = relu; op == nil {
			break
		}
	}
	last := len(layers) - 1
	if last == 0 {
		layers[0].path = "fc"
	}
	for _, l := range layers[:last] {
		m.spec.Head = append(m.spec.Head, l.out)
	}
	m.spec.NumClasses = layers[last].out
	if !slices.ContainsFunc(layers, func(l named) bool { return l.bias }) {
		m.spec.Classifier = model.ClassifierNoBias
	}
	m.named = append(m.named, layers...)
	return at, nil
}

// lastMap is the size of the last map for the model's own input; 0, 0 where that is not said.
func (m *matcher) lastMap() [2]int {
	s := m.spec
	if s.Input[1] == 0 || s.Input[2] == 0 {
		return [2]int{}
	}
	s.NumClasses = 1
	if m.same {
		s.Padding = model.PaddingSame
	}
	g, err := model.Build(s.Default())
	if err != nil {
		return [2]int{}
	}
	shapes, err := g.Shapes(g.InputShape(1))
	if err != nil {
		return [2]int{}
	}
	last := shapes[g.Stages[len(g.Stages)-1].Out]
	return [2]int{last[2], last[3]}
}

// behindPools moves the projections that no pool stands before: where others have one, it is the first in its place too.
func (m *matcher) behindPools() {
	if m.spec.Shortcut != model.ShortcutAvgPoolProjection {
		return
	}
	for i := range m.named {
		if path, ok := strings.CutSuffix(m.named[i].path, ".downsample.0"); ok {
			m.named[i].path, m.named[i+1].path = path+".downsample.1", path+".downsample.2"
		}
	}
}

// complete builds the network, and holds each of its convolutions against the operator that it was made of.
func (m *matcher) complete() error {
	if m.spec.Input[0] == 0 {
		m.spec.Input[0] = 3
	}
	if m.sized = m.spec.Input[1] > 0 && m.spec.Input[2] > 0; !m.sized {
		m.spec.Input[1], m.spec.Input[2] = 224, 224
	}
	if n := len(m.spec.Layers) - 1; m.spec.ReplaceStrideWithDilation != nil {
		m.spec.ReplaceStrideWithDilation = append(m.spec.ReplaceStrideWithDilation, make([]bool, n-len(m.spec.ReplaceStrideWithDilation))...)
	}
	m.spec = m.spec.Default()
	g, err := model.Build(m.spec)
	if err != nil {
		return err
	}
	m.behindPools()
	ours := map[string]graph.Conv{}
	for _, call := range g.Calls {
		if c, ok := call.Op.(graph.Conv); ok {
			ours[call.Path] = c
		}
	}
	count := 0
	for _, n := range m.named {
		if n.kind != opConv {
			continue
		}
		count++
		c, ok := ours[n.path]
		if !ok {
			return fmt.Errorf("the layer %q has no place in a network of this family: it would be %s", n.layer, n.path)
		}
		theirs := graph.Conv{In: c.In, Out: n.out, Kernel: n.kernel, Stride: n.stride, Padding: c.Padding, Dilation: n.dilation, Groups: n.groups, Same: c.Same}
		if theirs != c {
			return fmt.Errorf("the layer %q is no %s of this family: %d outputs, kernel %d, stride %d, dilation %d, %d groups; want %d, %d, %d, %d, %d",
				n.layer, n.path, n.out, n.kernel, n.stride, n.dilation, n.groups, c.Out, c.Kernel, c.Stride, c.Dilation, c.Groups)
		}
		if want := c.Geometry().Padding; n.pad != want && !(n.same && c.Same) {
			return fmt.Errorf("the layer %q pads by %d; %s pads by %d", n.layer, n.pad, n.path, want)
		}
	}
	if count != len(ours) {
		return fmt.Errorf("the model has %d convolutions, the network that it would be %d", count, len(ours))
	}
	return nil
}
