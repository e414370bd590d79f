package learn

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"
)

// reference is what testdata/fixture.py has of scikit-learn.
type reference struct {
	Name     string
	Width    int
	Balanced bool
	Features []float32
	Class    []int
	Folds    []int
	C        float64
	Losses   []float64 // by C of the grid

	Coef, Intercept []float64
	LogLoss         float64 `json:"log_loss"`
}

func references(t *testing.T) []reference {
	t.Helper()
	return readReferences[reference](t, "testdata/logistic.json")
}

// readReferences reads what a script beside the file wrote.
func readReferences[T any](t *testing.T, file string) []T {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// data fills the features up to whole blocks.
func (r reference) data() *Data {
	d := &Data{Width: lanes, Copies: 1, Class: r.Class, Classes: 1 + slices.Max(r.Class)}
	for i := range r.Class {
		row := make([]float32, lanes)
		copy(row, r.Features[i*r.Width:][:r.Width])
		d.Features = append(d.Features, row...)
	}
	return d
}

func (r reference) options(threads int) Options {
	o := Options{Threads: threads}
	if r.Balanced {
		o.Weights = Balanced(r.Class, 1+slices.Max(r.Class))
	}
	return o
}

func TestFolds(t *testing.T) {
	for _, r := range references(t) {
		if got := Folds(r.Class, 5); !slices.Equal(got, r.Folds) {
			t.Errorf("%s: folds %v, want %v", r.Name, got, r.Folds)
		}
	}
}

func TestLikeScikitLearn(t *testing.T) {
	for _, r := range references(t) {
		data := r.data()
		fit, err := Fit(context.Background(), data, r.options(1))
		if err != nil {
			t.Errorf("%s: %v", r.Name, err)
			continue
		}
		if math.Abs(fit.C/r.C-1) > 1e-9 {
			t.Errorf("%s: C %g, want %g", r.Name, fit.C, r.C)
		}
		for i, trial := range fit.Trials {
			if math.Abs(trial.LogLoss-r.Losses[i]) > 1e-2*r.Losses[i] {
				t.Errorf("%s: C %g: log loss %.6f, want %.6f", r.Name, trial.C, trial.LogLoss, r.Losses[i])
			}
		}
		loss, p := 0.0, make([]float64, data.Classes)
		for i, class := range data.Class {
			loss += softmax(p, fit.Logits(data.row(i)), class) / float64(len(data.Class))
		}
		if math.Abs(loss-r.LogLoss) > 1e-5 {
			t.Errorf("%s: log loss %.7f, want %.7f", r.Name, loss, r.LogLoss)
		}
		for i, fold := range fit.Folds { // logits out of fold are those of the head that has not seen the photo
			for j, got := range fit.Heads[fold].Logits(data.row(i * data.Copies)) {
				if want := fit.OutOfFold[i*data.Classes+j]; math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
					t.Errorf("%s: photo %d: logit %d out of fold is %v, and %v of the fold's head", r.Name, i, j, want, got)
				}
			}
		}
		for i, want := range r.Coef {
			row, column := i/r.Width, i%r.Width
			got := fit.Head[0].Weight[row*lanes+column]
			if data.Classes == 2 {
				got = 2 * fit.Head[0].Weight[lanes+column]
			}
			if math.Abs(got-want) > 1e-3*(1+math.Abs(want)) {
				t.Errorf("%s: weight %d of %d: %.6f, want %.6f", r.Name, column, row, got, want)
			}
		}
	}
}

// Threads share the work in ways that change no bit.
func TestThreadsChangeNothing(t *testing.T) {
	for _, r := range references(t)[:2] {
		var first *Fitted
		for _, threads := range []int{1, 2, 3, 7} {
			fit, err := Fit(context.Background(), r.data(), r.options(threads))
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = fit
			}
			if !reflect.DeepEqual(fit, first) {
				t.Errorf("%s: %d threads give other bits than one", r.Name, threads)
			}
		}
	}
}

// The gradient is that of the value, and the change of variables has its way back.
func TestGradient(t *testing.T) {
	r := references(t)[3]
	data := r.data()
	d, err := newDesign(data, r.Folds, 5, 2)
	if err != nil {
		t.Fatal(err)
	}
	o := newLinear(d, r.options(1).Weights)
	o.learn(d.without(2), 0.7)
	params := make([]float64, o.outputs()*(d.Width+1))
	for i := range params {
		params[i] = float64(float32(math.Sin(float64(i))))
	}
	gradient, scratch := make([]float64, len(params)), make([]float64, len(params))
	o.value(params, gradient)
	for i := range params {
		const h = 1.0 / 64
		was := params[i]
		params[i] = was + h
		above := o.value(params, scratch)
		params[i] = was - h
		below := o.value(params, scratch)
		params[i] = was
		if got := (above - below) / (2 * h); math.Abs(got-gradient[i]) > 2e-4 {
			t.Errorf("parameter %d: gradient %.6f, by differences %.6f", i, gradient[i], got)
		}
	}
	p := newPrecondition(o.spectrum, o, o.curvature())
	changed, back := make([]float64, len(params)), make([]float64, len(params))
	p.apply(changed, params)
	p.undo(back, changed)
	for i := range params {
		if math.Abs(back[i]-params[i]) > 1e-9 {
			t.Errorf("parameter %d: %v comes back as %v", i, params[i], back[i])
		}
	}
}

// A photo and its mirror image stay in one fold, and a head that learned the same rows twice is that of twice the C.
func TestCopies(t *testing.T) {
	r := references(t)[0]
	once := r.data()
	twice := *once
	twice.Copies, twice.Features = 2, nil
	for i := range once.Class {
		twice.Features = append(twice.Features, slices.Repeat(once.row(i), 2)...)
	}
	a, err := Fit(context.Background(), once, Options{Grid: []float64{0.5}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Fit(context.Background(), &twice, Options{Grid: []float64{0.25}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range a.Head[0].Weight {
		if got := b.Head[0].Weight[i]; math.Abs(got-want) > 1e-3 {
			t.Errorf("weight %d: %v and %v", i, want, got)
		}
	}
	if len(b.OutOfFold) != len(a.OutOfFold) {
		t.Errorf("%d logits out of fold, want %d", len(b.OutOfFold), len(a.OutOfFold))
	}
}

func TestFitErrors(t *testing.T) {
	data := func(class ...int) *Data {
		return &Data{Features: make([]float32, lanes*len(class)), Width: lanes, Copies: 1, Class: class, Classes: 1 + slices.Max(class)}
	}
	if _, err := Fit(context.Background(), data(0, 0, 0), Options{}); err == nil {
		t.Error("one class: no error")
	}
	if _, err := Fit(context.Background(), data(0, 0, 1), Options{}); err == nil {
		t.Error("a class of one photo: no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, references(t)[0].data(), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	// Features that tell nothing leave nothing to go down: the head knows how frequent the classes are.
	fit, err := Fit(context.Background(), data(0, 0, 0, 1, 1, 1), Options{})
	if err != nil || fit.Head[0].Bias[0] != fit.Head[0].Bias[1] {
		t.Errorf("%+v, %v", fit, err)
	}
}
