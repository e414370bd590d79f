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

func (Add) Label(string) string { return "add" }
