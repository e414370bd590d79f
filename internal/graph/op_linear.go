package graph

import (
	"math"

	"resnet/internal/tensor"
)

// Linear is a fully connected layer. While a network is built, In is that of the input.
type Linear struct {
	module
	In, Out int
	NoBias  bool
}

func (Linear) Class() string { return "Linear" }
func (Linear) Kind() Kind    { return FullyConnected }

// Params are weight (out, in) and bias (out), where there is one.
func (l Linear) Params() []Param {
	init := Init{Dist: Uniform, Scale: 1 / math.Sqrt(float64(l.In))}
	params := []Param{{Name: "weight", Shape: tensor.Shape{l.Out, l.In}, Init: init}}
	if !l.NoBias {
		params = append(params, Param{Name: "bias", Shape: tensor.Shape{l.Out}, Init: init})
	}
	return params
}

func (l Linear) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][0], l.Out}, nil
}

func (l Linear) MACs(out tensor.Shape) int64 { return int64(out.Elements()) * int64(l.In) }

func (l Linear) ONNX() []ONNX {
	op := ONNX{Type: "Gemm", Attrs: []ONNXAttr{{Name: "transB", Int: 1}}}
	for _, p := range l.Params() {
		op.Params = append(op.Params, p.Name)
	}
	return []ONNX{op}
}

func (Linear) Label(planes string) string { return "fc, " + planes }

// Linear adds a fully connected layer.
func (b *Builder) Linear(name string, x Value, l Linear) Value {
	l.In = b.Channels(x)
	return b.leaf(name, l, l.Out, x)
}
