package evaluate

import (
	"math"
	"testing"
)

// TestInterval compares with scipy.stats.binomtest(k, n).proportion_ci(0.95, "wilson").
func TestInterval(t *testing.T) {
	for _, test := range []struct {
		k, n      int
		low, high float64
	}{
		{90, 130, 0.608402, 0.765174}, {0, 10, 0, 0.277533}, {10, 10, 0.722467, 1}, {0, 0, 0, 1},
	} {
		low, high := Interval(test.k, test.n)
		if math.Abs(low-test.low) > 1e-5 || math.Abs(high-test.high) > 1e-5 {
			t.Errorf("%d of %d: %f to %f, want %f to %f", test.k, test.n, low, high, test.low, test.high)
		}
	}
}

func TestScores(t *testing.T) {
	s := New(6)
	add := func(label int, p []float64, order ...int) { s.Add("f", label, p, order) }
	add(0, []float64{0.9, 0.1, 0, 0, 0, 0}, 0, 1, 2, 3, 4, 5)
	add(1, []float64{0.5, 0.3, 0.2, 0, 0, 0}, 0, 1, 2, 3, 4, 5)
	add(5, []float64{0.5, 0.2, 0.1, 0.1, 0.06, 0.04}, 0, 1, 2, 3, 4, 5)
	if s.Images != 3 || s.Top1 != 1 || s.Top5 != 2 {
		t.Errorf("%d images, top-1 %d, top-5 %d", s.Images, s.Top1, s.Top5)
	}
	if s.Confusion[Pair{1, 0}] != 1 || s.Confusion[Pair{5, 0}] != 1 || len(s.Confusion) != 2 {
		t.Errorf("confusion %v", s.Confusion)
	}
	// One bin holds 0.9 and one right; another two of 0.5 and none right.
	if want := (0.1 + 1.0) / 3; math.Abs(s.CalibrationError()-want) > 1e-12 {
		t.Errorf("calibration error %v, want %v", s.CalibrationError(), want)
	}
	if want := (-math.Log(0.9) - math.Log(0.3) - math.Log(0.04)) / 3; math.Abs(s.LogLoss()-want) > 1e-12 {
		t.Errorf("log loss %v, want %v", s.LogLoss(), want)
	}
	bins := s.Reliability()
	if bins[7] != (Bin{2, 0, 0.5}) || bins[13] != (Bin{1, 1, 0.9}) || bins[0] != (Bin{}) {
		t.Errorf("reliability %+v", bins)
	}
	if l := s.Losses[0]; l.Label != 5 || math.Abs(l.Loss+math.Log(0.04)) > 1e-12 {
		t.Errorf("largest loss %+v", l)
	}
}

// A bin of the calibration error is a fifteenth of the range and starts at a multiple of it: confidences on both sides of
// an edge do not make up for each other, those between two edges do.
func TestBins(t *testing.T) {
	for _, test := range []struct {
		confidence [2]float64 // of an image that is wrong, and of one that is right
		want       float64
	}{
		{[2]float64{0.58, 0.62}, (0.58 + 0.38) / 2}, // an edge at 9/15 = 0.6 between them
		{[2]float64{0.61, 0.66}, (0.61 + 0.66 - 1) / 2},
		{[2]float64{0.99, 1}, (0.99 + 1 - 1) / 2}, // the last bin has its upper edge
	} {
		s := New(2)
		s.Add("wrong", 1, []float64{test.confidence[0], 1 - test.confidence[0]}, []int{0, 1})
		s.Add("right", 0, []float64{test.confidence[1], 1 - test.confidence[1]}, []int{0, 1})
		if got := s.CalibrationError(); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%v: calibration error %v, want %v", test.confidence, got, test.want)
		}
	}
}

// Probabilities that are no numbers predict nothing, not even the class that comes first.
func TestNotNumbers(t *testing.T) {
	s, nan := New(2), math.NaN()
	s.Add("nan", 0, []float64{nan, nan}, []int{0, 1})
	s.Add("right", 0, []float64{0.75, 0.25}, []int{0, 1})
	if s.Images != 2 || s.Top1 != 1 || s.Top5 != 1 || len(s.Confusion) != 0 || s.Classes[0] != (ClassScore{2, 1, 1}) {
		t.Errorf("%+v", s)
	}
	if !math.IsNaN(s.CalibrationError()) || len(s.Losses) != 2 || s.Losses[0].File != "right" {
		t.Errorf("calibration error %v, losses %+v", s.CalibrationError(), s.Losses)
	}
}
