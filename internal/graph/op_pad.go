package graph

import (
	"math"

	"resnet/internal/tensor"
)

// Pad is shortcut A: every Stride-th pixel, with Before and After channels of zeros around.
type Pad struct {
	function
	Stride, Before, After int
}

func (Pad) Class() string { return "Pad" }
func (Pad) Kind() Kind    { return Padding }

func (p Pad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	return tensor.Shape{x[0], p.Before + x[1] + p.After, (x[2]-1)/p.Stride + 1, (x[3]-1)/p.Stride + 1}, nil
}

// Geometry has no kernel: the function takes single pixels.
func (p Pad) Geometry() Geometry { return Geometry{Stride: p.Stride} }

// ONNX takes single pixels by a Slice, and puts the channels around by a Pad.
func (p Pad) ONNX() []ONNX {
	pad := ONNX{Type: "Pad", Lists: []ONNXList{{"pads", []int64{0, int64(p.Before), 0, 0, 0, int64(p.After), 0, 0}}}}
	if p.Stride == 1 {
		return []ONNX{pad}
	}
	step := int64(p.Stride)
	return []ONNX{{Type: "Slice", Lists: []ONNXList{
		{"starts", []int64{0, 0}}, {"ends", []int64{math.MaxInt64, math.MaxInt64}}, {"axes", []int64{2, 3}}, {"steps", []int64{step, step}},
	}}, pad}
}

func (Pad) Label(planes string) string { return "pad to " + planes }

func (p Pad) Unusual() []Attribute {
	return unusual(map[string]int{"stride": 1}, Attribute{"stride", p.Stride})
}

// Pad adds shortcut A.
func (b *Builder) Pad(name string, x Value, p Pad) Value {
	return b.leaf(name, p, p.Before+b.Channels(x)+p.After, x)
}
