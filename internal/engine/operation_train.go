package engine

import (
	"resnet/internal/graph"
	"resnet/internal/ops"
)

// The operations of a training step. What they change beside what they write is among their sources: parameters' gradients, running
// statistics, velocities.

// alone is an operation of one thread.
type alone struct{}

func (alone) scratch() int { return 0 }
func (alone) work() int64  { return 0 }

// packing orders weights as a kernel reads them; those of a turned convolution it turns first.
type packing struct {
	kind     *ops.ConvKernel
	geometry ops.Conv // of the kernel
	turned   bool
}

func (packing) kernel() string { return "pack" }
func (packing) work() int64    { return 0 }

func (o packing) scratch() int {
	if !o.turned {
		return 0
	}
	return floatSize * weightsOf(o.geometry)
}

func (o packing) part(m memory) func() {
	dst, weights, scratch := m.dst.floats(), m.src[0].floats(), m.scratch.floats()
	return func() {
		if o.turned {
			back, _ := o.geometry.Turned(o.geometry.OutH, o.geometry.OutW) // the convolution itself, as far as its weights go
			back.Turn(scratch, weights)
			o.kind.Pack(dst, scratch, o.geometry)
			return
		}
		o.kind.Pack(dst, weights[:weightsOf(o.geometry)], o.geometry)
	}
}

// pass is a convolution whose packed weights are in a buffer: of x, packed weights, and perhaps bias and what is added.
type pass struct {
	kind      *ops.ConvKernel
	geometry  ops.Conv
	batch     int
	bias, add bool
	zeros     []float32
}

func (o pass) kernel() string { return o.kind.Name }
func (o pass) scratch() int   { return floatSize * o.kind.ScratchLen(o.geometry) }
func (o pass) work() int64    { return convWork(o.kind, o.geometry, o.batch) }

func (o pass) part(m memory) func() {
	args := &ops.ConvArgs{
		Conv: o.geometry, Batch: o.batch, Dst: m.dst.floats(), Src: m.src[0].floats(), Weights: m.src[1].floats(), Bias: o.zeros,
		Scratch: m.scratch.floats(), Part: m.part, Parts: m.parts,
	}
	rest := m.src[2:]
	if o.bias {
		args.Bias, rest = rest[0].floats(), rest[1:]
	}
	if o.add {
		args.Add = rest[0].floats()
	}
	return func() { o.kind.Run(args) }
}

// weightGradient is of what a convolution reads and of its output's gradient.
type weightGradient struct {
	kind     *ops.GradientKernel
	geometry ops.Conv
	batch    int
}

func (o weightGradient) kernel() string { return o.kind.Name }
func (weightGradient) scratch() int     { return 0 }
func (o weightGradient) work() int64    { return convMACs(o.geometry, o.batch) / 8 }

func (o weightGradient) part(m memory) func() {
	args := &ops.GradientArgs{Conv: o.geometry, Batch: o.batch, Sums: m.dst.floats(), Src: m.src[0].floats(), Grad: m.src[1].floats(), Part: m.part, Parts: m.parts}
	return func() { o.kind.Run(args) }
}

// addGradient adds the sums of weightGradient to what it changes.
type addGradient struct{ weightGradient }

func (addGradient) kernel() string { return "add gradient" }
func (o addGradient) work() int64  { return int64(o.kind.SumsLen(o.geometry, o.batch)) }

func (o addGradient) part(m memory) func() {
	dst, sums := m.dst.floats(), m.src[0].floats()
	return func() { o.kind.Add(dst, sums, o.geometry, o.batch, m.part, m.parts) }
}

// biasGradient adds to the gradient of a bias.
type biasGradient struct{ out int }

func (biasGradient) kernel() string { return "bias gradient" }
func (biasGradient) scratch() int   { return 0 }
func (biasGradient) work() int64    { return 0 }

func (o biasGradient) part(m memory) func() {
	dst, src := m.dst.floats()[:o.out], m.src[0].floats()
	return func() { ops.SumRows(dst, src) }
}

// trainNorm is a batch norm with the statistics of the batch.
type trainNorm struct {
	featureMap
	relu bool
}

func (o trainNorm) pass() *ops.NormPass {
	return &ops.NormPass{Layout: o.layout, Batch: o.n, Channels: o.c, Area: o.area(), ReLU: o.relu}
}

