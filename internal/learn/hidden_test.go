package learn

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// hiddenReference is what testdata/hidden.py has of PyTorch and scikit-learn.
type hiddenReference struct {
	Name         string
	Width, Units int
	C            float64
	Features     []float32
	Class        []int

	Params, Gradient []float64
	Value, Lowest    float64
}

func hiddenReferences(t *testing.T) []hiddenReference {
	t.Helper()
	return readReferences[hiddenReference](t, "testdata/hidden.json")
}

func (r hiddenReference) data() *Data {
	return reference{Width: r.Width, Features: r.Features, Class: r.Class}.data()
}

// head is the objective of all rows.
func (r hiddenReference) head(t *testing.T, threads int) *hidden {
	t.Helper()
	data := r.data()
	d, err := newDesign(data, Folds(r.Class, 5), 5, threads)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHidden(d, slices.Repeat([]float64{1}, data.Classes), r.Units, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.learn(d.without(-1), r.C)
	return h
}

// spread gives the reference's parameters, or its gradient, the rows of the objective, which are filled up.
func (r hiddenReference) spread(h *hidden, values []float64) []float64 {
	all := make([]float64, len(h.begin()))
	p := h.parts(all)
	for unit := range r.Units {
		copy(p.weight[unit*h.Width:], values[unit*r.Width:][:r.Width])
	}
	copy(all[len(p.weight):], values[r.Units*r.Width:])
	return all
}

// The objective and its gradient are those of PyTorch and of scikit-learn's MLPClassifier, and a fit gets as low as the latter's.
func TestHiddenLikeScikitLearn(t *testing.T) {
	for _, r := range hiddenReferences(t) {
		h := r.head(t, 2)
		params, want := r.spread(h, r.Params), r.spread(h, r.Gradient)
		p, g := h.parts(params), h.parts(want)
		for unit := range r.Units { // intercepts here are of centred features
			weight, slope := p.weight[unit*h.Width:][:h.Width], g.weight[unit*h.Width:][:h.Width]
			p.bias[unit] += floats.Dot(weight, h.mean)
			floats.AddScaled(slope, -g.bias[unit], h.mean)
		}
		gradient := make([]float64, len(params))
		if value := h.value(params, gradient); math.Abs(value-r.Value) > 1e-6 {
			t.Errorf("%s: %.7f, want %.7f", r.Name, value, r.Value)
		}
		for i, v := range gradient {
			if math.Abs(v-want[i]) > 1e-6 {
				t.Errorf("%s: gradient %d: %.7f, want %.7f", r.Name, i, v, want[i])
			}
		}
		if err := h.minimize(context.Background(), params, true); err != nil {
			t.Fatal(err)
		}
		// There are many minima: scikit-learn's own spread over a hundredth when its start is moved by a thousandth.
		if lowest := h.value(params, gradient); lowest > 1.01*r.Lowest {
			t.Errorf("%s: gets to %.6f, want %.6f or little more", r.Name, lowest, r.Lowest)
		}
	}
}

// The gradient is that of the value: rows that are held out and weights of classes included.
func TestHiddenGradient(t *testing.T) {
	r := hiddenReferences(t)[0]
	h := r.head(t, 2)
	h.weight = []float64{1, 0.5, 3}
	h.learn(h.without(2), 0.7)
	params := h.begin()
	gradient, scratch := make([]float64, len(params)), make([]float64, len(params))
	h.value(params, gradient)
	for i := range params {
		const step = 1.0 / 256
		was := params[i]
		params[i] = was + step
		above := h.value(params, scratch)
		params[i] = was - step
		below := h.value(params, scratch)
		params[i] = was
		if got := (above - below) / (2 * step); math.Abs(got-gradient[i]) > 2e-3 {
			t.Errorf("parameter %d: gradient %.6f, by differences %.6f", i, gradient[i], got)
		}
	}
}

// A head with hidden units depends on the seed, and not on the threads; its layers give the logits that it was fitted by.
func TestHiddenFit(t *testing.T) {
	r := hiddenReferences(t)[0]
	data := r.data()
	fit := func(o Options) *Fitted {
		t.Helper()
		o.Hidden, o.Grid = 20, []float64{0.1, 1}
		fitted, err := Fit(context.Background(), data, o)
		if err != nil {
			t.Fatal(err)
		}
		return fitted
	}
	first := fit(Options{Threads: 1})
	for _, threads := range []int{2, 3, 7} {
		if !reflect.DeepEqual(fit(Options{Threads: threads}), first) {
			t.Errorf("%d threads give other bits than one", threads)
		}
	}
	if reflect.DeepEqual(fit(Options{Seed: 1}).Head, first.Head) {
		t.Error("another seed gives the same weights")
	}
	right := 0
	for i, class := range data.Class {
		z := first.Logits(data.row(i))
		if floats.MaxIdx(z) == class {
			right++
		}
	}
	if len(first.Head) != 2 || len(first.Head[0].Bias) != 20 || right < len(data.Class)*2/3 {
		t.Errorf("%d layers, %d of %d right", len(first.Head), right, len(data.Class))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, data, Options{Hidden: 4}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
