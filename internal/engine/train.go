package engine

import (
	"errors"
	"fmt"
	"slices"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/isa"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// TrainingOptions are the choices of PlanTraining.
type TrainingOptions struct {
	Options
	// Smoothing is the share of the probability that all classes have alike: label smoothing.
	Smoothing float64
	// NoDecayNorm leaves the parameters of batch norms, and biases, out of the weight decay.
	NoDecayNorm bool
	// Frozen tells the layers, by their paths, whose parameters stay as they are; batch norms among them have their running
	// statistics, and keep them. nil: none.
	Frozen func(path string) bool
	// Factors are those of a layer's rates, by its path, as a parameter group of PyTorch has rates of its own; nil: 1 and 1.
	Factors func(path string) Factors
	// AdamW moves the parameters by Trainer.UpdateAdamW, and not by Update.
	AdamW bool
}

// Factors multiply the rates of an update for one layer.
type Factors struct{ LearningRate, WeightDecay float32 }

// Training is the plan of a training step: forward with the statistics of the batch, backward, and the update of the
// parameters, which live in the same arena. Like any plan it never changes.
type Training struct {
	plan     *Plan
	trained  []trained
	forward  int // the first step of the way back
	backward int // the first step of the update
	labels   int // buffers
	losses   int
	rates    int
	batch    int
	classes  int
	adamW    bool
}

// trained is a parameter and what goes with it: buffers.
type trained struct {
	graph.Param
	values, velocity, grad int // the latter two of what is trained, else none
	squares                int // likewise, for AdamW
	factors                Factors
}

// momentum of the running statistics, and PyTorch's default.
const normMomentum = 0.1

// PlanTraining works out the steps for a batch of inputs. The network's output must be logits, (n, classes). set may be nil; its
// hooks see the way there as those of any plan do, and with hooks.Gradient the way back.
func PlanTraining(g *graph.Graph, input tensor.Shape, set *hooks.Set, o TrainingOptions) (*Training, error) {
	if set != nil && set.Graph() != g {
		return nil, errors.New("the hooks were set on another graph than the one that is trained")
	}
	if o.Int8 != nil {
		return nil, errors.New("a network is trained in real numbers; leave out its layers of bytes")
	}
	shapes, err := g.Shapes(input)
	if err != nil {
		return nil, err
	}
	out := shapes[g.Output()]
	if len(out) != 2 {
		return nil, fmt.Errorf("the network's output is %v, want logits [n, classes]", out)
	}
	t := &Training{batch: out[0], classes: out[1], adamW: o.AdamW}
	p := newTrainPlanner(t, g, shapes, o)
	var there []hooks.Watchers
	for _, w := range set.Watchers() {
		back, ahead := w.Back()
		p.watchers, there = append(p.watchers, back), append(there, ahead)
	}
	e := newEventPlanner(&p.planner, there)
	p.kept = e.kept()
	p.state()
	if !p.needs[g.Output()] {
		return nil, errors.New("all layers are frozen: nothing is left to train")
	}
	groups := p.fused()
	p.countReads(groups)
	for _, one := range groups {
		first := len(p.steps)
		p.ahead(one)
		e.computed(one, first)
	}
	p.loss()
	for _, one := range slices.Backward(groups) {
		if err := p.back(one); err != nil {
			return nil, err
		}
	}
	p.update()
	for _, b := range p.persistent {
		p.buffers[b].from, p.buffers[b].to = 0, len(p.steps)
	}
	p.arena = place(p.buffers)
	t.plan = p.Plan
	return t, nil
}

// Memory is what the plan needs, its parameters, their gradients and velocities included.
func (t *Training) Memory() Memory { return t.plan.Memory() }

// trainPlanner builds a training step. The gradient of a value is another value.
type trainPlanner struct {
	planner
	*Training
	choices    TrainingOptions
	values     int // of the graph
	param      map[string]*trained
	needs      []bool             // by value of the graph: its gradient leads to parameters that move
	persistent []int              // buffers that live from one step to the next
	stats      map[int]int        // of a batch norm's call: the buffer of its statistics
	layouts    map[int]ops.Layout // likewise, and of pools: what they read
	watchers   []hooks.Watchers
}

func newTrainPlanner(t *Training, g *graph.Graph, shapes []tensor.Shape, o TrainingOptions) *trainPlanner {
	plan := &Plan{graph: g, shapes: slices.Concat(shapes, shapes), mostWork: mostWork, vectors: o.level().Includes(isa.AVX2)}
	p := &trainPlanner{
		planner: planner{Plan: plan, options: o.Options, buffer: map[located]int{}, params: make([]ops.Int8Param, len(shapes))}, Training: t, choices: o, values: len(shapes),
		param: map[string]*trained{}, needs: make([]bool, len(shapes)), stats: map[int]int{}, layouts: map[int]ops.Layout{},
	}
	p.input = p.newBuffer(g.Input(), ops.NCHW)
	p.persistent = append(p.persistent, p.input)
	return p
}

// state makes the buffers of what lives from one step to the next.
func (p *trainPlanner) state() {
	for _, param := range p.graph.Params() {
		one := trained{Param: param, velocity: none, grad: none, squares: none}
		n := param.Shape.Elements()
		one.values = p.keep(n)
		if path := p.graph.Calls[param.Call].Path; !param.Buffer && (p.choices.Frozen == nil || !p.choices.Frozen(path)) {
			one.velocity, one.grad = p.keep(n), p.keep(n)
			_, norm := p.graph.Calls[param.Call].Op.(graph.BatchNorm)
			if p.choices.AdamW {
				one.squares = p.keep(n)
			}
			one.factors = Factors{1, 1}
			if p.choices.Factors != nil {
				one.factors = p.choices.Factors(path)
			}
			if p.choices.NoDecayNorm && (norm || len(param.Shape) == 1) {
				one.factors.WeightDecay = 0
			}
		}
		p.trained = append(p.trained, one)
	}
	for i := range p.trained {
		p.param[p.trained[i].Name] = &p.trained[i]
	}
	for i, call := range p.graph.Calls {
		if call.Computes() {
			p.needs[call.Output] = p.trains(i) || slices.ContainsFunc(call.Inputs, func(v graph.Value) bool { return p.needs[v] })
		}
	}
	p.labels, p.rates, p.losses = p.keep(p.batch), p.keep(rates), p.keep(2*p.batch)
}

// trains tells whether a call has parameters that move.
func (p *trainPlanner) trains(call int) bool {
	weight := p.of(call, "weight")
	return weight != nil && weight.grad != none
}

// keep makes a buffer of some values, filled up to a whole block, that lives from one step to the next.
func (p *trainPlanner) keep(n int) int {
	b := p.floats(ops.NormRow(n))
	p.persistent = append(p.persistent, b)
	return b
}

// floats makes a buffer of some values that the next step writes.
func (p *trainPlanner) floats(n int) int {
	p.buffers = append(p.buffers, buffer{size: n * floatSize, from: len(p.steps), to: len(p.steps)})
	return len(p.buffers) - 1
}

// run adds a step that writes a buffer.
func (p *trainPlanner) run(call int, op operation, dst int, src ...int) int {
	p.buffers[dst].to = max(p.buffers[dst].to, len(p.steps))
	return p.emitInto(step{calls: []int{call}, op: op, src: src, dst: dst})
}

// of is a parameter of a call.
func (p *trainPlanner) of(call int, name string) *trained {
	return p.param[p.graph.Calls[call].Path+"."+name]
}

// fused finds the groups: batch norms with an add and a ReLU that follow, and all else alone. What somebody watches ends its
// group.
func (p *trainPlanner) fused() []group {
	kept := slices.Clone(p.kept)
	for i, w := range p.watchers {
		if w.Watched() {
			kept[p.graph.Calls[i].Output] = true
		}
	}
	return fuse(p.graph, kept, isOp[graph.BatchNorm])
}

// geometry is that of a convolution or fully connected layer.
func (p *trainPlanner) geometry(call graph.Call) ops.Conv {
	return convOf(call.Op, mapOf(p.shapes[call.Inputs[0]], ops.NCHW), mapOf(p.shapes[call.Output], ops.NCHW))
}

// ahead adds the steps of a group on the way there.
func (p *trainPlanner) ahead(one group) {
	call := p.graph.Calls[one.first]
	switch op := call.Op.(type) {
	case graph.Conv, graph.Linear:
		p.convolve(one.first, p.geometry(call), false, call.Inputs[0], call.Output, none)
	case graph.BatchNorm:
		p.normalize(one, op)
	default:
		p.layouts[one.first] = p.layout(call.Inputs[0])
		p.group(one)
	}
}

// convolve adds the steps of a convolution, or of the turned one of a layer: packing its weights, and what they are used for. Where
// add is a buffer, in the layout that the kernel writes, its values are added.
func (p *trainPlanner) convolve(call int, geometry ops.Conv, turned bool, from, to graph.Value, add int) {
	k := p.options.kernel(geometry)
	x := p.in(from, k.In)
	pass := pass{kind: k, geometry: geometry, batch: p.batch, zeros: padded(geometry.Out)}
	packed := p.floats(k.PackedLen(geometry))
	p.run(call, packing{k, geometry, turned}, packed, p.of(call, "weight").values)
	src := []int{x, packed}
	if bias := p.of(call, "bias"); bias != nil && !turned {
		pass.bias = true
		src = append(src, bias.values)
	}
	dst := none
	if add != none {
		pass.add = true
		src = append(src, add)
		if k.InPlace(geometry) && p.free(add, to) && add != x {
			dst = add
		}
	}
	p.forget(to)
	if dst == none {
		dst = p.newBuffer(to, k.Out)
	}
	p.buffer[located{to, k.Out}] = p.run(call, pass, dst, src...)
}

// free tells that no other value is in a buffer.
func (p *trainPlanner) free(b int, of graph.Value) bool {
	for at, other := range p.buffer {
		if other == b && at.value != of {
			return false
		}
	}
	return !slices.Contains(p.persistent, b)
}

// forget takes a value out of all buffers: it is not read any more, or changes.
func (p *trainPlanner) forget(v graph.Value) {
	for _, l := range []ops.Layout{ops.NCHW, ops.NCHW16c} {
		delete(p.buffer, located{v, l})
	}
}

// normalize adds the steps of a batch norm with what follows it.
func (p *trainPlanner) normalize(one group, op graph.BatchNorm) {
	call := p.graph.Calls[one.first]
	l := p.layout(call.Inputs[0])
	m := mapOf(p.shapes[call.Output], l)
	x := p.in(call.Inputs[0], l)
	n := trainNorm{featureMap: m, relu: one.relu != none}
	var params []int
	for _, name := range []string{"weight", "bias", "running_mean", "running_var"} {
		params = append(params, p.of(one.first, name).values)
	}
	rows := ops.NormStats * ops.NormRow(op.Channels)
	stats := none
	if p.trains(one.first) {
		sums := p.run(one.first, moments{n}, p.floats(n.pass().SumsLen()), x)
		stats = p.run(one.first, statistics{n}, p.floats(rows), append([]int{sums, x}, params...)...)
	} else {
		stats = p.run(one.first, frozen{n}, p.floats(rows), params...)
	}
	p.stats[one.first], p.layouts[one.first] = stats, l
	src := []int{x, stats}
	if one.add != none {
		src = append(src, p.in(skip(p.graph, one), l))
	}
	y := p.graph.Calls[one.last()].Output
	p.emit(step{calls: one.calls(), op: normalized{n}, src: src}, y, l)
}

// loss adds the steps of the loss, and of the gradient of the logits.
func (p *trainPlanner) loss() {
	logits := p.in(p.graph.Output(), ops.NCHW)
	c := crossEntropy{classes: p.classes, smoothing: p.choices.Smoothing}
	last := len(p.graph.Calls) - 1
	p.run(last, c, p.losses, logits, p.labels)
	p.forward = len(p.steps)
	p.run(last, crossEntropyGradient{c}, p.newBuffer(p.gradient(p.graph.Output()), ops.NCHW), logits, p.labels)
	p.output = logits
	p.persistent = append(p.persistent, logits)
}

// update adds the steps that move the parameters.
func (p *trainPlanner) update() {
	p.backward = len(p.steps)
	for _, one := range p.trained {
		move := moved{one.Shape.Elements(), one.factors}
		switch {
		case one.grad == none:
		case one.squares != none:
			p.run(one.Call, adamW{move}, one.values, one.velocity, one.grad, p.rates, one.squares)
		default:
			p.run(one.Call, sgd{move}, one.values, one.velocity, one.grad, p.rates)
		}
	}
}
