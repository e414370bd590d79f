package engine

import (
	"fmt"
	"math"

	"resnet/internal/graph"
)

// affine is scale and shift of each output channel, padded with zeros to a multiple of 16. A nil scale is 1.
type affine struct{ scale, shift []float32 }

// readAffine reads what a batch norm comes to in inference, or the bias of a fully connected layer.
func (p *Program) readAffine(i int, call graph.Call) error {
	switch op := call.Op.(type) {
	case graph.BatchNorm:
		scale, shift, err := ReadBatchNorm(p.weights, call.Path, op.Channels)
		if err != nil {
			return err
		}
		p.affine[i] = affine{append(scale, padded(op.Channels)[op.Channels:]...), append(shift, padded(op.Channels)[op.Channels:]...)}
	case graph.Linear:
		if op.NoBias {
			return nil
		}
		shift := padded(op.Out)
		if err := p.read(call.Path+".bias", shift[:op.Out]); err != nil {
			return err
		}
		p.affine[i] = affine{shift: shift}
	}
	return nil
}

// ReadBatchNorm reads what a batch norm comes to in inference, x·scale + shift for each channel.
func ReadBatchNorm(w graph.Weights, path string, channels int) (scale, shift []float32, err error) {
	var params [4][]float32
	for j, name := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
		params[j] = make([]float32, channels)
		if err := w.Read(path+name, params[j]); err != nil {
			return nil, nil, fmt.Errorf("parameter %q: %w", path+name, err)
		}
	}
	scale, shift = batchNorm(params[0], params[1], params[2], params[3])
	return scale, shift, nil
}

// padded makes zeros for some channels and as many more as fill the last block of 16.
func padded(channels int) []float32 { return make([]float32, (channels+15)/16*16) }

// batchNorm is weight·(x-mean)/√(variance+eps) + bias as x·scale + shift.
func batchNorm(weight, bias, mean, variance []float32) (scale, shift []float32) {
	scale, shift = make([]float32, len(weight)), make([]float32, len(weight))
	for i := range weight {
		s := float64(weight[i]) / math.Sqrt(float64(variance[i])+graph.BatchNormEps)
		scale[i] = float32(s)
		shift[i] = float32(float64(bias[i]) - float64(s*float64(mean[i])))
	}
	return scale, shift
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
