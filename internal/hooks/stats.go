package hooks

import "math"

// Stats describes the values of a tensor as PyTorch's mean, std, min and max do: a NaN among them makes those NaN.
type Stats struct {
	Mean, Std float64 // Std with n-1; NaN for a single value
	Min, Max  float64
	Zeros     float64 // their share, 0 to 1
	NaN, Inf  int64   // how many
}

// StatsOf sums in float64, in two passes.
func StatsOf(values []float32) Stats {
	s := Stats{Min: math.Inf(1), Max: math.Inf(-1)}
	zeros, sum, n := 0, 0.0, float64(len(values))
	for _, v := range values {
		x := float64(v)
		sum += x
		s.Min, s.Max = min(s.Min, x), max(s.Max, x)
		switch {
		case v == 0:
			zeros++
		case v != v:
			s.NaN++
		case math.IsInf(x, 0):
			s.Inf++
		}
	}
	s.Mean, s.Zeros = sum/n, float64(zeros)/n
	squares := 0.0
	for _, v := range values {
		d := float64(v) - s.Mean
		squares += d * d
	}
	s.Std = math.Sqrt(squares / (n - 1))
	return s
}

// Statistics is a hook that adds the statistics of the outputs to the records.
func (r *Recorder) Statistics() Hook {
	return Func(Output, func(e Event) error {
		s := StatsOf(e.Output.Data)
		r.record(e).Stats = &s
		return nil
	})
}
