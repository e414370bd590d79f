package hooks

import (
	"fmt"
	"math"
	"testing"
	"time"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

func TestStatsOf(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	// What torch.tensor(values) has as mean, std, min and max.
	for _, test := range []struct {
		values []float32
		want   Stats
	}{
		{[]float32{1, 2, 3, 6}, Stats{Mean: 3, Std: math.Sqrt(14.0 / 3), Min: 1, Max: 6}},
		{[]float32{0, -1, 0, 5}, Stats{Mean: 1, Std: math.Sqrt(22.0 / 3), Min: -1, Max: 5, Zeros: 0.5}},
		{[]float32{7}, Stats{Mean: 7, Std: math.NaN(), Min: 7, Max: 7}},
		{[]float32{1, nan, 3}, Stats{Mean: math.NaN(), Std: math.NaN(), Min: math.NaN(), Max: math.NaN(), NaN: 1}},
		{[]float32{1, inf, -inf, inf}, Stats{Mean: math.NaN(), Std: math.NaN(), Min: math.Inf(-1), Max: math.Inf(1), Inf: 3}},
		{[]float32{1, inf}, Stats{Mean: math.Inf(1), Std: math.NaN(), Min: 1, Max: math.Inf(1), Inf: 1}},
	} {
		if got := StatsOf(test.values); fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("StatsOf(%v) = %+v, want %+v", test.values, got, test.want)
		}
	}
}

// TestStatsOfSmallSpread has a spread far below the mean, which sums of squares would lose.
func TestStatsOfSmallSpread(t *testing.T) {
	values := make([]float32, 1_000_000)
	for i := range values {
		values[i] = 4096 + float32(i%2)/1024
	}
	s := StatsOf(values)
	if want := 1.0 / 2048; math.Abs(s.Std-want) > 1e-6*want || math.Abs(s.Mean-4096-want) > 1e-9 {
		t.Errorf("mean %.10f, std %.10f, want %.10f and %.10f", s.Mean, s.Std, 4096+want, want)
	}
}

func TestRecorder(t *testing.T) {
	r := NewRecorder()
	conv := graph.Layer{Index: 3, Path: "conv"}
	relu := graph.Layer{Index: 5, Path: "relu"}
	for pass := range 2 {
		took := time.Duration(pass + 1)
		for _, e := range []Event{{Layer: conv, Time: took}, {Layer: relu, Time: took, FusedInto: "conv"}} {
			e.Output = tensor.Tensor{Data: []float32{1, 2}}
			r.Timer().After(e)
			r.After(e)
			if e.Index == 5 {
				r.Statistics().After(e)
			}
		}
	}
	records := r.Records()
	if len(records) != 2 || records[0].Path != "conv" || records[1].Path != "relu" {
		t.Fatalf("records %+v, want conv and relu", records)
	}
	if c := records[0]; c.Time == nil || *c.Time != 2 || c.FusedInto != "" || c.Stats != nil {
		t.Errorf("conv: %+v", c)
	}
	if c := records[1]; c.Time != nil || c.FusedInto != "conv" || c.Stats == nil || c.Stats.Mean != 1.5 {
		t.Errorf("relu: %+v", c)
	}
}
