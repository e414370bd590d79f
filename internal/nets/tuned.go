package nets

import (
	"maps"
	"slices"

	"resnet/internal/tensor"
)

// Tuned is a network of WithClassifier with other values of some parameters, by their names. Its layers compute others than those of
// the file that it came from, so that it stands for itself: Origin of what is written is its own digest.
func (n *Net) Tuned(values map[string][]float32) *Net {
	before := n.Weights.(replaced)
	over := replaced{Weights: before.Weights, names: before.names, values: maps.Clone(before.values), info: maps.Clone(before.info)}
	for _, p := range n.Graph.Params() {
		if own, ok := values[p.Name]; ok {
			if len(own) != p.Shape.Elements() {
				panic("nets: the values of " + p.Name + " have not its shape")
			}
			over.values[p.Name] = slices.Clone(own)
			over.info[p.Name] = tensor.Info{Shape: p.Shape, DType: tensor.Float32}
		}
	}
	return &Net{Arch: n.Arch, Graph: n.Graph, Weights: over, Source: n.Source, opener: n.opener, file: n.file, tuned: true}
}
