package model

import "resnet/internal/tensor"

// Param is a tensor that the network needs, by its name in a PyTorch state dict.
type Param struct {
	Name  string
	Shape tensor.Shape
	// Buffer is true of running statistics: stored with the weights, but no parameter.
	Buffer bool
	Call   int // index into Graph.Calls
}

// Params lists parameters and buffers in state-dict order, without num_batches_tracked, which inference does not use.
func (g *Graph) Params() []Param {
	var params []Param
	for i, call := range g.Calls {
		if !call.First {
			continue
		}
		add := func(name string, buffer bool, shape ...int) {
			params = append(params, Param{Name: call.Path + "." + name, Shape: shape, Buffer: buffer, Call: i})
		}
		switch op := call.Op.(type) {
		case Conv:
			add("weight", false, op.Out, op.In/op.Groups, op.Kernel, op.Kernel)
		case BatchNorm:
			add("weight", false, op.Channels)
			add("bias", false, op.Channels)
			add("running_mean", true, op.Channels)
			add("running_var", true, op.Channels)
		case Linear:
			add("weight", false, op.Out, op.In)
			add("bias", false, op.Out)
		}
	}
	return params
}

// ParamCount is the number of trainable parameters.
func (g *Graph) ParamCount() int64 {
	n := int64(0)
	for _, call := range g.Calls {
		n += call.params()
	}
	return n
}

// params is the number of the call's own parameters; a module called again has been counted.
func (c Call) params() int64 {
	if !c.First {
		return 0
	}
	switch op := c.Op.(type) {
	case Conv:
		return int64(op.Out) * int64(op.In/op.Groups) * int64(op.Kernel*op.Kernel)
	case BatchNorm:
		return 2 * int64(op.Channels)
	case Linear:
		return int64(op.Out)*int64(op.In) + int64(op.Out)
	}
	return 0
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
