package ops

import (
	"slices"

	"resnet/internal/isa"
)

// GradientArgs is one call that computes the gradient of a convolution's weights.
type GradientArgs struct {
	Conv
	Batch       int
	Sums        []float32 // SumsLen; each part writes its own
	Src         []float32 // (n, in, inH, inW) in the kernel's layout
	Grad        []float32 // (n, out, outH, outW) likewise, of the convolution's output
	Part, Parts int
}

// GradientKernel is one way to compute the gradient of a convolution's weights. Run leaves sums over some of the images each,
// and Add what they come to. Both add in an order that neither Part nor Parts change.
type GradientKernel struct {
	Name    string
	Level   isa.Level // of instructions that it needs
	Layout  Layout
	Accepts func(Conv) bool
	SumsLen func(c Conv, batch int) int // floats
	Run     func(*GradientArgs)
	// Add adds the part's share of the gradient, of some output channels, to dst: (out, in/groups, kh, kw).
	Add func(dst, sums []float32, c Conv, batch, part, parts int)
}

// GradientKernels lists those that this build has, the faster first; the last is portable and accepts every convolution.
func GradientKernels() []*GradientKernel { return append(slices.Clip(fastGradients), gradientGeneric) }

// ChooseGradient chooses the first kernel of a layer that a level of instructions has.
func ChooseGradient(c Conv, level isa.Level) *GradientKernel {
	for _, k := range GradientKernels() {
		if level.Includes(k.Level) && k.Accepts(c) {
			return k
		}
	}
	panic("ops: the generic kernel accepts every convolution")
}

// checkedGradient makes sure that a kernel which checks no index finds all that it reads and writes.
func checkedGradient(k GradientKernel) *GradientKernel {
	run, add := k.Run, k.Add
	k.Run = func(a *GradientArgs) {
		mustHold(a.Src, k.Layout.Len(a.Batch, a.In, a.InH*a.InW), "ops: the source of a convolution is too short")
		mustHold(a.Grad, k.Layout.Len(a.Batch, a.Out, a.OutH*a.OutW), "ops: the gradient of a convolution is too short")
		mustHold(a.Sums, k.SumsLen(a.Conv, a.Batch), "ops: the sums of a convolution's gradient are too short")
		mustBePart(a.Part, a.Parts)
		run(a)
	}
	k.Add = func(dst, sums []float32, c Conv, batch, part, parts int) {
		mustHold(dst, c.Out*c.depth(), "ops: the gradient of a convolution's weights is too short")
		mustHold(sums, k.SumsLen(c, batch), "ops: the sums of a convolution's gradient are too short")
		mustBePart(part, parts)
		add(dst, sums, c, batch, part, parts)
	}
	return &k
}

// gradientGeneric computes any convolution's on any machine: one weight after the other, in
// float64; of fully connected layers one row of them.
var gradientGeneric = checkedGradient(GradientKernel{
	Name:    "gradient-generic",
	Level:   isa.Generic,
	Layout:  NCHW,
	Accepts: always,
	SumsLen: func(c Conv, _ int) int { return c.Out * c.depth() },
	Run: func(a *GradientArgs) {
		first, last := share(a.Out, a.Part, a.Parts)
		for out := first; out < last; out++ {
			if isLinear(a.Conv) {
				a.row(out)
				continue
			}
			for k := range a.depth() {
				a.Sums[out*a.depth()+k] = float32(a.weight(out, k/(a.KernelH*a.KernelW), k/a.KernelW%a.KernelH, k%a.KernelW))
			}
		}
	},
	Add: func(dst, sums []float32, c Conv, _, part, parts int) {
		first, last := share(c.Out, part, parts)
		for i := first * c.depth(); i < last*c.depth(); i++ {
			dst[i] += sums[i]
		}
	},
})

// row is the gradients of the weights of one output of a fully connected layer.
func (a *GradientArgs) row(out int) {
	sums := a.Sums[out*a.In:][:a.In]
	clear(sums)
	for n := range a.Batch {
		g := a.Grad[n*a.Out+out]
		for i, x := range a.Src[n*a.In:][:a.In] {
			sums[i] += float32(g * x)
		}
	}
}

