package bind

import (
	"math"
	"testing"
)

func TestONNXPixels(t *testing.T) {
	same := func(v float64) [3]float64 { return [3]float64{v, v, v} }
	for name, c := range map[string]struct {
		times, plus, mean, std [3]float64
		refused                bool
	}{
		"bytes to 0 … 1":               {times: same(1.0 / 255), mean: same(0), std: same(1)},
		"bytes to -1 … 1":              {times: same(1 / 127.5), plus: same(-1), mean: same(0.5), std: same(0.5)},
		"0 … 1 to -1 … 1":              {times: same(2), plus: same(-1), mean: same(0.5), std: same(0.5)},
		"Caffe":                        {times: same(1), plus: same(-102), mean: same(0.4), std: same(1.0 / 255)},
		"nothing":                      {times: same(1), mean: same(0), std: same(1)},
		"a product with 0":             {times: same(0), refused: true},
		"a quotient by 0":              {times: same(math.Inf(1)), refused: true},
		"negative":                     {times: same(-1), refused: true},
		"a sum with what is no number": {times: same(1), plus: same(math.NaN()), refused: true},
	} {
		got, ok := onnxPixels{said: true, times: c.times, plus: c.plus}.preprocess()
		if ok == c.refused {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i := range c.mean {
			if ok && !(math.Abs(got.Mean[i]-c.mean[i]) < 1e-12 && math.Abs(got.Std[i]-c.std[i]) < 1e-12) {
				t.Errorf("%s: %+v, want %v %v", name, got, c.mean, c.std)
			}
		}
	}
}
