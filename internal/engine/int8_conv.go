package engine

import (
	"fmt"
	"slices"

	"resnet/internal/graph"
	"resnet/internal/ops"
)

// int8Convolution is a convolution or fully connected layer in bytes, with what is fused into it. Its sums are exact, so
// that its output is the same bits whatever computes it.
type int8Convolution struct {
	kind     *ops.Int8Kernel
	geometry ops.Conv
	batch    int
	group    group
	layer    Int8Layer
	output   int8Output
	packed   *packed // bound later
}

// int8Output says what comes out of a layer in bytes.
type int8Output string

const (
	int8Bytes int8Output = ""                      // all of its group
	int8Sums  int8Output = " to floats"            // its sums and the folded batch norm
	int8Bare  int8Output = " to floats, unshifted" // its sums alone
)

func (c *int8Convolution) key() packKey {
	return packKey{c.group.first, c.kind.Name + string(c.output), c.group.batchNorm}
}

func (c *int8Convolution) kernel() string  { return c.kind.Name }
func (c *int8Convolution) scratch() int    { return c.kind.ScratchLen(c.geometry) }
func (c *int8Convolution) work() int64     { return c.macs() / 32 }
func (c *int8Convolution) macs() int64     { return convMACs(c.geometry, c.batch) }
func (c *int8Convolution) packedSize() int { return c.kind.PackedLen(c.geometry) }

func (c *int8Convolution) setPacked(_ *Program, packed *packed) { c.packed = packed }

// pack reads the weights and writes them as the kernel wants them.
func (c *int8Convolution) pack(p *Program, place block) error {
	weight, release := p.raw8.Get(weightsOf(c.geometry))
	defer release()
	w, err := c.weights(p, weight)
	if err != nil {
		return fmt.Errorf("%s: %w", p.graph.Calls[c.group.first].Path, err)
	}
	c.kind.Pack(place, w, c.geometry)
	return nil
}

// weights reads the layer into weight.
func (c *int8Convolution) weights(p *Program, weight []int8) (ops.Int8Weights, error) {
	g := c.geometry
	if len(c.layer.Scale) != g.Out {
		return ops.Int8Weights{}, fmt.Errorf("%d scales of output channels, want %d", len(c.layer.Scale), g.Out)
	}
	if err := c.layer.Read(weight); err != nil {
		return ops.Int8Weights{}, err
	}
	output, shift := c.layer.Output, p.bias(c.group, g.Out)
	if c.output != int8Bytes {
		output = ops.Int8Param{}
	}
	if c.output == int8Bare {
		shift = padded(g.Out)
	}
	return int8Weights(weight, c.layer, output, shift)
}

func (c *int8Convolution) part(m memory) func() {
	args := &ops.Int8Args{
		Conv: c.geometry, Batch: c.batch, Param: c.layer.Input, Weights: c.packed.place, Scratch: m.scratch, Part: m.part, Parts: m.parts,
	}
	if c.kind.Image {
		args.Image = m.src[0].floats()
	} else {
		args.Src = m.src[0]
	}
	if c.output != int8Bytes {
		args.Floats = m.dst.floats()
	} else {
		args.Dst = m.dst
	}
	if len(m.src) > 1 {
		args.Add, args.AddScale = m.src[1], float32(float64(c.layer.Residual.Scale)/float64(c.layer.Output.Scale))
	}
	return func() { c.kind.Run(args) }
}

// int8Reorder turns a map into bytes, or back into floats.
type int8Reorder struct {
	featureMap // of the output
	floats     ops.Layout
	param      ops.Int8Param
}

func (r int8Reorder) kernel() string {
	if r.layout == ops.NCHW64u8 {
		return "quantize"
	}
	return "dequantize"
}

func (r int8Reorder) part(m memory) func() {
	args := &ops.Int8Reorder{Layout: r.floats, Batch: r.n, Channels: r.c, Area: r.area(), Param: r.param, Part: m.part, Parts: m.parts}
	if r.layout == ops.NCHW64u8 {
		args.Floats, args.Bytes = m.src[0].floats(), m.dst
		return args.Quantize
	}
	args.Floats, args.Bytes = m.dst.floats(), m.src[0]
	return args.Dequantize
}

// int8Pool is a max or global average pool of bytes.
type int8Pool struct {
	pool
	from, to ops.Int8Param
	run      func(*ops.Int8Pool)
}

func (p int8Pool) kernel() string { return "int8 " + p.name }

