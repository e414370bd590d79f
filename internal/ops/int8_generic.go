package ops

import (
	"encoding/binary"
	"math"

	"resnet/internal/isa"
)

// int8Generic and int8Image compute any convolution of bytes, or of an image, on any machine: the oracle of the fast ones.
var (
	int8Generic = newInt8Generic("int8-generic", false)
	int8Image   = newInt8Generic("int8image-generic", true)
)

func newInt8Generic(name string, image bool) *Int8Kernel {
	return checkedInt8(Int8Kernel{
		Name:       name,
		Level:      isa.Generic,
		Image:      image,
		Accepts:    func(Conv) bool { return true },
		PackedLen:  func(c Conv) int { return c.Out * (8 + c.depth()) },
		Pack:       packInt8Generic,
		ScratchLen: Conv.depth,
		Run:        runInt8Generic,
	})
}

// packInt8Generic writes each output channel's bias, scale and weights (in/groups, kh, kw).
func packInt8Generic(dst []byte, w Int8Weights, c Conv) {
	depth := c.depth()
	for o := range c.Out {
		dst = putInt8Channel(dst, w.Bias[o], w.Scale[o])
		for i, v := range w.Weight[o*depth:][:depth] {
			dst[i] = byte(v)
		}
		dst = dst[depth:]
	}
}

func putInt8Channel(dst []byte, bias int32, scale float32) []byte {
	binary.NativeEndian.PutUint32(dst, uint32(bias))
	binary.NativeEndian.PutUint32(dst[4:], math.Float32bits(scale))
	return dst[8:]
}

// runInt8Generic shares out the pixels.
func runInt8Generic(a *Int8Args) {
	depth, area := a.depth(), a.OutH*a.OutW
	patch := a.Scratch[:depth]
	first, last := share(a.Batch*area, a.Part, a.Parts)
	for i := first; i < last; i++ {
		n, pixel := i/area, i%area
		for o := range a.Out {
			if o%(a.Out/a.Groups) == 0 {
				a.patch(patch, n, o/(a.Out/a.Groups), pixel)
			}
			channel := a.Weights[o*(8+depth):][:8+depth]
			sum := int32(binary.NativeEndian.Uint32(channel)) + dotInt8(patch, channel[8:])
			a.put(n, o, pixel, sum, math.Float32frombits(binary.NativeEndian.Uint32(channel[4:])))
		}
		for o := a.Out; o < int8BlocksOf(a.Out)*int8Lanes && a.Floats == nil; o++ {
			a.Dst[int8Index(n, o, pixel, a.Out, area)] = 0
		}
	}
}

// int8Index is the place of a channel's pixel.
func int8Index(n, channel, pixel, channels, area int) int {
	return ((n*int8BlocksOf(channels)+channel/int8Lanes)*area+pixel)*int8Lanes + channel%int8Lanes
}

// put stores what a sum comes to.
func (a *Int8Args) put(n, o, pixel int, sum int32, scale float32) {
	area := a.OutH * a.OutW
	if a.Floats != nil {
		a.Floats[(n*a.Out+o)*area+pixel] = float32(sum) * scale
		return
	}
	i, add := int8Index(n, o, pixel, a.Out, area), uint8(0)
	if a.Add != nil {
		add = a.Add[i]
	}
	a.Dst[i] = Int8Sum(sum, scale, add, a.AddScale)
}

// patch collects what a group's outputs at a pixel see: (in/groups, kh, kw).
func (a *Int8Args) patch(dst []byte, n, group, pixel int) {
	inverse := 1 / a.Param.Scale
	y, x, area := pixel/a.OutW, pixel%a.OutW, a.InH*a.InW
	for i := range a.In / a.Groups {
		channel := group*(a.In/a.Groups) + i
		for kh := range a.KernelH {
			row := y*a.Stride - a.Padding + kh*a.Dilation
			for kw := range a.KernelW {
				col := x*a.Stride - a.Padding + kw*a.Dilation
				switch {
				case uint(row) >= uint(a.InH) || uint(col) >= uint(a.InW):
					dst[0] = a.Param.Zero
				case a.Image != nil:
					dst[0] = a.Param.Quantize(a.Image[(n*a.In+channel)*area+row*a.InW+col], inverse)
				default:
					dst[0] = a.Src[int8Index(n, channel, row*a.InW+col, a.In, area)]
				}
				dst = dst[1:]
			}
		}
	}
}

func dotInt8(x, weights []byte) int32 {
	var a, b int32
	for len(x) >= 2 && len(weights) >= 2 {
		a += int32(x[0]) * int32(int8(weights[0]))
		b += int32(x[1]) * int32(int8(weights[1]))
		x, weights = x[2:], weights[2:]
	}
	for i, v := range x {
		a += int32(v) * int32(int8(weights[i]))
	}
	return a + b
}
