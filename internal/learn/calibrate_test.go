package learn

import (
	"math"
	"testing"
)

// Of two classes with one margin between their logits, the best temperature makes the probability the share that is right.
func TestTemperature(t *testing.T) {
	for _, test := range []struct {
		margin       float64
		right, wrong int
	}{{4, 3, 1}, {1, 9, 1}, {2, 30, 20}} {
		var logits []float64
		var class []int
		for i := range test.right + test.wrong {
			logits = append(logits, 0, test.margin)
			if i < test.right {
				class = append(class, 1)
			} else {
				class = append(class, 0)
			}
		}
		want := test.margin / math.Log(float64(test.right)/float64(test.wrong))
		if got := Temperature(logits, class); math.Abs(got/want-1) > 1e-3 {
			t.Errorf("%+v: %v, want %v", test, got, want)
		}
	}
}

func TestThreshold(t *testing.T) {
	answers := []Answer{{0.9, true}, {0.8, true}, {0.8, false}, {0.7, true}, {0.6, false}}
	for _, test := range []struct {
		share, probability float64
		unsure             int
		ok                 bool
	}{
		{0.95, 0.9, 4, true},
		{0.75, 0.7, 1, true}, // 3 of 4, though of the three above fewer are right
		{0.6, 0.6, 0, true},
	} {
		p, unsure, ok := Threshold(answers, test.share)
		if p != test.probability || unsure != test.unsure || ok != test.ok {
			t.Errorf("%v: %v, %d unsure, %v", test.share, p, unsure, ok)
		}
	}
	if _, _, ok := Threshold(answers[2:3], 0.5); ok {
		t.Error("one answer, which is wrong, is believed")
	}
}
