package graph

import (
	"fmt"

	"resnet/internal/tensor"
)

// MaxPool is MaxPool2d; padding never wins.
type MaxPool struct {
	module
	Kernel, Stride, Padding int
	Same                    bool // TensorFlow's padding instead of Padding
}

func (MaxPool) Class() string { return "MaxPool2d" }
func (MaxPool) Kind() Kind    { return MaxPooling }

func (p MaxPool) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	h, w, err := p.Geometry().slide(x[2], x[3], "window")
	return tensor.Shape{x[0], x[1], h, w}, err
}

func (p MaxPool) Geometry() Geometry {
	g := Geometry{Kernel: p.Kernel, Stride: p.Stride, Padding: p.Padding, Dilation: 1, Same: p.Same}
	if p.Same {
		g.Padding = g.samePadding()
	}
	return g
}

func (p MaxPool) ONNX() []ONNX {
	g := p.Geometry()
	return []ONNX{{Type: "MaxPool", Attrs: append(onnxWindow(g), onnxPadding(g))}}
}

func (p MaxPool) Label(string) string { return fmt.Sprintf("%d×%d max pool", p.Kernel, p.Kernel) }

func (p MaxPool) Unusual() []Attribute {
	return unusual(map[string]int{"stride": 1}, Attribute{"stride", p.Stride}, Attribute{"padding", p.Geometry().Padding})
}

// MaxPool adds a max pool.
func (b *Builder) MaxPool(name string, x Value, p MaxPool) Value { return b.same(name, p, x) }
