// Package ops holds the arithmetic: what each operation means, in a portable kernel that is easy to read, and the fast
// kernels that must equal it.
package ops

import "resnet/internal/isa"

// Layout is the order of a feature map in memory, and the type of its elements.
type Layout uint8

const (
	// NCHW is PyTorch's order: (n, c, h, w), float32.
	NCHW Layout = iota
	// NCHW16c keeps 16 channels of a pixel together: (n, ceil(c/16), h, w, 16), float32. Channels past c are zero.
	NCHW16c
	// NCHW64u8 keeps 64 channels of a pixel together, as bytes that stand for numbers (Int8Param): (n, ceil(c/64), h, w, 64).
	// Channels past c are zero. A pixel takes as many bytes as in NCHW16c.
	NCHW64u8
)

// Conv is the geometry of a convolution layer at one input size. Batch and threads are no part of it: they never
// change which kernel runs, so that they never change a bit of the result.
type Conv struct {
	In, Out          int // channels
	InH, InW         int
	OutH, OutW       int
	KernelH, KernelW int
	Stride           int
	Padding          int
	Dilation         int
	Groups           int
}

// ConvArgs is one call of a convolution kernel. The output is
//
//	dst = relu?(conv(src, weights) + bias + add)
//
// and every element is summed in the same order whatever Part and Parts are.
type ConvArgs struct {
	Conv
	Batch   int
	Dst     []float32 // (n, out, outH, outW) in the kernel's output layout
	Src     []float32 // (n, in, inH, inW) in the kernel's input layout
	Weights []float32 // as the kernel packed them
	Bias    []float32 // out, padded with zeros to a multiple of 16
	Add     []float32 // like Dst, which it may be of a kernel that is InPlace, or nil
	ReLU    bool
	Scratch []float32 // ScratchLen floats that belong to this part alone
	Part    int       // this call computes share Part of Parts
	Parts   int
}

// ConvKernel is one way to compute a convolution.
type ConvKernel struct {
	Name    string
	Level   isa.Level       // of instructions that it needs
	In, Out Layout          // layouts of Src and Dst
	Accepts func(Conv) bool // whether the kernel computes this layer at all
	// PackedLen and Pack see channels, groups and kernel size alone: what is packed serves inputs of every size.
	PackedLen  func(Conv) int                      // floats
	Pack       func(dst, weight []float32, c Conv) // weight: (out, in/groups, kh, kw)
	ScratchLen func(Conv) int                      // floats, for each part
	// InPlace tells whether Dst may be Add, so that the output takes the place of the residual.
	InPlace func(Conv) bool
	Run     func(*ConvArgs)
}

func always(Conv) bool { return true }
func never(Conv) bool  { return false }

// checked makes sure that a kernel which checks no index finds all that it reads and writes.
func checked(k ConvKernel) *ConvKernel {
	run := k.Run
	k.Run = func(a *ConvArgs) {
		out := k.Out.Len(a.Batch, a.Out, a.OutH*a.OutW)
		mustHold(a.Src, k.In.Len(a.Batch, a.In, a.InH*a.InW), "ops: the source of a convolution is too short")
		mustHold(a.Dst, out, "ops: the destination of a convolution is too short")
		must(a.Add == nil || len(a.Add) >= out, "ops: the residual of a convolution is too short")
		mustHold(a.Weights, k.PackedLen(a.Conv), "ops: the weights of a convolution are too short")
		must(len(a.Bias) >= a.Out && (k.Out != NCHW16c || len(a.Bias) >= blocksOf(a.Out)*lanes), "ops: the bias of a convolution is too short")
		mustHold(a.Scratch, k.ScratchLen(a.Conv), "ops: the scratch memory of a convolution is too short")
		mustBePart(a.Part, a.Parts)
		run(a)
	}
	return &k
}
