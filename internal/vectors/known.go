package vectors

import (
	"cmp"
	"math"
	"resnet/internal/number"
	"slices"
)

// Known are vectors that others are told to be far from or not.
type Known struct {
	rows    [][]float32
	squares []float64 // of their lengths
}

// Add adds a vector, which it keeps.
func (k *Known) Add(row []float32) {
	k.rows, k.squares = append(k.rows, row), append(k.squares, number.Dot(row, row))
}

// Distance is how far a vector is from the nearest that is known; NaN where it, or all of them, have no direction.
func (k *Known) Distance(v []float32) float64 {
	least, square := math.NaN(), number.Dot(v, v)
	for i, row := range k.rows {
		if d := distance(v, row, square*k.squares[i]); !(d >= least) {
			least = d
		}
	}
	return least
}

// Quantile is the smallest distance that a share of them does not exceed; those that are NaN do not count. It is NaN of none.
func Quantile(distances []float64, share float64) float64 {
	sorted := slices.DeleteFunc(slices.Clone(distances), math.IsNaN)
	if len(sorted) == 0 {
		return math.NaN()
	}
	slices.SortFunc(sorted, cmp.Compare)
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}
