package quant

import (
	"slices"
	"testing"
)

// TestRoundKernel: whole numbers near the weights, whose sum is nearest to that of the weights.
func TestRoundKernel(t *testing.T) {
	for _, test := range []struct {
		name    string
		weights []float64
		want    []int8
	}{
		{"each by itself is right", []float64{1.2, -3.9, 0.1}, []int8{1, -4, 0}},
		{"all too small", []float64{0.4, 0.3, 0.45, 0.35}, []int8{1, 0, 1, 0}}, // 1.5 is 2 to even
		{"all too large", []float64{1.51, 0.52, 0.9, 2.6}, []int8{1, 1, 1, 3}},
		{"negative ones", []float64{-0.4, -0.4, -0.4}, []int8{-1, 0, 0}},
		{"the largest byte stays", []float64{127, 126.6, 0.4, -0.4, 0.4}, []int8{127, 127, 0, 0, 0}},
		{"what was cut off does not spread", []float64{200, 0.1, 0.2}, []int8{127, 0, 0}},
		{"one weight", []float64{-2.5}, []int8{-2}},
	} {
		got := make([]int8, len(test.weights))
		if roundKernel(got, test.weights, 127); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
