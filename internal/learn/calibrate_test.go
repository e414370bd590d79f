package learn

import (
	"math"
	"reflect"
	"slices"
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

// A head is divided by the temperature of its answers out of fold; one that was never wrong stays as it is.
func TestCalibrate(t *testing.T) {
	for _, wrong := range []int{1, 0} {
		head := func() Head { return Head{{Weight: []float64{-1, 1}, Bias: []float64{2, -2}}} }
		f := &Fitted{Head: head(), Heads: []Head{head()}}
		class := make([]int, 4)
		for i := range class {
			class[i] = 1
			f.OutOfFold = append(f.OutOfFold, 0, 4)
		}
		want := 1.0
		if wrong == 1 {
			class[0], want = 0, 4/math.Log(3)
		}
		got := f.Calibrate(class)
		if math.Abs(got/want-1) > 1e-3 || f.Head[0].Weight[1] != 1/got || f.Head[0].Bias[0] != 2*(1/got) {
			t.Errorf("%d wrong: temperature %v, want %v; weight %v, bias %v", wrong, got, want, f.Head[0].Weight, f.Head[0].Bias)
		}
		if !reflect.DeepEqual(f.Heads[0], f.Head) {
			t.Errorf("%d wrong: a fold's head is %v, and the head %v", wrong, f.Heads[0], f.Head)
		}
		probability := 1 / (1 + math.Exp(-4/want))
		if a := f.Answers(class)[1]; math.Abs(a.Probability-probability) > 1e-4 || !a.Right {
			t.Errorf("%d wrong: %+v, want %v", wrong, a, probability)
		}
	}
}

func TestThreshold(t *testing.T) {
	answers := []Answer{{0.9, true}, {0.8, true}, {0.8, false}, {0.7, true}, {0.6, false}}
	for _, test := range []struct {
		share, probability float64
	}{
		{0.95, 0.9},
		{0.75, 0.7}, // 3 of 4, though of the three above fewer are right
		{0.6, 0.6},
	} {
		if p, ok := Threshold(answers, test.share); p != test.probability || !ok {
			t.Errorf("%v: %v, %v", test.share, p, ok)
		}
	}
	if _, ok := Threshold(answers[2:3], 0.5); ok {
		t.Error("one answer, which is wrong, is believed")
	}
}

// A gain is clear that is more than its standard error: 0.25 of four photos whose losses fall by 0, 0, 0.4 and 0.6 has one of 0.15.
func TestCompareLosses(t *testing.T) {
	logits := func(losses ...float64) (z []float64) { // of the first of two classes
		for _, loss := range losses {
			z = append(z, 0, math.Log(math.Exp(loss)-1))
		}
		return z
	}
	class := make([]int, 4)
	g := CompareLosses(logits(1, 1, 1, 1), logits(1, 1, 0.6, 0.4), class)
	if math.Abs(g.Before-1) > 1e-12 || math.Abs(g.After-0.75) > 1e-12 || math.Abs(g.StandardError-0.15) > 1e-12 || !g.Clear() || g.Hopeless() {
		t.Errorf("%+v, clear: %v, hopeless: %v", g, g.Clear(), g.Hopeless())
	}
	for _, after := range [][]float64{logits(1, 1.2, 1, 0.4), logits(1, 1, 1, 1), logits(1.2, 1.1, 1.1, 1.1)} {
		if g := CompareLosses(logits(1, 1, 1, 1), after, class); g.Clear() {
			t.Errorf("%+v is clear", g)
		}
	}
	for _, test := range []struct {
		after  []float64
		copies int
		want   bool
	}{
		{logits(1.2, 1.1, 1.1, 1.1), 10, true},
		{logits(1.2, 1.1, 1.1, 1.1), 7, false}, // too few
		{logits(1.2, 0.8, 1.2, 0.9), 10, false},
	} {
		before, after := slices.Repeat(logits(1, 1, 1, 1), test.copies), slices.Repeat(test.after, test.copies)
		if g := CompareLosses(before, after, make([]int, 4*test.copies)); g.Hopeless() != test.want {
			t.Errorf("%+v is hopeless: %v", g, g.Hopeless())
		}
	}
	if g := CompareLosses(logits(1, 1, 1, 1), []float64{-1e9, 1e9, 0, 0, 0, 0, 0, 0}, class); g.After > 10 {
		t.Errorf("a probability of zero costs as much as to make the mean %v", g.After)
	}
}
