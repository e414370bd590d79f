package model

import "resnet/internal/tensor"

// Weights is a set of named tensors, wherever they come from; a checkpoint file is one, RandomWeights another.
type Weights interface {
	// Names lists all tensors, in the source's order.
	Names() []string
	// Info is a tensor's shape and type; ok is false where there is none of this name.
	Info(name string) (info tensor.Info, ok bool)
	// Read writes a tensor's values as float32 into dst, which has exactly its number of elements. Several goroutines
	// may call it at a time.
	Read(name string, dst []float32) error
}
