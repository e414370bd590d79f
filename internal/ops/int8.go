package ops

import (
	"math"

	"resnet/internal/isa"
)

// int8Lanes is the number of channels that NCHW64u8 keeps together.
const int8Lanes = 64

func int8BlocksOf(n int) int { return (n + int8Lanes - 1) / int8Lanes }

// Int8Param says which real numbers the bytes of a feature map stand for: (byte - Zero) · Scale.
type Int8Param struct {
	Scale float32
	Zero  uint8
}

// Quantize is the byte nearest to x, the even one of two, where inverse is 1/Scale: one rounded product, rounded to an
// integer. What is out of range saturates; NaN is as large as any number.
func (p Int8Param) Quantize(x, inverse float32) uint8 {
	y := x * inverse
	if !(y < 255) {
		y = 255
	}
	return saturate(math.RoundToEven(float64(max(y, -255))) + float64(p.Zero))
}

// Dequantize is the real number that q stands for.
func (p Int8Param) Dequantize(q uint8) float32 { return float32(int(q)-int(p.Zero)) * p.Scale }

func saturate(y float64) uint8 { return uint8(max(0, min(y, 255))) }

// Int8Sum is what a convolution of bytes makes of a sum of products: each operation is rounded to float32 by itself, so
// that every kernel gives the same byte.
//
//	dst = saturate(roundToEven(sum·scale + add·addScale))
//
// Zero points of the source, the residual and the output are part of the bias that sum contains; a ReLU is the
// saturation at a zero point of 0.
func Int8Sum(sum int32, scale float32, add uint8, addScale float32) uint8 {
	y := float32(float32(sum) * scale)
	y = float32(y + float32(float32(add)*addScale))
	return saturate(math.RoundToEven(float64(y)))
}

// Int8Args is one call of a convolution of bytes.
type Int8Args struct {
	Conv
	Batch   int
	Dst     []uint8   // (n, out, outH, outW) as NCHW64u8, of Int8Sum; or nil
	Floats  []float32 // (n, out, outH, outW), instead of Dst: sum·scale
	Src     []uint8   // (n, in, inH, inW) as NCHW64u8; or nil
	Image   []float32 // (n, in, inH, inW), instead of Src: quantized first
	Param   Int8Param // of Src or Image; padding has its zero point
	Weights []byte    // as the kernel packed them, with bias and scales
	Add     []uint8   // like Dst, which it may be, or nil
	// AddScale is the scale of Add over that of Dst.
	AddScale    float32
	Scratch     []byte // ScratchLen bytes that belong to this part alone
	Part, Parts int    // this call computes share Part of Parts
}

// Int8Weights are what a kernel packs. Sums may not overflow, nor what Int8Sum rounds exceed an int32: the kernels rely
// on it.
type Int8Weights struct {
	Weight []int8    // (out, in/groups, kh, kw)
	Bias   []int32   // out
	Scale  []float32 // out
}

// Int8Kernel is one way to compute a convolution of bytes.
type Int8Kernel struct {
	Name    string
	Level   isa.Level       // of instructions that it needs
	Image   bool            // it reads Image, not Src
	Accepts func(Conv) bool // whether the kernel computes this layer at all
	// PackedLen and Pack see channels, groups and kernel size alone.
	PackedLen  func(Conv) int // bytes
	Pack       func(dst []byte, w Int8Weights, c Conv)
	ScratchLen func(Conv) int // bytes
	Run        func(*Int8Args)
}

// checkedInt8 makes sure that a kernel which checks no index finds all that it reads and writes.
func checkedInt8(k Int8Kernel) *Int8Kernel {
	run := k.Run
	k.Run = func(a *Int8Args) {
		area := a.OutH * a.OutW
		if k.Image {
			mustHold(a.Image, a.Batch*a.In*a.InH*a.InW, "ops: the image of a convolution is too short")
		} else {
			mustHold(a.Src, NCHW64u8.Len(a.Batch, a.In, a.InH*a.InW), "ops: the source of a convolution is too short")
		}
		if a.Floats != nil {
			mustHold(a.Floats, a.Batch*a.Out*area, "ops: the destination of a convolution is too short")
			must(a.Add == nil, "ops: a residual is added to bytes only")
		} else {
			mustHold(a.Dst, NCHW64u8.Len(a.Batch, a.Out, area), "ops: the destination of a convolution is too short")
			must(a.Add == nil || len(a.Add) >= NCHW64u8.Len(a.Batch, a.Out, area), "ops: the residual of a convolution is too short")
		}
		mustHold(a.Weights, k.PackedLen(a.Conv), "ops: the weights of a convolution are too short")
		mustHold(a.Scratch, k.ScratchLen(a.Conv), "ops: the scratch memory of a convolution is too short")
		mustBePart(a.Part, a.Parts)
		run(a)
	}
	return &k
}

// Int8Kernels lists every kernel for bytes that this build has, the faster first; the last two accept every convolution.
func Int8Kernels() []*Int8Kernel {
	return append(fastInt8[:len(fastInt8):len(fastInt8)], int8Image, int8Generic)
}

// ChooseInt8 chooses the kernel of a layer that reads an image, or bytes, from those that a level of instructions has.
func ChooseInt8(c Conv, image bool, level isa.Level) *Int8Kernel {
	for _, k := range Int8Kernels() {
		if level.Includes(k.Level) && k.Image == image && k.Accepts(c) {
			return k
		}
	}
	panic("ops: the generic kernel accepts every convolution")
}
