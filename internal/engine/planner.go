package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/isa"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// planner builds a plan, group by group.
type planner struct {
	*Plan
	options Options
	buffer  map[located]int // where each value is to be had
	kept    []bool          // by value: somebody wants to see it
	params  []ops.Int8Param // of each value's bytes, where it can be bytes
	reads   []int           // by value: groups that have yet to read it
}

// located is a value in a layout.
type located struct {
	value  graph.Value
	layout ops.Layout
}

// newPlan makes all of a plan but the weights.
func newPlan(g *graph.Graph, input tensor.Shape, watchers []hooks.Watchers, options Options) (*Plan, error) {
	shapes, err := g.Shapes(input)
	if err != nil {
		return nil, err
	}
	p := planner{Plan: &Plan{graph: g, shapes: shapes, mostWork: mostWork, vectors: options.level().Includes(isa.AVX2)}, options: options, buffer: map[located]int{}}
	if p.params, err = Int8Params(g, options.Int8); err != nil {
		return nil, err
	}
	p.input = p.newBuffer(g.Input(), ops.NCHW)
	e := newEventPlanner(&p, watchers)
	p.kept = e.kept()
	groups := fuse(g, p.int8Kept(), isOp[graph.Conv])
	p.countReads(groups)
	for _, one := range groups {
		first := len(p.steps)
		p.group(one)
		e.computed(one, first)
	}
	p.output = p.in(g.Output(), ops.NCHW)
	p.buffers[p.output].to = len(p.steps)
	p.arena = place(p.buffers)
	return p.Plan, nil
}

// countReads counts the groups that read each value, and who takes the network's output.
func (p *planner) countReads(groups []group) {
	p.reads = make([]int, p.graph.Values())
	p.reads[p.graph.Output()]++
	for _, one := range groups {
		for _, v := range one.inputs(p.graph) {
			p.reads[v]++
		}
	}
}

// newBuffer makes the buffer of a value, which the next step writes.
func (p *planner) newBuffer(v graph.Value, l ops.Layout) int {
	b := len(p.buffers)
	p.buffers = append(p.buffers, buffer{size: mapOf(p.shapes[v], l).size(), from: len(p.steps), to: len(p.steps)})
	p.buffer[located{v, l}] = b
	return b
}

// in gives the buffer of a value in a layout, for the next step to read. Where the value exists in another layout only, a
// step that copies it goes before.
func (p *planner) in(v graph.Value, l ops.Layout) int {
	if b, ok := p.buffer[located{v, l}]; ok {
		return b
	}
	for _, other := range []ops.Layout{ops.NCHW, ops.NCHW16c, ops.NCHW64u8} {
		b, ok := p.buffer[located{v, other}]
		if !ok {
			continue
		}
		m := mapOf(p.shapes[v], l)
		if other == ops.NCHW64u8 || l == ops.NCHW64u8 {
			floats := other
			if l != ops.NCHW64u8 {
				floats = l
			}
			return p.emit(step{op: int8Reorder{m, floats, p.params[v]}, src: []int{b}}, v, l)
		}
		if ops.SameOrder(m.c, m.area()) {
			p.buffer[located{v, l}] = b
			return b
		}
		return p.emit(step{op: reorder{m}, src: []int{b}}, v, l)
	}
	panic(fmt.Sprintf("engine: value %d is read before it is computed", v))
}

// emit adds a step that writes value v in layout l, and gives its buffer.
func (p *planner) emit(s step, v graph.Value, l ops.Layout) int {
	s.dst = p.newBuffer(v, l)
	return p.emitInto(s)
}

// emitSum is emit for a step whose last source is a residual in the same layout: the output takes its place where nobody
// else reads it, now or afterwards, and the kernel can do so.
func (p *planner) emitSum(s step, one group, l ops.Layout, inPlace bool) {
	v, residual, b := p.graph.Calls[one.last()].Output, skip(p.graph, one), s.src[len(s.src)-1]
	for other, buffer := range p.buffer {
		inPlace = inPlace && (buffer != b || other.value == residual)
	}
	if !inPlace || p.reads[residual] > 0 || p.kept[residual] || b == p.input || b == s.src[0] {
		p.emit(s, v, l)
		return
	}
	maps.DeleteFunc(p.buffer, func(_ located, buffer int) bool { return buffer == b })
	s.dst, p.buffer[located{v, l}] = b, b
	p.emitInto(s)
}

func (p *planner) emitInto(s step) int {
	for _, b := range s.src {
		p.buffers[b].to = len(p.steps)
	}
	s.parallel = s.op.work() >= parallelWork
	p.steps = append(p.steps, s)
	return s.dst
}

// parallelWork is the work above which a step is shared out: some microseconds.
const parallelWork = 16 << 10

// mostWork is the work above which the share of a thread is computed in parts, between which a Run looks at its context:
// some tenths of a second.
const mostWork = 1 << 28

// layout is one that the value exists in.
func (p *planner) layout(v graph.Value) ops.Layout {
	if _, ok := p.buffer[located{v, ops.NCHW16c}]; ok {
		return ops.NCHW16c
	}
	return ops.NCHW
}

