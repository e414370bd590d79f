package graph

import (
	"fmt"

	"resnet/internal/tensor"
)

// MaxPool is MaxPool2d; padding never wins.
type MaxPool struct {
	module
	Kernel, Stride, Padding int
}

func (MaxPool) Class() string { return "MaxPool2d" }
func (MaxPool) Kind() Kind    { return MaxPooling }

func (p MaxPool) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	if x[2]+2*p.Padding < p.Kernel || x[3]+2*p.Padding < p.Kernel {
		return nil, fmt.Errorf("a map of %d×%d is smaller than the %d×%d window", x[2], x[3], p.Kernel, p.Kernel)
	}
	return tensor.Shape{x[0], x[1], (x[2]+2*p.Padding-p.Kernel)/p.Stride + 1, (x[3]+2*p.Padding-p.Kernel)/p.Stride + 1}, nil
}

func (p MaxPool) Geometry() Geometry {
	return Geometry{Kernel: p.Kernel, Stride: p.Stride, Padding: p.Padding, Dilation: 1}
}

func (p MaxPool) Label(string) string { return fmt.Sprintf("%d×%d max pool", p.Kernel, p.Kernel) }

func (p MaxPool) Unusual() []Attribute {
	return unusual(map[string]int{"stride": 1}, Attribute{"stride", p.Stride}, Attribute{"padding", p.Padding})
}