// weight is the gradient of the weight of one output for an input of its group, at one tap.
func (a *GradientArgs) weight(out, in, kh, kw int) float64 {
	sum := 0.0
	channel := out/(a.Out/a.Groups)*(a.In/a.Groups) + in
	top, bottom := a.inside(kh, a.InH, a.OutH)
	left, right := a.inside(kw, a.InW, a.OutW)
	for n := range a.Batch {
		for y := top; y < bottom; y++ {
			grad := a.Grad[((n*a.Out+out)*a.OutH+y)*a.OutW:][:a.OutW]
			row := a.Src[((n*a.In+channel)*a.InH+y*a.Stride-a.Padding+kh*a.Dilation)*a.InW:][:a.InW]
			for x := left; x < right; x++ {
				sum += float64(float64(grad[x]) * float64(row[x*a.Stride-a.Padding+kw*a.Dilation]))
			}
		}
	}
	return sum
}

// inside is the range of outputs along one axis for which a tap lies inside the input.
func (c Conv) inside(tap, in, out int) (from, to int) {
	first := tap*c.Dilation - c.Padding // input of output 0
	from = max(0, (-first+c.Stride-1)/c.Stride)
	if last := in - 1 - first; last >= 0 {
		to = min(out, last/c.Stride+1)
	}
	return from, max(from, to)
}

// weightTileFunc is the signature of the generated tiles; their comments say what they compute.
type weightTileFunc = func(sums, x, grad *float32, rows, columns, xStep, xRow, gradRow int)

// weightTiles are those of an instruction set: for 4 inputs, and for as many as wide.
type weightTiles struct {
	four, most weightTileFunc
	wide       int
}

// newBlockedGradient makes a kernel that computes the gradients of the weights of pairs of blocks, 16 inputs by 16 outputs: for
// each tap the products of the input's pixels with the gradient's, both as they lie in memory.
func newBlockedGradient(name string, level isa.Level, tiles weightTiles) *GradientKernel {
	return checkedGradient(GradientKernel{
		Name:    name,
		Level:   level,
		Layout:  NCHW16c,
		Accepts: func(c Conv) bool { _, ok := groupBlocks(c, lanes); return ok && !isLinear(c) },
		SumsLen: func(c Conv, batch int) int {
			b, _ := groupBlocks(c, lanes)
			return gradientChunks(b, batch) * b.pairs() * c.KernelH * c.KernelW * lanes * lanes
		},
		Run: tiles.run,
		Add: addBlockedGradient,
	})
}

// pairs is the number of pairs of an input and an output block whose channels are in one group.
func (b blockedGroups) pairs() int { return b.groups * b.in * b.out }

// pair gives the blocks of a pair.
func (b blockedGroups) pair(i int) (in, out int) {
	group, i := i/(b.in*b.out), i%(b.in*b.out)
	return group*b.in + i/b.out, group*b.out + i%b.out
}

// gradientUnits is the work that there should be for threads to share, whatever their number is.
const gradientUnits = 16

// gradientChunks is the number of sums over some of the images each.
func gradientChunks(b blockedGroups, batch int) int {
	return min(batch, (gradientUnits+b.pairs()-1)/b.pairs())
}

// gradientBytes bounds the rows of input and gradient that all taps pass over: they stay in the first-level cache.
const gradientBytes = 24 << 10

// run shares out (chunk of images × pair of blocks).
func (t weightTiles) run(a *GradientArgs) {
	b, _ := groupBlocks(a.Conv, lanes)
	pairs, chunks, size := b.pairs(), gradientChunks(b, a.Batch), a.KernelH*a.KernelW*lanes*lanes
	rows := max(1, gradientBytes/(lanes*4*(a.OutW+a.InW*a.Stride)))
	first, last := share(chunks*pairs, a.Part, a.Parts)
	for unit := first; unit < last; unit++ {
		sums := a.Sums[unit*size:][:size]
		clear(sums)
		in, out := b.pair(unit % pairs)
		from, to := share(a.Batch, unit/pairs, chunks)
		for n := from; n < to; n++ {
			x := a.Src[(n*blocksOf(a.In)+in)*a.InH*a.InW*lanes:][:a.InH*a.InW*lanes]
			grad := a.Grad[(n*blocksOf(a.Out)+out)*a.OutH*a.OutW*lanes:][:a.OutH*a.OutW*lanes]
			for y := 0; y < a.OutH; y += rows {
				t.rows(a, sums, x, grad, y, min(a.OutH, y+rows), min(lanes, a.In-in*lanes))
			}
		}
	}
}

