package draw

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"resnet/internal/number"
)

func TestTicks(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		values []float64
		want   []float64 // nil: only that they hold the values
	}{
		{[]float64{1.52}, []float64{0, .5, 1, 1.5, 2}},
		{[]float64{.3, 1}, []float64{0, .5, 1, 1.5}},
		{[]float64{2, 2, 2}, []float64{0, .5, 1, 1.5, 2, 2.5}},
		{[]float64{-.2, .9}, []float64{-.5, 0, .5, 1}},
		{[]float64{-3}, []float64{-4, -3, -2, -1, 0}},
		{[]float64{3.98}, []float64{0, 1, 2, 3, 4, 5}},
		{nil, []float64{0, .5, 1}},
		{[]float64{0, 0}, []float64{0, .5, 1}},
		{[]float64{nan, inf, -inf}, []float64{0, .5, 1}},
		{[]float64{nan, 4, inf}, []float64{0, 1, 2, 3, 4, 5}},
		{[]float64{math.SmallestNonzeroFloat64}, []float64{0, .5, 1}},
		{[]float64{3e-299}, nil},
		{[]float64{1e-7, 3e-7}, nil},
		{[]float64{12345678}, nil},
		{[]float64{106e6}, []float64{0, 5e7, 1e8, 1.5e8}},
		{[]float64{1e299, -1e299}, nil},
		{[]float64{1e15, 1e15 + 1}, nil},
	} {
		got := ticks(test.values)
		if len(got) < 2 || len(got) > maxTicks || !slices.IsSorted(got) {
			t.Fatalf("%v: %v", test.values, got)
		}
		for _, v := range test.values {
			if number.Finite(v) && math.Abs(v) > 1e-300 && (v > 0 && v >= got[len(got)-1] || v < 0 && v <= got[0]) {
				t.Errorf("%v: %v do not go beyond %v", test.values, got, v)
			}
		}
		if test.want != nil && !slices.EqualFunc(got, test.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("%v: %v, want %v", test.values, got, test.want)
		}
		words, power := tickWords(got)
		for i, word := range words {
			if v, err := strconv.ParseFloat(word, 64); err != nil || math.Abs(v*math.Pow10(power)-got[i]) > 1e-9*(got[1]-got[0]) || len(word) > 6 {
				t.Errorf("%v: %v is written %q in units of 1e%d", test.values, got[i], word, power)
			}
		}
		if slices.Sort(words); len(slices.Compact(words)) != len(got) {
			t.Errorf("%v: two ticks have the same words: %v", got, words)
		}
	}
	for _, v := range []float64{math.MaxFloat64, -math.MaxFloat64} { // beyond the axis, which ends all the same
		if got := ticks([]float64{v, -v}); len(got) > maxTicks || !number.Finite(got[0]) || !number.Finite(got[len(got)-1]) {
			t.Errorf("%v: %v", v, got)
		}
	}
}
