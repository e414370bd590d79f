package graph

import (
	"math"

	"resnet/internal/tensor"
)

// Param is a tensor that an operator needs, by its name in a PyTorch state dict.
type Param struct {
	Name  string // of an Op weight, of a Graph layer1.0.conv2.weight
	Shape tensor.Shape
	// Buffer is true of running statistics: stored with the weights, but no parameter.
	Buffer bool
	Init   Init // what torchvision starts a training from
	Call   int  // of a Graph: index into its Calls
}

// Init is how a tensor is filled before a training.
type Init struct {
	Dist Dist
	// Scale is the standard deviation of Normal values, the bound of Uniform ones in ±Scale, or the Constant itself.
	Scale float64
}

// Dist is a distribution of values.
type Dist int

// The distributions of initial values.
const (
	Constant Dist = iota
	Normal
	Uniform
)

// heStd is the standard deviation of kaiming normal weights with the gain of ReLU (He et al., 2015).
func heStd(fan int) float64 { return math.Sqrt(2 / float64(fan)) }

// Params lists parameters and buffers in state-dict order, without num_batches_tracked, which inference does not use.
func (g *Graph) Params() []Param {
	var params []Param
	for i, call := range g.Calls {
		for _, p := range call.params() {
			p.Name, p.Call = call.Path+"."+p.Name, i
			params = append(params, p)
		}
	}
	return params
}

// params are the call's own; those of a module called again stand at its first call.
func (c Call) params() []Param {
	if !c.First || !c.Computes() {
		return nil
	}
	return c.Op.Params()
}

// paramCount is the number of the call's own trainable parameters.
func (c Call) paramCount() int64 {
	n := int64(0)
	for _, p := range c.params() {
		if !p.Buffer {
			n += int64(p.Shape.Elements())
		}
	}
	return n
}

// ParamCount is the number of trainable parameters.
func (g *Graph) ParamCount() int64 {
	n := int64(0)
	for _, call := range g.Calls {
		n += call.paramCount()
	}
	return n
}

// MACs is the number of multiply-adds of one forward pass: convolutions and fully connected layers.
func (g *Graph) MACs(input tensor.Shape) (int64, error) {
	layers, err := g.Layers(input)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	for _, l := range layers {
		n += l.MACs
	}
	return n, nil
}
