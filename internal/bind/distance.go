package bind

import (
	"fmt"
	"math"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// Distances tells how far each parameter of weights b is from that of weights a: Distance of the values, by name. Both are
// under the names of graph g, whose parameters they need not have all; what one lacks, or has in another shape, is left
// out.
func Distances(g *model.Graph, a, b graph.Weights) (map[string]float64, error) {
	distances := map[string]float64{}
	var bufferA, bufferB []float32
	for _, p := range g.Params() {
		infoA, okA := a.Info(p.Name)
		infoB, okB := b.Info(p.Name)
		if !okA || !okB || !infoA.Shape.Equal(p.Shape) || !infoB.Shape.Equal(p.Shape) {
			continue
		}
		n := p.Shape.Elements()
		if n > len(bufferA) {
			bufferA, bufferB = make([]float32, n), make([]float32, n)
		}
		for _, side := range []struct {
			weights graph.Weights
			buffer  []float32
		}{{a, bufferA[:n]}, {b, bufferB[:n]}} {
			if err := side.weights.Read(p.Name, side.buffer); err != nil {
				return nil, fmt.Errorf("%s: %w", p.Name, err)
			}
		}
		distances[p.Name] = Distance(bufferA[:n], bufferB[:n])
	}
	return distances, nil
}

// Distance is how far b is from a, relative to a: ‖a−b‖ / ‖a‖, in float64. It is 0 for the same values, whatever they
// are, +Inf where a alone is zero, and NaN where other values are not finite.
func Distance(a, b []float32) float64 {
	difference, norm, same := 0.0, 0.0, true
	for i, x := range a {
		y := b[i]
		if x != y && !(x != x && y != y) {
			same = false
		}
		d := float64(x) - float64(y)
		difference += d * d
		norm += float64(x) * float64(x)
	}
	if same {
		return 0
	}
	return math.Sqrt(difference) / math.Sqrt(norm)
}
