package learn

import (
	"cmp"
	"math"
	"slices"
)

// Answer is how sure a head is of what it says of a labelled photo.
type Answer struct {
	Probability float64 // of the most probable class
	Right       bool
}

// Temperature is what logits are divided by so that probabilities tell best how often they are right (Guo et al., 2017): that of the
// smallest loss on photos that the logits' heads have not seen. logits are (photos, classes).
func Temperature(logits []float64, class []int) float64 {
	if len(class) == 0 {
		return 1
	}
	k := len(logits) / len(class)
	p, z := make([]float64, k), make([]float64, k)
	loss := func(logT float64) float64 {
		t, sum := math.Exp(logT), 0.0
		for i, c := range class {
			for j := range z {
				z[j] = logits[i*k+j] / t
			}
			sum += softmax(p, z, c)
		}
		return sum
	}
	// The loss is convex in 1/t, so it has one minimum, which a golden section finds.
	ratio := (math.Sqrt(5) - 1) / 2
	low, high := math.Log(0.05), math.Log(20.0)
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, fb := loss(a), loss(b)
	for high-low > 1e-4 {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa = loss(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb = loss(b)
		}
	}
	return math.Exp((low + high) / 2)
}

// Threshold is the smallest probability at which as many of the answers are right as share says, and how many photos have
// a smaller one. ok is false where no probability is large enough.
func Threshold(answers []Answer, share float64) (probability float64, unsure int, ok bool) {
	sorted := slices.Clone(answers)
	slices.SortStableFunc(sorted, func(a, b Answer) int { return cmp.Compare(b.Probability, a.Probability) })
	right := 0
	for i, a := range sorted {
		if a.Right {
			right++
		}
		if i+1 < len(sorted) && sorted[i+1].Probability == a.Probability {
			continue // they are all answered, or none
		}
		if float64(right) >= share*float64(i+1) {
			probability, unsure, ok = a.Probability, len(sorted)-i-1, true
		}
	}
	return probability, unsure, ok
}
