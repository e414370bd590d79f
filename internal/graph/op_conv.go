package graph

import (
	"fmt"

	"resnet/internal/tensor"
)

// Conv is PyTorch's Conv2d without a bias, with square kernels. While a network is built, Stride, Dilation and Groups may
// be left out, which is 1; In is that of the input.
type Conv struct {
	module
	In, Out, Kernel, Stride, Padding, Dilation, Groups int
	Same                                               bool // TensorFlow's padding instead of Padding
}

func (Conv) Class() string { return "Conv2d" }
func (Conv) Kind() Kind    { return Convolution }

// Params is weight (out, in/groups, k, k).
func (c Conv) Params() []Param {
	init := Init{Dist: Normal, Scale: heStd(c.Out * c.Kernel * c.Kernel)}
	return []Param{{Name: "weight", Shape: tensor.Shape{c.Out, c.In / c.Groups, c.Kernel, c.Kernel}, Init: init}}
}

func (c Conv) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	if x[1] != c.In {
		return nil, fmt.Errorf("input %v has %d channels, want %d", x, x[1], c.In)
	}
	h, w, err := c.Geometry().slide(x[2], x[3], "kernel")
	return tensor.Shape{x[0], c.Out, h, w}, err
}

func (c Conv) MACs(out tensor.Shape) int64 {
	return int64(out.Elements()) * int64(c.In/c.Groups*c.Kernel*c.Kernel)
}

func (c Conv) Geometry() Geometry {
	g := Geometry{Kernel: c.Kernel, Stride: c.Stride, Padding: c.Padding, Dilation: c.Dilation, Groups: c.Groups, Same: c.Same}
	if c.Same {
		g.Padding = g.samePadding()
	}
	return g
}

func (c Conv) ONNX() []ONNX {
	g, d := c.Geometry(), int64(c.Dilation)
	attrs := append(onnxWindow(g), onnxPadding(g), ONNXAttr{Name: "dilations", Ints: []int64{d, d}}, ONNXAttr{Name: "group", Int: int64(c.Groups)})
	return []ONNX{{Type: "Conv", Params: []string{"weight"}, Attrs: attrs}}
}

func (c Conv) Label(planes string) string {
	return fmt.Sprintf("%d×%d, %s", c.Kernel, c.Kernel, planes)
}

// Unusual expects the padding that keeps the size of a map.
func (c Conv) Unusual() []Attribute {
	usual := map[string]int{"stride": 1, "padding": c.Dilation * (c.Kernel - 1) / 2, "dilation": 1, "groups": 1}
	return unusual(usual, Attribute{"stride", c.Stride}, Attribute{"padding", c.Geometry().Padding},
		Attribute{"dilation", c.Dilation}, Attribute{"groups", c.Groups})
}

// Conv adds a convolution; what c leaves out has PyTorch's defaults.
func (b *Builder) Conv(name string, x Value, c Conv) Value {
	c.In = b.Channels(x)
	c.Stride, c.Dilation, c.Groups = max(c.Stride, 1), max(c.Dilation, 1), max(c.Groups, 1)
	if c.In%c.Groups != 0 || c.Out%c.Groups != 0 {
		b.fail(name, fmt.Errorf("%d groups do not divide %d input and %d output channels", c.Groups, c.In, c.Out))
	}
	return b.leaf(name, c, c.Out, x)
}
