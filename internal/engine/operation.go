package engine

import (
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// operation is what a step computes.
type operation interface {
	// kernel names it.
	kernel() string
	// scratch is the work space of each part, in bytes.
	scratch() int
	// work is about how many values could be read and written in the time that it takes.
	work() int64
	// part gives the function that computes one share of the output.
	part(m memory) func()
}

// memory is what one part of one operation works on.
type memory struct {
	dst         block
	src         []block
	scratch     block
	part, parts int
	vectors     bool // of AVX2 may be used
}

// featureMap is a value's shape as (n, c, h, w), and the layout it has in a step.
type featureMap struct {
	layout     ops.Layout
	n, c, h, w int
}

// mapOf takes (n, features) for (n, c, 1, 1).
func mapOf(s tensor.Shape, l ops.Layout) featureMap {
	if len(s) == 2 {
		return featureMap{l, s[0], s[1], 1, 1}
	}
	return featureMap{l, s[0], s[1], s[2], s[3]}
}

func (m featureMap) area() int { return m.h * m.w }
func (m featureMap) len() int  { return m.layout.Len(m.n, m.c, m.area()) }

// size is in bytes.
func (m featureMap) size() int { return m.len() * m.layout.Element().Size() }

// work is that of an operation that does next to nothing with each value.
func (m featureMap) work() int64  { return int64(m.len()) }
func (m featureMap) scratch() int { return 0 }

type (
	// reorder copies a map into the other layout.
	reorder struct{ featureMap }
	relu    struct{ featureMap }
	add     struct{ featureMap }
	// pad is shortcut A.
	pad struct {
		featureMap
		in             featureMap
		stride, before int
	}
)

func (reorder) kernel() string { return "reorder" }
func (relu) kernel() string    { return "relu" }
func (add) kernel() string     { return "add" }
func (pad) kernel() string     { return "pad" }

func (r reorder) part(m memory) func() {
	return (&ops.Reorder{To: r.layout, Batch: r.n, Channels: r.c, Area: r.area(), Dst: m.dst.floats(), Src: m.src[0].floats(), Vectors: m.vectors, Part: m.part, Parts: m.parts}).Run
}

func (relu) part(m memory) func() {
	dst, src := m.dst.floats(), m.src[0].floats()
	return func() { ops.ReLU(dst, src, m.vectors, m.part, m.parts) }
}

func (add) part(m memory) func() {
	dst, x, y := m.dst.floats(), m.src[0].floats(), m.src[1].floats()
	return func() { ops.Add(dst, x, y, m.vectors, m.part, m.parts) }
}

func (p pad) args(m memory) *ops.Pad {
	return &ops.Pad{
		Layout: p.layout, Batch: p.n, In: p.in.c, Out: p.c, InH: p.in.h, InW: p.in.w, OutH: p.h, OutW: p.w,
		Stride: p.stride, Before: p.before, Dst: m.dst.floats(), Src: m.src[0].floats(), Part: m.part, Parts: m.parts,
	}
}

func (p pad) part(m memory) func() { return p.args(m).Run }

// norm is a batch norm that nothing was fused with.
type norm struct {
	featureMap
	call   int
	affine affine // bound later
}

func (*norm) kernel() string { return "batchnorm" }

func (b *norm) part(m memory) func() {
	return (&ops.BatchNorm{
		Layout: b.layout, Batch: b.n, Channels: b.c, Area: b.area(), Dst: m.dst.floats(), Src: m.src[0].floats(),
		Scale: b.affine.scale, Shift: b.affine.shift, Vectors: m.vectors, Part: m.part, Parts: m.parts,
	}).Run
}

// pool is a max, average or global average pool.
type pool struct {
	featureMap
	name                        string
	in                          featureMap
	kernelSize, stride, padding int
	run                         func(*ops.Pool)
}

func (p pool) kernel() string { return p.name }
func (p pool) work() int64    { return int64(max(p.len()*p.kernelSize*p.kernelSize, p.in.len())) }

func (p pool) args(m memory) *ops.Pool {
	return &ops.Pool{
		Layout: p.layout, Batch: p.n, Channels: p.c, InH: p.in.h, InW: p.in.w, OutH: p.h, OutW: p.w,
		Kernel: p.kernelSize, Stride: p.stride, Padding: p.padding, Dst: m.dst.floats(), Src: m.src[0].floats(),
		Vectors: m.vectors, Part: m.part, Parts: m.parts,
	}
}

func (p pool) part(m memory) func() {
	args := p.args(m)
	return func() { p.run(args) }
}

// convolution is a convolution or fully connected layer, with what is fused into it.
type convolution struct {
	kind     *ops.ConvKernel
	geometry ops.Conv
	batch    int
	group    group
	add      bool    // the second input is added
	packed   *packed // bound later, like bias
	bias     []float32
}

// packable is an operation with weights, which are bound later.
type packable interface {
	operation
	key() packKey
	macs() int64
	packedSize() int
	// setPacked is called by each plan, pack by the first.
	setPacked(p *Program, packed *packed)
	pack(p *Program, place block) error
}

func (c *convolution) key() packKey {
	return packKey{c.group.first, c.kind.Name, c.group.batchNorm}
}

func (c *convolution) kernel() string { return c.kind.Name }
func (c *convolution) scratch() int   { return floatSize * c.kind.ScratchLen(c.geometry) }

func (c *convolution) macs() int64     { return convMACs(c.geometry, c.batch) }
func (c *convolution) packedSize() int { return floatSize * c.kind.PackedLen(c.geometry) }

func (c *convolution) work() int64 { return convWork(c.kind, c.geometry, c.batch) }

func convWork(k *ops.ConvKernel, g ops.Conv, batch int) int64 {
	if k == ops.GenericConv(g) {
		return convMACs(g, batch)
	}
	return convMACs(g, batch) / 8
}

func (c *convolution) setPacked(p *Program, packed *packed) {
	c.packed, c.bias = packed, p.bias(c.group, c.geometry.Out)
}

func (c *convolution) pack(p *Program, place block) error {
	return p.readPacked(c.key(), place.floats(), c.kind, c.geometry)
}

func convMACs(g ops.Conv, batch int) int64 {
	return int64(batch*g.OutH*g.OutW) * int64(g.Out*(g.In/g.Groups)) * int64(g.KernelH*g.KernelW)
}

func (c *convolution) part(m memory) func() {
	args := &ops.ConvArgs{
		Conv: c.geometry, Batch: c.batch, Dst: m.dst.floats(), Src: m.src[0].floats(), Weights: c.packed.place.floats(), Bias: c.bias,
		ReLU: c.group.relu != none, Scratch: m.scratch.floats(), Part: m.part, Parts: m.parts,
	}
	if c.add {
		args.Add = m.src[1].floats()
	}
	return func() { c.kind.Run(args) }
}
