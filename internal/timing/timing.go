// Package timing times several ways to do a thing against each other on a machine that is not quiet.
package timing

import (
	"sort"
	"time"

	"gonum.org/v1/gonum/mathext"
)

// Rounds runs each of several ways once a round and returns how long each took, by way and round. Every other round takes
// them in reverse: two are run ABBA, so that what drifts with the time, and what one run leaves to the next, falls on all
// alike. The rounds of the warming up come first and are not counted. A way says itself how long it took; the first error of
// one ends it.
func Rounds(warmUps, rounds int, ways ...func() (time.Duration, error)) ([][]time.Duration, error) {
	times := make([][]time.Duration, len(ways))
	for i := range times {
		times[i] = make([]time.Duration, 0, rounds)
	}
	for round := range warmUps + rounds {
		for i := range ways {
			if round%2 == 1 {
				i = len(ways) - 1 - i
			}
			elapsed, err := ways[i]()
			if err != nil {
				return nil, err
			}
			if round >= warmUps {
				times[i] = append(times[i], elapsed)
			}
		}
	}
	return times, nil
}

// Ratios are those of the times of the same rounds: how many times as long a takes as b. Where b took no time the ratio is
// infinite or NaN.
func Ratios(a, b []time.Duration) []float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = float64(a[i]) / float64(b[i])
	}
	return ratios
}

// Median is the middle of sorted values, or the mean of the two in the middle.
func Median[T ~int64 | ~float64](sorted []T) T {
	n := len(sorted)
	return sorted[(n-1)/2] + (sorted[n/2]-sorted[(n-1)/2])/2
}

// LeastRounds is the smallest number of values that an interval can be told from: between the least and the largest of fewer
// the median lies with less than 95 %.
const LeastRounds = 6

// MedianInterval is a 95 % confidence interval of the median of what sorted values, LeastRounds or more, were drawn from. It
// supposes that they were drawn independently, and nothing about how they are distributed: between the k-th value from
// below and the k-th from above lies the median with the probability that of n tosses of a coin at least k and at most n-k
// are heads (Conover, Practical Nonparametric Statistics, 3rd edition, 1999, section 3.2; scipy.stats.quantile_test).
func MedianInterval(sorted []float64) (low, high float64) {
	n := len(sorted)
	k := outside(n)
	return sorted[k], sorted[n-1-k]
}

// outside is how many of n values lie outside of the interval on either side: the most for which each tail has at most half of
// the 5 %.
func outside(n int) int {
	return sort.Search(n/2, func(k int) bool { return heads(n, k+1) > 0.05/2 })
}

// heads is the probability of at most k heads in n tosses of a coin, k < n.
func heads(n, k int) float64 { return mathext.RegIncBeta(float64(n-k), float64(k+1), 0.5) }
