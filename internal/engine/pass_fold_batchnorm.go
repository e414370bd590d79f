package engine

import (
	"math"

	"resnet/internal/graph"
)

// affine is scale and shift of each output channel, padded with zeros to a multiple of 16. A nil scale is 1.
type affine struct{ scale, shift []float32 }

// readAffine reads what a batch norm comes to in inference, or the bias of a fully connected layer.
func (p *Program) readAffine(i int, call graph.Call) error {
	switch op := call.Op.(type) {
	case graph.BatchNorm:
		var params [4][]float32
		for j, name := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
			params[j] = make([]float32, op.Channels)
			if err := p.read(call.Path+name, params[j]); err != nil {
				return err
			}
		}
		p.affine[i] = batchNorm(params[0], params[1], params[2], params[3])
	case graph.Linear:
		shift := padded(op.Out)
		if err := p.read(call.Path+".bias", shift[:op.Out]); err != nil {
			return err
		}
		p.affine[i] = affine{shift: shift}
	}
	return nil
}

// padded makes zeros for some channels and as many more as fill the last block of 16.
func padded(channels int) []float32 { return make([]float32, (channels+15)/16*16) }

// batchNorm is weight·(x-mean)/√(variance+eps) + bias as x·scale + shift.
func batchNorm(weight, bias, mean, variance []float32) affine {
	a := affine{scale: padded(len(weight)), shift: padded(len(weight))}
	for i := range weight {
		scale := float64(weight[i]) / math.Sqrt(float64(variance[i])+graph.BatchNormEps)
		a.scale[i] = float32(scale)
		a.shift[i] = float32(float64(bias[i]) - float64(scale*float64(mean[i])))
	}
	return a
}

// fold multiplies the weights (out, …) of each output channel by the scale of the batch norm behind.
func fold(weights, scale []float32) {
	perChannel := len(weights) / len(scale)
	for i, s := range scale {
		channel := weights[i*perChannel:][:perChannel]
		for j := range channel {
			channel[j] *= s
		}
	}
}