func (p int8Pool) part(m memory) func() {
	args := &ops.Int8Pool{
		Batch: p.n, Channels: p.c, InH: p.in.h, InW: p.in.w, OutH: p.h, OutW: p.w, Kernel: p.kernelSize, Stride: p.stride, Padding: p.padding,
		From: p.from, To: p.to, Dst: m.dst, Src: m.src[0], Vectors: m.vectors, Part: m.part, Parts: m.parts,
	}
	return func() { p.run(args) }
}

// int8Convolution adds the steps of a layer that is computed in bytes. What somebody wants to see between it and the
// group's output is computed beside, so that the output keeps its bits.
func (p *planner) int8Convolution(one group, geometry ops.Conv, layer Int8Layer) {
	calls := p.graph.Calls
	x := calls[one.first].Inputs[0]
	_, bytes := p.buffer[located{x, ops.NCHW64u8}]
	image := !bytes && x == p.graph.Input() && geometry.In <= 16 && geometry.Groups == 1 && geometry.Dilation == 1
	k := ops.ChooseInt8(geometry, image, p.options.level())
	in := ops.NCHW64u8
	if image {
		in = ops.NCHW
	}
	conv := func(output int8Output) step {
		op := &int8Convolution{kind: k, geometry: geometry, batch: p.shapes[x][0], group: one, layer: layer, output: output}
		return step{calls: one.calls(), op: op, src: []int{p.in(x, in)}}
	}
	last := calls[one.last()].Output
	if layer.Output.Scale == 0 { // no add nor ReLU follows
		p.emit(conv(int8Sums), last, ops.NCHW)
		return
	}
	p.between(one, conv)
	s := conv(int8Bytes)
	if one.add == none {
		p.emit(s, last, ops.NCHW64u8)
		return
	}
	s.src = append(s.src, p.in(skip(p.graph, one), ops.NCHW64u8))
	p.emitSum(s, one, ops.NCHW64u8, true)
}

// between computes those values inside a group that are to be seen.
func (p *planner) between(one group, conv func(int8Output) step) {
	calls := p.graph.Calls
	wanted := func(call int) bool {
		return call != none && call != one.last() && p.kept[calls[call].Output]
	}
	layer := one.first
	if one.batchNorm != none {
		layer = one.batchNorm
		if wanted(one.first) {
			p.emit(conv(int8Bare), calls[one.first].Output, ops.NCHW)
		}
	}
	if wanted(layer) || wanted(one.add) {
		p.emit(conv(int8Sums), calls[layer].Output, ops.NCHW)
	}
	if wanted(one.add) {
		v := calls[one.add].Output
		src := []int{p.in(calls[layer].Output, ops.NCHW), p.in(skip(p.graph, one), ops.NCHW)}
		p.emit(step{calls: one.calls(), op: add{mapOf(p.shapes[v], ops.NCHW)}, src: src}, v, ops.NCHW)
	}
}

// int8Kept leaves out the kept values inside groups that are computed in bytes, which do not end there for them.
func (p *planner) int8Kept() []bool {
	kept := slices.Clone(p.kept)
	if p.options.Int8 == nil {
		return kept
	}
	for _, one := range fuse(p.graph, make([]bool, p.graph.Values()), isOp[graph.Conv]) {
		if _, ok := p.options.Int8[p.graph.Calls[one.first].Path]; !ok {
			continue
		}
		for _, call := range one.calls() {
			if call != one.last() {
				kept[p.graph.Calls[call].Output] = false
			}
		}
	}
	return kept
}

// int8Step is the step of a call that is no layer where its input is bytes already and it can put out bytes.
func (p *planner) int8Step(call graph.Call, out, in featureMap) (operation, bool) {
	if _, ok := p.buffer[located{call.Inputs[0], ops.NCHW64u8}]; !ok || p.params[call.Output].Scale == 0 {
		return nil, false
	}
	from, to := p.params[call.Inputs[0]], p.params[call.Output]
	out.layout, in.layout = ops.NCHW64u8, ops.NCHW64u8
	switch o := call.Op.(type) {
	case graph.MaxPool:
		padding := o.Geometry().Before(in.h)
		return int8Pool{pool{out, "maxpool", in, o.Kernel, o.Stride, padding, nil}, from, to, (*ops.Int8Pool).Max}, from == to && padding < o.Kernel
	case graph.AdaptiveAvgPool:
		return int8Pool{pool{out, "global avgpool", in, 0, 0, 0, nil}, from, to, (*ops.Int8Pool).Global}, true
	}
	return nil, false
}