// rows adds the products of some output rows of one image to the sums of all taps: (kh, kw, 16 inputs, 16 outputs).
func (t weightTiles) rows(a *GradientArgs, sums, x, grad []float32, y, end, inputs int) {
	const pixel = lanes * 4
	for kh := range a.KernelH {
		top, bottom := a.inside(kh, a.InH, a.OutH)
		top, bottom = max(top, y), min(bottom, end)
		for kw := range a.KernelW {
			left, right := a.inside(kw, a.InW, a.OutW)
			tap := sums[(kh*a.KernelW+kw)*lanes*lanes:][:lanes*lanes]
			if top >= bottom || left >= right {
				continue
			}
			row, column := top*a.Stride-a.Padding+kh*a.Dilation, left*a.Stride-a.Padding+kw*a.Dilation
			from, g := x[(row*a.InW+column)*lanes:], &grad[(top*a.OutW+left)*lanes]
			for i := 0; i < inputs; {
				tile, n := t.most, t.wide
				if inputs-i <= 4 {
					tile, n = t.four, 4
				}
				tile(&tap[i*lanes], &from[i], g, bottom-top, right-left, a.Stride*pixel, a.Stride*a.InW*pixel, a.OutW*pixel)
				i += n
			}
		}
	}
}

// addBlockedGradient adds up the chunks of each weight.
func addBlockedGradient(dst, sums []float32, c Conv, batch, part, parts int) {
	b, _ := groupBlocks(c, lanes)
	pairs, chunks, taps := b.pairs(), gradientChunks(b, batch), c.KernelH*c.KernelW
	inG, outG := c.In/c.Groups, c.Out/c.Groups
	chunk := pairs * taps * lanes * lanes
	first, last := share(c.Out, part, parts)
	for out := first; out < last; out++ {
		group := out / lanes / b.out
		for i := range inG {
			in := out/outG*inG + i
			pair := group*b.in*b.out + (in/lanes-group*b.in)*b.out + out/lanes - group*b.out
			at := pair*taps*lanes*lanes + in%lanes*lanes + out%lanes
			for tap := range taps {
				sum := float32(0)
				for n := range chunks {
					sum += sums[n*chunk+at+tap*lanes*lanes]
				}
				dst[(out*inG+i)*taps+tap] += sum
			}
		}
	}
}

// Turned is the convolution whose output is the gradient of c's input, from that of its output with Stride-1 zeros between the
// pixels (Spread): h×w of them. It is not ok where more was padded than the kernel reaches.
func (c Conv) Turned(h, w int) (turned Conv, ok bool) {
	turned = Conv{
		In: c.Out, Out: c.In, InH: h, InW: w, OutH: c.InH, OutW: c.InW, KernelH: c.KernelH, KernelW: c.KernelW,
		Stride: 1, Padding: c.Dilation*(c.KernelH-1) - c.Padding, Dilation: c.Dilation, Groups: c.Groups,
	}
	return turned, turned.Padding >= 0 && c.KernelH == c.KernelW
}

// Turn writes the weights of Turned, (in, out/groups, kh, kw), from those of c, (out, in/groups, kh, kw): taps in reverse,
// inputs and outputs of each group changed over.
func (c Conv) Turn(dst, weight []float32) {
	taps := c.KernelH * c.KernelW
	inG, outG := c.In/c.Groups, c.Out/c.Groups
	mustHold(dst, c.Out*inG*taps, "ops: the turned weights are too short")
	mustHold(weight, c.Out*inG*taps, "ops: the weights to turn are too short")
	for out := range c.Out {
		for i := range inG {
			in := out/outG*inG + i
			to := dst[(in*outG+out%outG)*taps:][:taps]
			for tap, w := range weight[(out*inG+i)*taps:][:taps] {
				to[taps-1-tap] = w
			}
		}
	}
}
