package labels

import (
	"math"
	"testing"
)

// TestHasSoftmax: HasSoftmax says what Softmax does. The expected values are torch.softmax's (2.15).
func TestHasSoftmax(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		logits []float32
		want   bool
	}{
		{[]float32{1, 2}, true},
		{[]float32{-inf, 2, -inf}, true},
		{[]float32{-3e38, 3e38}, true},
		{[]float32{0}, true},
		{[]float32{1, nan}, false},
		{[]float32{nan, 1}, false},
		{[]float32{1, inf}, false},
		{[]float32{inf, inf}, false},
		{[]float32{-inf, -inf}, false},
		{[]float32{-inf}, false},
	} {
		if got := HasSoftmax(test.logits); got != test.want {
			t.Errorf("%v: %v, want %v", test.logits, got, test.want)
		}
		for i, p := range Softmax(test.logits) {
			if math.IsNaN(p) == test.want {
				t.Errorf("%v: probability %d is %v", test.logits, i, p)
			}
		}
	}
}
