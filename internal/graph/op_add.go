package graph

import (
	"fmt"

	"resnet/internal/tensor"
)

// Add is the residual add: residual branch first, shortcut second.
type Add struct{ function }

func (Add) Class() string { return "Add" }
func (Add) Kind() Kind    { return Addition }

func (Add) Shape(in []tensor.Shape) (tensor.Shape, error) {
	if !in[0].Equal(in[1]) {
		return nil, fmt.Errorf("residual branch %v and shortcut %v differ", in[0], in[1])
	}
	return in[0], nil
}

func (Add) ONNX() []ONNX { return []ONNX{{Type: "Add"}} }

func (Add) Label(string) string { return "add" }

// Add adds the residual add of a block: residual branch y, and a shortcut of some kind.
func (b *Builder) Add(y, skip Value, kind string) Value {
	out := b.leaf("add", Add{}, b.Channels(y), y, skip)
	b.graph.Calls[len(b.graph.Calls)-1].Shortcut = kind
	return out
}
