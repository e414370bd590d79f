package bind

import (
	"math"
	"testing"
)

// TestPixels: what a graph does to its picture as a mean and a std, and in what range its numbers must lie.
func TestPixels(t *testing.T) {
	same := func(v float64) [3]float64 { return [3]float64{v, v, v} }
	for name, c := range map[string]struct {
		times, plus, mean, std [3]float64
		scale                  int // 0: refused
	}{
		"bytes to 0 … 1":               {times: same(1.0 / 255), mean: same(0), std: same(1), scale: 255},
		"bytes to -1 … 1":              {times: same(1 / 127.5), plus: same(-1), mean: same(0.5), std: same(0.5), scale: 255},
		"0 … 1 to -1 … 1":              {times: same(2), plus: same(-1), mean: same(0.5), std: same(0.5), scale: 1},
		"Caffe":                        {times: same(1), plus: same(-102), mean: same(0.4), std: same(1.0 / 255), scale: 255},
		"nothing":                      {times: same(1), mean: same(0), std: same(1), scale: 1},
		"a product with 0":             {times: same(0)},
		"a quotient by 0":              {times: same(math.Inf(1))},
		"negative":                     {times: same(-1)},
		"a sum with what is no number": {times: same(1), plus: same(math.NaN())},
	} {
		got, err := pixels{said: true, times: c.times, plus: c.plus}.preprocess()
		if (err == nil) != (c.scale > 0) || err == nil && got.Scale != c.scale {
			t.Errorf("%s: %+v, %v, want the scale %d", name, got, err, c.scale)
			continue
		}
		for i := range c.mean {
			if err == nil && !(math.Abs(got.Mean[i]-c.mean[i]) < 1e-12 && math.Abs(got.Std[i]-c.std[i]) < 1e-12) {
				t.Errorf("%s: %+v, want %v %v", name, got, c.mean, c.std)
			}
		}
	}
}
