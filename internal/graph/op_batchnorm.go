package graph

import "resnet/internal/tensor"

// BatchNorm is BatchNorm2d in inference: running statistics, eps BatchNormEps.
type BatchNorm struct {
	module
	Channels int
}

// BatchNormEps is PyTorch's default.
const BatchNormEps = 1e-5

func (BatchNorm) Class() string { return "BatchNorm2d" }
func (BatchNorm) Kind() Kind    { return Normalization }

// Params are weight, bias, running_mean and running_var, each (channels).
func (b BatchNorm) Params() []Param {
	shape := tensor.Shape{b.Channels}
	return []Param{
		{Name: "weight", Shape: shape, Init: Init{Dist: Constant, Scale: 1}},
		{Name: "bias", Shape: shape, Init: Init{Dist: Constant}},
		{Name: "running_mean", Shape: shape, Init: Init{Dist: Constant}, Buffer: true},
		{Name: "running_var", Shape: shape, Init: Init{Dist: Constant, Scale: 1}, Buffer: true},
	}
}

func (BatchNorm) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], nil }

func (BatchNorm) ONNX() []ONNX {
	return []ONNX{{
		Type: "BatchNormalization", Params: []string{"weight", "bias", "running_mean", "running_var"},
		Attrs: []ONNXAttr{{Name: "epsilon", Float: BatchNormEps}},
	}}
}

func (BatchNorm) Label(string) string { return "batch norm" }

// BatchNorm adds a batch norm over the channels of x.
func (b *Builder) BatchNorm(name string, x Value) Value {
	return b.same(name, BatchNorm{Channels: b.Channels(x)}, x)
}