// at is a pass over the memory of a part; grad and stats may be missing.
func (o trainNorm) at(m memory, src, grad, stats block) *ops.NormPass {
	n := o.pass()
	n.Src, n.Grad, n.Stats, n.Vectors, n.Part, n.Parts = src.floats(), grad.floats(), stats.floats(), m.vectors, m.part, m.parts
	return n
}

type (
	// moments is of what a batch norm reads.
	moments struct{ trainNorm }
	// statistics is of moments, what a batch norm reads, weight, bias, and the running statistics, which it changes.
	statistics struct{ trainNorm }
	// frozen is of weight, bias and the running statistics.
	frozen struct{ trainNorm }
	// normalized is of what a batch norm reads, statistics, and perhaps what is added.
	normalized struct{ trainNorm }
	// normSums is of what a batch norm reads, the gradient of its output, and statistics.
	normSums struct{ trainNorm }
	// normGradients is of normSums, statistics, and the gradients of weight and bias, which it changes.
	normGradients struct{ trainNorm }
	// normInput is of what a batch norm reads, the gradient of its output, statistics and normGradients.
	normInput struct{ trainNorm }
)

func (moments) kernel() string       { return "moments" }
func (statistics) kernel() string    { return "statistics" }
func (frozen) kernel() string        { return "frozen statistics" }
func (normalized) kernel() string    { return "batchnorm" }
func (normSums) kernel() string      { return "batchnorm sums" }
func (normGradients) kernel() string { return "batchnorm gradients" }
func (normInput) kernel() string     { return "batchnorm gradient" }
func (statistics) work() int64       { return 0 }
func (frozen) work() int64           { return 0 }
func (normGradients) work() int64    { return 0 }

func (o moments) part(m memory) func() {
	n, sums := o.at(m, m.src[0], nil, nil), m.dst.floats()
	return func() { n.Moments(sums) }
}

func (o statistics) part(m memory) func() {
	n, sums := o.at(m, m.src[1], nil, m.dst), m.src[0].floats()
	params := ops.NormParams{
		Weight: m.src[2].floats(), Bias: m.src[3].floats(), RunningMean: m.src[4].floats(), RunningVar: m.src[5].floats(),
		Eps: graph.BatchNormEps, Momentum: normMomentum,
	}
	return func() { n.Statistics(sums, params) }
}

func (o frozen) part(m memory) func() {
	n := o.at(m, nil, nil, m.dst)
	params := ops.NormParams{Weight: m.src[0].floats(), Bias: m.src[1].floats(), RunningMean: m.src[2].floats(), RunningVar: m.src[3].floats(), Eps: graph.BatchNormEps}
	return func() { n.Frozen(params) }
}

// zeros is what a frozen batch norm has in the place of normGradients.
type zeros struct{ alone }

func (zeros) kernel() string { return "zeros" }

func (zeros) part(m memory) func() {
	dst := m.dst.floats()
	return func() { clear(dst) }
}

func (o normalized) part(m memory) func() {
	stats, row := m.src[1].floats(), ops.NormRow(o.c)
	b := &ops.BatchNorm{
		Layout: o.layout, Batch: o.n, Channels: o.c, Area: o.area(), Dst: m.dst.floats(), Src: m.src[0].floats(),
		Scale: stats[ops.NormScale*row:][:row], Shift: stats[ops.NormShift*row:][:row], ReLU: o.relu,
		Vectors: m.vectors, Part: m.part, Parts: m.parts,
	}
	if len(m.src) > 2 {
		b.Add = m.src[2].floats()
	}
	return b.Run
}

func (o normSums) part(m memory) func() {
	n, sums := o.at(m, m.src[0], m.src[1], m.src[2]), m.dst.floats()
	return func() { n.Sums(sums) }
}

func (o normGradients) part(m memory) func() {
	n, rows, sums := o.at(m, nil, nil, m.src[1]), m.dst.floats(), m.src[0].floats()
	params := ops.NormParams{GradWeight: m.src[2].floats(), GradBias: m.src[3].floats()}
	return func() { n.Gradients(rows, sums, params) }
}

func (o normInput) part(m memory) func() {
	n, dst, rows := o.at(m, m.src[0], m.src[1], m.src[2]), m.dst.floats(), m.src[3].floats()
	return func() { n.Input(dst, rows) }
}

// reluGradient is of a gradient, and of the output of the ReLU.
type reluGradient struct{ featureMap }

func (reluGradient) kernel() string { return "relu gradient" }

func (o reluGradient) part(m memory) func() {
	dst, grad, y := m.dst.floats(), m.src[0].floats(), m.src[1].floats()
	return func() { ops.ReLUGradient(dst, grad, y, m.vectors, m.part, m.parts) }
}

