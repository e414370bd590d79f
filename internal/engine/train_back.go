package engine

import (
	"fmt"

	"resnet/internal/graph"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// gradient is the value that is the gradient of a value.
func (p *trainPlanner) gradient(v graph.Value) graph.Value { return v + graph.Value(p.values) }

// has tells whether a value is in some buffer.
func (p *trainPlanner) has(v graph.Value) bool {
	_, plain := p.buffer[located{v, ops.NCHW}]
	_, blocked := p.buffer[located{v, ops.NCHW16c}]
	return plain || blocked
}

// temporary makes a value of a shape.
func (p *trainPlanner) temporary(shape tensor.Shape) graph.Value {
	p.shapes = append(p.shapes, shape)
	return graph.Value(len(p.shapes) - 1)
}

// back adds the steps of a group on the way back: the gradients of its parameters, and what it contributes to those of its
// inputs. What the loss does not depend on has none.
func (p *trainPlanner) back(one group) error {
	last := p.graph.Calls[one.last()]
	if !p.has(p.gradient(last.Output)) || !p.needs[last.Output] {
		return nil
	}
	p.show(one.last())
	call := p.graph.Calls[one.first]
	grad := p.gradient(call.Output)
	x := call.Inputs[0]
	l := p.layouts[one.first]
	out, in := mapOf(p.shapes[call.Output], l), mapOf(p.shapes[x], l)
	way := func(p pool, reads bool, run func(*ops.Pool, []float32)) poolGradient {
		return poolGradient{in, p, reads, run}
	}
	switch op := call.Op.(type) {
	case graph.Conv, graph.Linear:
		if err := p.convolutionBack(one.first, p.geometry(call)); err != nil {
			return err
		}
	case graph.BatchNorm:
		p.normBack(one)
	case graph.Flatten:
		p.share(x, call.Output, ops.NCHW)
	case graph.ReLU:
		p.contribute(one.first, x, l, reluGradient{out}, p.in(grad, l), p.in(call.Output, l))
	case graph.MaxPool:
		p.contribute(one.first, x, l, way(pool{out, "maxpool", in, op.Kernel, op.Stride, op.Geometry().Before(in.h), nil}, true, (*ops.Pool).MaxGradient), p.in(grad, l), p.in(x, l))
	case graph.AvgPool:
		p.contribute(one.first, x, l, way(pool{out, "avgpool", in, op.Kernel, op.Stride, 0, nil}, false, (*ops.Pool).AverageGradient), p.in(grad, l))
	case graph.BlurPool:
		p.contribute(one.first, x, l, way(pool{out, "blur", in, 3, op.Stride, 1, nil}, false, (*ops.Pool).BlurGradient), p.in(grad, l))
	case graph.AdaptiveAvgPool:
		p.contribute(one.first, x, l, way(pool{out, "global avgpool", in, 0, 0, 0, nil}, false, (*ops.Pool).GlobalGradient), p.in(grad, l))
	case graph.Add:
		p.share(call.Inputs[0], call.Output, p.layout(grad))
		p.share(call.Inputs[1], call.Output, p.layout(grad))
	case graph.Pad:
		p.contribute(one.first, x, l, padGradient{in, pad{out, in, op.Stride, op.Before}}, p.in(grad, l))
	default:
		panic(fmt.Sprintf("engine: no way back through %T", call.Op))
	}
	p.forget(p.gradient(last.Output))
	return nil
}

// share contributes the gradient of a value that is the input's too.
func (p *trainPlanner) share(to, from graph.Value, l ops.Layout) {
	if !p.needs[to] {
		return
	}
	if b := p.in(p.gradient(from), l); p.has(p.gradient(to)) {
		p.sum(p.gradient(to), l, b)
	} else {
		p.buffer[located{p.gradient(to), l}] = b
	}
}

// sum adds a buffer to a value.
func (p *trainPlanner) sum(v graph.Value, l ops.Layout, b int) {
	before := p.in(v, l)
	p.forget(v)
	p.emit(step{op: add{mapOf(p.shapes[v], l)}, src: []int{before, b}}, v, l)
}

// contribute adds a step that computes what a call contributes to the gradient of one of its inputs.
func (p *trainPlanner) contribute(call int, to graph.Value, l ops.Layout, op operation, src ...int) {
	if !p.needs[to] {
		return
	}
	v := p.gradient(to)
	if !p.has(v) {
		p.emit(step{calls: []int{call}, op: op, src: src}, v, l)
		return
	}
	b := p.emit(step{calls: []int{call}, op: op, src: src}, p.temporary(p.shapes[v]), l)
	p.sum(v, l, b)
}

// convolutionBack adds the steps of a convolution or fully connected layer.
func (p *trainPlanner) convolutionBack(call int, c ops.Conv) error {
	one := p.graph.Calls[call]
	x, grad := one.Inputs[0], p.gradient(one.Output)
	if p.trains(call) {
		k := ops.ChooseGradient(c, p.options.level())
		w := weightGradient{k, c, p.batch}
		sums := p.run(call, w, p.floats(k.SumsLen(c, p.batch)), p.in(x, k.Layout), p.in(grad, k.Layout))
		p.run(call, addGradient{w}, p.of(call, "weight").grad, sums)
		if bias := p.of(call, "bias"); bias != nil {
			p.run(call, biasGradient{c.Out}, bias.grad, p.in(grad, ops.NCHW))
		}
	}
	if !p.needs[x] {
		return nil
	}
	return p.inputBack(call, c, grad, x)
}

// inputBack adds the steps of the gradient of what a convolution reads: a convolution with turned weights. Strides put zeros between
// the pixels that it reads, or those that it writes where the kernel is of a single one.
func (p *trainPlanner) inputBack(call int, c ops.Conv, grad, x graph.Value) error {
	turned, ok := c.Turned((c.OutH-1)*c.Stride+1, (c.OutW-1)*c.Stride+1)
	if !ok {
		return fmt.Errorf("%s cannot be trained: its padding of %d is more than its kernel reaches", p.graph.Calls[call].Path, c.Padding)
	}
	if c.Stride > 1 && c.KernelH == 1 && c.Padding == 0 {
		turned.InH, turned.InW, turned.OutH, turned.OutW = c.OutH, c.OutW, c.OutH, c.OutW
		small := p.temporary(tensor.Shape{p.batch, c.In, c.OutH, c.OutW})
		p.convolve(call, turned, true, grad, small, none)
		l := p.layout(small)
		p.contribute(call, x, l, spread{mapOf(p.shapes[x], l), mapOf(p.shapes[small], l), c.Stride}, p.in(small, l))
		return nil
	}
	from := grad
	if c.Stride > 1 {
		from = p.temporary(tensor.Shape{p.batch, c.Out, turned.InH, turned.InW})
		l := p.layout(grad)
		p.emit(step{calls: []int{call}, op: spread{mapOf(p.shapes[from], l), mapOf(p.shapes[grad], l), c.Stride}, src: []int{p.in(grad, l)}}, from, l)
	}
	before := none
	if to := p.gradient(x); p.has(to) {
		before = p.in(to, p.options.kernel(turned).Out)
	}
	p.convolve(call, turned, true, from, p.gradient(x), before)
	return nil
}

// normBack adds the steps of a batch norm with what follows it.
func (p *trainPlanner) normBack(one group) {
	call, last := p.graph.Calls[one.first], p.graph.Calls[one.last()]
	l := p.layouts[one.first]
	n := trainNorm{featureMap: mapOf(p.shapes[call.Output], l), relu: one.relu != none}
	v := p.gradient(last.Output)
	grad := p.in(v, l)
	if one.add != none {
		if one.relu != none { // what came through goes to the shortcut too
			n.relu = false
			dst := grad
			if !p.free(grad, v) {
				dst = p.floats(n.len())
			}
			y := p.in(last.Output, l)
			p.forget(v)
			grad = p.run(one.relu, reluGradient{n.featureMap}, dst, grad, y)
			p.buffer[located{v, l}] = grad
		}
		p.share(skip(p.graph, one), last.Output, l)
	}
	x, stats := p.in(call.Inputs[0], l), p.stats[one.first]
	if !p.needs[call.Output] {
		return
	}
	rows := p.normRows(one.first, n, x, grad, stats)
	to := p.gradient(call.Inputs[0])
	if !p.has(to) && p.free(grad, v) && p.needs[call.Inputs[0]] { // in its place
		p.buffer[located{to, l}] = p.run(one.first, normInput{n}, grad, x, grad, stats, rows)
		return
	}
	p.contribute(one.first, call.Inputs[0], l, normInput{n}, x, grad, stats, rows)
}

// normRows adds the steps of what the gradient of a batch norm's input needs, and those of its parameters.
func (p *trainPlanner) normRows(call int, n trainNorm, x, grad, stats int) int {
	rows := p.floats(ops.NormGradients * ops.NormRow(n.c))
	if !p.trains(call) {
		return p.run(call, zeros{}, rows)
	}
	sums := p.run(call, normSums{n}, p.floats(n.pass().SumsLen()), x, grad, stats)
	p.buffers[rows].from = len(p.steps)
	return p.run(call, normGradients{n}, rows, sums, stats, p.of(call, "weight").grad, p.of(call, "bias").grad)
}

// show places the event of a call whose output's gradient is complete.
func (p *trainPlanner) show(call int) {
	if p.watchers == nil || !p.watchers[call].Watched() {
		return
	}
	b := p.in(p.gradient(p.graph.Calls[call].Output), ops.NCHW)
	after := len(p.steps) - 1
	p.buffers[b].to = max(p.buffers[b].to, after)
	layers := p.graph.Describe(p.shapes)
	p.events = append(p.events, event{call: call, after: after, watchers: p.watchers[call], layer: layers[call], output: none, gradient: b})
}
