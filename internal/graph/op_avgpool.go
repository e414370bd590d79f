package graph

import (
	"fmt"

	"resnet/internal/tensor"
)

// AvgPool is AvgPool2d with ceil_mode and without count_include_pad: a window that sticks out is averaged over what
// lies inside.
type AvgPool struct {
	module
	Kernel, Stride int
	Floor          bool // without ceil_mode: what no whole window fits on is left out
}

func (AvgPool) Class() string { return "AvgPool2d" }
func (AvgPool) Kind() Kind    { return AvgPooling }

func (p AvgPool) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	if p.Floor {
		h, w, err := Geometry{Kernel: p.Kernel, Stride: p.Stride, Dilation: 1}.slide(x[2], x[3], "window")
		return tensor.Shape{x[0], x[1], h, w}, err
	}
	return tensor.Shape{x[0], x[1], p.out(x[2]), p.out(x[3])}, nil
}

// out is PyTorch's output size in ceil mode: a last window must start inside the input.
func (p AvgPool) out(n int) int {
	out := max(0, n-p.Kernel+p.Stride-1)/p.Stride + 1
	if n < p.Kernel {
		out = 1
	}
	if (out-1)*p.Stride >= n {
		out--
	}
	return out
}

func (p AvgPool) Geometry() Geometry { return Geometry{Kernel: p.Kernel, Stride: p.Stride} }

func (p AvgPool) ONNX() []ONNX {
	ceil := ONNXAttr{Name: "ceil_mode", Int: 1}
	if p.Floor {
		ceil.Int = 0
	}
	attrs := append(onnxWindow(p.Geometry()), ceil, ONNXAttr{Name: "count_include_pad"})
	return []ONNX{{Type: "AveragePool", Attrs: attrs}}
}

func (p AvgPool) Label(string) string { return fmt.Sprintf("%d×%d avg pool", p.Kernel, p.Kernel) }

func (p AvgPool) Unusual() []Attribute {
	return unusual(map[string]int{"stride": 1}, Attribute{"stride", p.Stride})
}

// AdaptiveAvgPool is AdaptiveAvgPool2d to 1×1: it averages each channel.
type AdaptiveAvgPool struct{ module }

func (AdaptiveAvgPool) Class() string { return "AdaptiveAvgPool2d" }
func (AdaptiveAvgPool) Kind() Kind    { return AvgPooling }

func (AdaptiveAvgPool) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][0], in[0][1], 1, 1}, nil
}

func (AdaptiveAvgPool) Geometry() Geometry { return Geometry{Global: true} }

func (AdaptiveAvgPool) ONNX() []ONNX { return []ONNX{{Type: "GlobalAveragePool"}} }

func (AdaptiveAvgPool) Label(string) string { return "average pool" }

// AvgPool adds an average pool.
func (b *Builder) AvgPool(name string, x Value, p AvgPool) Value { return b.same(name, p, x) }

// AdaptiveAvgPool adds the global average pool.
func (b *Builder) AdaptiveAvgPool(name string, x Value) Value {
	return b.same(name, AdaptiveAvgPool{}, x)
}
