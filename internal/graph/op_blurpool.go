package graph

import (
	"fmt"

	"resnet/internal/tensor"
)

// BlurPool is timm's BlurPool2d (Zhang 2019, "Making Convolutional Networks Shift-Invariant Again"): the binomial filter of 3×3,
// [1 2 1]ᵀ[1 2 1] / 16, with a padding of one pixel that reflects the map at its edge.
type BlurPool struct {
	module
	Stride int
}

func (BlurPool) Class() string { return "BlurPool2d" }
func (BlurPool) Kind() Kind    { return AvgPooling }

func (p BlurPool) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	if x[2] < 2 || x[3] < 2 {
		return nil, fmt.Errorf("a map of %d×%d has no pixel beside its edge to reflect", x[2], x[3])
	}
	g := p.Geometry()
	return tensor.Shape{x[0], x[1], g.out(x[2]), g.out(x[3])}, nil
}

func (p BlurPool) Geometry() Geometry {
	return Geometry{Kernel: 3, Stride: p.Stride, Padding: 1, Dilation: 1}
}

// ONNX averages 2×2 pixels twice: [1 2 1] is [1 1] over [1 1].
func (p BlurPool) ONNX() []ONNX {
	average := func(stride int) ONNX {
		return ONNX{Type: "AveragePool", Attrs: onnxWindow(Geometry{Kernel: 2, Stride: stride})}
	}
	pad := ONNX{Type: "Pad", Lists: []ONNXList{{"pads", []int64{0, 0, 1, 1, 0, 0, 1, 1}}}, Attrs: []ONNXAttr{{Name: "mode", Text: "reflect"}}}
	return []ONNX{pad, average(1), average(p.Stride)}
}

func (BlurPool) Label(string) string { return "3×3 blur" }

func (p BlurPool) Unusual() []Attribute {
	return unusual(map[string]int{"stride": 1}, Attribute{"stride", p.Stride})
}

// BlurPool adds a blur.
func (b *Builder) BlurPool(name string, x Value, p BlurPool) Value { return b.same(name, p, x) }
