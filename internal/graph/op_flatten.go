package graph

import "resnet/internal/tensor"

// Flatten makes (n, c, 1, 1) to (n, c).
type Flatten struct{ function }

func (Flatten) Class() string { return "Flatten" }
func (Flatten) Kind() Kind    { return Renaming }

func (Flatten) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][0], in[0][1:].Elements()}, nil
}

func (Flatten) ONNX() []ONNX {
	return []ONNX{{Type: "Flatten", Attrs: []ONNXAttr{{Name: "axis", Int: 1}}}}
}

func (Flatten) Label(string) string { return "flatten" }

// Flatten adds torch.flatten(x, 1).
func (b *Builder) Flatten(name string, x Value) Value { return b.same(name, Flatten{}, x) }
