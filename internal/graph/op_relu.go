package graph

import "resnet/internal/tensor"

// ReLU is max(x, 0); a NaN passes.
type ReLU struct{ module }

func (ReLU) Class() string { return "ReLU" }
func (ReLU) Kind() Kind    { return Activation }

func (ReLU) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], nil }

func (ReLU) ONNX() []ONNX { return []ONNX{{Type: "Relu"}} }

func (ReLU) Label(string) string { return "ReLU" }

// ReLU adds a ReLU; a second call under one name is the same module.
func (b *Builder) ReLU(name string, x Value) Value { return b.same(name, ReLU{}, x) }