// poolGradient is of the gradient of a pool's output, and perhaps of what the pool read.
type poolGradient struct {
	featureMap // of the input
	pool       pool
	reads      bool
	run        func(*ops.Pool, []float32)
}

func (o poolGradient) kernel() string { return o.pool.name + " gradient" }
func (o poolGradient) work() int64    { return o.pool.work() }

func (o poolGradient) part(m memory) func() {
	args, grad := o.pool.args(m), m.src[0].floats()
	args.Src = nil
	if o.reads {
		args.Src = m.src[1].floats()
	}
	return func() { o.run(args, grad) }
}

// padGradient is of the gradient of a pad's output.
type padGradient struct {
	featureMap // of the input
	pad        pad
}

func (padGradient) kernel() string { return "pad gradient" }

func (o padGradient) part(m memory) func() {
	args := o.pad.args(m)
	args.Src, args.Dst = m.dst.floats(), m.src[0].floats()
	return args.Gradient
}

// spread puts zeros between pixels.
type spread struct {
	featureMap
	in     featureMap
	stride int
}

func (spread) kernel() string { return "spread" }

func (o spread) part(m memory) func() {
	return (&ops.Spread{
		Layout: o.layout, Batch: o.n, Channels: o.c, InH: o.in.h, InW: o.in.w, OutH: o.h, OutW: o.w, Stride: o.stride,
		Dst: m.dst.floats(), Src: m.src[0].floats(), Part: m.part, Parts: m.parts,
	}).Run
}

// crossEntropy is of logits and labels.
type crossEntropy struct {
	alone
	classes   int
	smoothing float64
}

func (crossEntropy) kernel() string { return "cross entropy" }

func (o crossEntropy) args(m memory) *ops.CrossEntropy {
	logits := m.src[0].floats()
	return &ops.CrossEntropy{Classes: o.classes, Smoothing: o.smoothing, Logits: logits, Labels: m.src[1].ints()[:len(logits)/o.classes]}
}

func (o crossEntropy) part(m memory) func() {
	c, dst := o.args(m), m.dst.floats()
	return func() { c.Loss(dst) }
}

// crossEntropyGradient is likewise.
type crossEntropyGradient struct{ crossEntropy }

func (crossEntropyGradient) kernel() string { return "cross entropy gradient" }

func (o crossEntropyGradient) part(m memory) func() {
	c, dst := o.args(m), m.dst.floats()
	return func() { c.Gradient(dst) }
}

// The rates of an update, as they stand in their buffer. Those of AdamW have the place of SGD's where they mean the same.
const (
	rateLearning = iota
	rateMomentum
	rateDecay
	rateScale
	rateNesterov
	rateSquares
	rateEpsilon
	rateStep
	rates // the number of them
)

// moved is the update of a parameter's values. It is of velocity and gradient, which it changes, and rates.
type moved struct {
	n       int
	factors Factors
}

func (moved) scratch() int  { return 0 }
func (o moved) work() int64 { return int64(o.n) }

type (
	sgd struct{ moved }
	// adamW is of the average of squares as well, which it changes.
	adamW struct{ moved }
)

func (sgd) kernel() string   { return "sgd" }
func (adamW) kernel() string { return "adamw" }

func (o sgd) part(m memory) func() {
	values, velocity, grad, r := m.dst.floats()[:o.n], m.src[0].floats(), m.src[1].floats(), m.src[2].floats()
	return func() {
		s := ops.SGD{
			LearningRate: o.factors.LearningRate * r[rateLearning], Momentum: r[rateMomentum], WeightDecay: o.factors.WeightDecay * r[rateDecay],
			Scale: r[rateScale], Nesterov: r[rateNesterov] != 0,
		}
		s.Update(values, velocity, grad, m.part, m.parts)
	}
}

func (o adamW) part(m memory) func() {
	values, average, grad, r, squares := m.dst.floats()[:o.n], m.src[0].floats(), m.src[1].floats(), m.src[2].floats(), m.src[3].floats()
	return func() {
		a := ops.AdamW{
			LearningRate: o.factors.LearningRate * r[rateLearning], Beta1: r[rateMomentum], Beta2: r[rateSquares], Epsilon: r[rateEpsilon],
			WeightDecay: o.factors.WeightDecay * r[rateDecay], Scale: r[rateScale], Step: int(r[rateStep]),
		}
		a.Update(values, average, squares, grad, m.part, m.parts)
	}
}
