package bind

import (
	"fmt"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// source is where a parameter's values come from: a tensor, less another one, or one value throughout.
type source struct {
	Bound
	shape    tensor.Shape
	constant float32 // where Tensor is ""
}

// boundWeights shows weights under a graph's names.
type boundWeights struct {
	weights graph.Weights
	names   []string
	sources map[string]source
}

func newBoundWeights(w graph.Weights, bound []source) *boundWeights {
	b := &boundWeights{weights: w, sources: make(map[string]source, len(bound))}
	for _, s := range bound {
		b.names = append(b.names, s.Param)
		b.sources[s.Param] = s
	}
	return b
}

func (b *boundWeights) Names() []string { return b.names }

func (b *boundWeights) Info(name string) (tensor.Info, bool) {
	s, ok := b.sources[name]
	info := tensor.Info{Shape: s.shape, DType: tensor.Float32}
	if s.Tensor != "" {
		stored, _ := b.weights.Info(s.Tensor)
		info.DType = stored.DType
	}
	return info, ok
}

func (b *boundWeights) Read(name string, dst []float32) error {
	s, ok := b.sources[name]
	if !ok {
		return fmt.Errorf("no parameter %q", name)
	}
	if s.Tensor == "" {
		for i := range dst {
			dst[i] = s.constant
		}
		return nil
	}
	if err := b.weights.Read(s.Tensor, dst); err != nil {
		return err
	}
	if s.Minus == "" {
		return nil
	}
	bias := make([]float32, len(dst))
	if err := b.weights.Read(s.Minus, bias); err != nil {
		return err
	}
	for i, v := range bias {
		dst[i] -= v
	}
	return nil
}
