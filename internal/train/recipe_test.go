package train

import (
	"math"
	"strings"
	"testing"
)

// TestRates compares learning rates with PyTorch's. The one-cycle ones are torch 2.15.0's
// OneCycleLR(optimizer, max_lr=0.1, total_steps=20); cosine is CosineAnnealingLR(optimizer, T_max=20) of lr 0.1.
func TestRates(t *testing.T) {
	for _, test := range []struct {
		schedule string
		warmup   float64
		want     map[int]float64 // by step, of 20
	}{
		{StepSchedule, 0, map[int]float64{0: 0.1, 9: 0.1, 10: 0.01, 14: 0.01, 15: 0.001, 19: 0.001}},
		{StepSchedule, 1, map[int]float64{0: 0.1 / 6, 4: 0.5 / 6, 5: 0.1, 10: 0.01}},
		{CosineSchedule, 0, map[int]float64{0: 0.1, 1: 0.0993844170298, 4: 0.0904508497187, 5: 0.0853553390593, 6: 0.0793892626146, 10: 0.05, 15: 0.0146446609407, 18: 0.00244717418524, 19: 0.000615582970243}},
		{OneCycleSchedule, 0, map[int]float64{0: 0.004, 1: 0.01316718427, 4: 0.09083281573, 5: 0.1, 6: 0.0987464006235, 10: 0.0716943001791, 15: 0.018825834605, 18: 0.00125399937649, 19: 4e-07}},
	} {
		r := DefaultRecipe(32)
		r.Epochs, r.Schedule, r.Warmup = 4, test.schedule, test.warmup
		for step, want := range test.want {
			if got := r.rate(step, 5); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s, step %d: %v, want %v", test.schedule, step, got, want)
			}
		}
	}
}

func TestRecipeErrors(t *testing.T) {
	if err := DefaultRecipe(32).Validate(); err != nil {
		t.Error(err)
	}
	for _, change := range []func(*Recipe){
		func(r *Recipe) { r.Epochs = 0 }, func(r *Recipe) { r.Batch = 1 }, func(r *Recipe) { r.Accumulate = 0 }, func(r *Recipe) { r.Rate = math.NaN() },
		func(r *Recipe) { r.Momentum = 1 }, func(r *Recipe) { r.Nesterov, r.Momentum = true, 0 }, func(r *Recipe) { r.Decay = -1 },
		func(r *Recipe) { r.Schedule = "?" }, func(r *Recipe) { r.Warmup = 164 }, func(r *Recipe) { r.Smoothing = 1 }, func(r *Recipe) { r.Pad = -1 },
	} {
		r := DefaultRecipe(32)
		change(&r)
		if err := r.Validate(); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, want one fault", r, err)
		}
	}
}