// group adds the steps of a group.
func (p *planner) group(one group) {
	for _, v := range one.inputs(p.graph) {
		p.reads[v]--
	}
	call := p.graph.Calls[one.first]
	x := call.Inputs[0]
	layout := p.layout(x)
	out, in := mapOf(p.shapes[call.Output], layout), mapOf(p.shapes[x], layout)
	if op, ok := p.int8Step(call, out, in); ok {
		p.emit(step{calls: one.calls(), op: op, src: []int{p.in(x, ops.NCHW64u8)}}, call.Output, ops.NCHW64u8)
		return
	}
	var op operation
	switch o := call.Op.(type) {
	case graph.Conv, graph.Linear:
		p.convolution(one, convOf(o, in, out))
		return
	case graph.Flatten: // the same buffer by another name
		if b, ok := p.buffer[located{x, ops.NCHW64u8}]; ok && in.area() == 1 {
			p.buffer[located{call.Output, ops.NCHW64u8}] = b
		} else {
			p.buffer[located{call.Output, ops.NCHW}] = p.in(x, ops.NCHW)
		}
		return
	case graph.BatchNorm:
		op = &norm{featureMap: out, call: one.first}
	case graph.ReLU:
		op = relu{out}
	case graph.MaxPool:
		op = pool{out, "maxpool", in, o.Kernel, o.Stride, o.Geometry().Before(in.h), (*ops.Pool).Max}
	case graph.AvgPool:
		op = pool{out, "avgpool", in, o.Kernel, o.Stride, 0, (*ops.Pool).Average}
	case graph.BlurPool:
		op = pool{out, "blur", in, 3, o.Stride, 1, (*ops.Pool).Blur}
	case graph.AdaptiveAvgPool:
		op = pool{out, "global avgpool", in, 0, 0, 0, (*ops.Pool).Global}
	case graph.Add:
		op = add{out}
	case graph.Pad:
		op = pad{out, in, o.Stride, o.Before}
	default:
		panic(fmt.Sprintf("engine: no step for %T", call.Op))
	}
	s := step{calls: one.calls(), op: op}
	for _, v := range call.Inputs {
		s.src = append(s.src, p.in(v, layout))
	}
	p.emit(s, call.Output, layout)
}

// convOf is the geometry of a convolution or of a fully connected layer, which is one of a single pixel.
func convOf(op graph.Op, in, out featureMap) ops.Conv {
	switch o := op.(type) {
	case graph.Conv:
		return ops.Conv{
			In: o.In, Out: o.Out, InH: in.h, InW: in.w, OutH: out.h, OutW: out.w,
			KernelH: o.Kernel, KernelW: o.Kernel, Stride: o.Stride, Padding: o.Geometry().Before(in.h), Dilation: o.Dilation, Groups: o.Groups,
		}
	case graph.Linear:
		return ops.Conv{In: o.In, Out: o.Out, InH: 1, InW: 1, OutH: 1, OutW: 1, KernelH: 1, KernelW: 1, Stride: 1, Dilation: 1, Groups: 1}
	}
	panic(fmt.Sprintf("engine: %T is no convolution", op))
}

// convolution adds the step of a convolution and what is fused with it.
func (p *planner) convolution(one group, geometry ops.Conv) {
	if layer, ok := p.options.Int8[p.graph.Calls[one.first].Path]; ok {
		p.int8Convolution(one, geometry, layer)
		return
	}
	k := p.options.kernel(geometry)
	call := p.graph.Calls[one.first]
	op := &convolution{kind: k, geometry: geometry, batch: p.shapes[call.Output][0], group: one}
	s := step{calls: one.calls(), op: op, src: []int{p.in(call.Inputs[0], k.In)}}
	if one.add == none {
		p.emit(s, p.graph.Calls[one.last()].Output, k.Out)
		return
	}
	op.add = true
	s.src = append(s.src, p.in(skip(p.graph, one), k.Out))
	p.emitSum(s, one, k.Out, k.InPlace(geometry))
}

// skip is what a group's add adds to the convolution.
func skip(g *graph.Graph, one group) graph.Value {
	conv := one.first
	if one.batchNorm != none {
		conv = one.batchNorm
	}
	inputs := g.Calls[one.add].Inputs
	if inputs[0] == g.Calls[conv].Output {
		return inputs[1]
	}
	return inputs[0]
}

// bind gives the steps of a plan their weights.
func (p *Program) bind(ctx context.Context, plan *Plan) error {
	var layers []packable
	for _, s := range plan.steps {
		switch op := s.op.(type) {
		case *norm:
			op.affine = p.affine[op.call]
		case packable:
			layers = append(layers, op)
		}
	}
	// The largest first: they set the size of what is reused, and share out evenly.
	slices.SortStableFunc(layers, func(a, b packable) int { return cmp.Compare(b.packedSize(), a.packedSize()) })
	p.reserve(layers)
	return parallel(len(layers), func(i int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return p.pack(layers[i])
	})
}

// bias is what a group adds to each output channel: a batch norm's shift, a fully connected layer's bias, or nothing.
func (p *Program) bias(one group, channels int) []float32 {
	for _, call := range []int{one.batchNorm, one.first} {
		if a, ok := p.affine[call]; ok {
			return a.shift
		}
	}
	return padded(channels)
}
