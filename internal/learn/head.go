package learn

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Options say how a head is fitted.
type Options struct {
	Hidden  int       // units of a layer before that of the classes; 0: there is none
	Seed    uint64    // of the weights that a fit with hidden units begins with
	Grid    []float64 // values of C to choose from, in rising order; nil: Grid, or HiddenGrid
	Folds   []int     // of each photo, from 0; nil: Folds(Class, MostFolds), or fewer where a class has fewer photos
	Weights []float64 // of the loss of each class; nil: 1
	Threads int       // 0: one; changes no bit of the result
	Step    func()    // is called after each fit of a fold, and after the last fit; may be nil
}

// MostFolds is the number of folds where the classes have enough photos.
const MostFolds = 5

// Grid is the values of C that scikit-learn's examples choose from: logspace(−4, 4, 13).
func Grid() []float64 {
	grid := make([]float64, 13)
	for i := range grid {
		grid[i] = math.Pow(10, -4+8*float64(i)/12)
	}
	return grid
}

// HiddenGrid is the values of C that a head with hidden units is chosen from: fewer, as each takes longer.
func HiddenGrid() []float64 { return []float64{1e-3, 1e-2, 1e-1, 1, 10} }

// Layer is a fully connected one.
type Layer struct {
	Weight []float64 // (outputs, inputs)
	Bias   []float64 // (outputs)
}

// Head is a classifier: fully connected layers with a ReLU between two, of which the last has an output for each class.
type Head []Layer

// Float64s are values in double precision.
func Float64s(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}

// Logits are those of a row of features; those of width that the row does not have are zero.
func (h Head) Logits(row []float32) []float64 {
	x := Float64s(row)
	for i, layer := range h {
		if i > 0 {
			for j, v := range x {
				x[j] = max(0, v)
			}
		}
		x = layer.times(x)
	}
	return x
}

// times are the outputs of inputs.
func (l Layer) times(x []float64) []float64 {
	z := slices.Clone(l.Bias)
	width := len(l.Weight) / len(z)
	for i := range z {
		for j, v := range x {
			z[i] += l.Weight[i*width+j] * v
		}
	}
	return z
}

// last is the layer of the classes.
func (h Head) last() Layer { return h[len(h)-1] }

// Fitted is a head and how it was chosen.
type Fitted struct {
	Head
	C         float64
	Trials    []Trial   // one for each value of the grid
	Folds     []int     // of each photo
	OutOfFold []float64 // (photos, classes): logits of each photo by a head that has not seen it, at C
	Heads     []Head    // of each fold, at C: the one that has not seen its photos
}

// Trial is what one value of C came to.
type Trial struct {
	C       float64
	LogLoss float64 // mean over the folds of the mean cross entropy of their own rows
}

// mostLoss is what a probability of zero costs, as scikit-learn has it: that of the smallest that can be told from 0 beside 1.
var mostLoss = -math.Log(0x1p-52)

// Fit fits a head by multinomial logistic regression on the features, or on those of a hidden layer. C is chosen by cross-validation.
func Fit(ctx context.Context, data *Data, o Options) (*Fitted, error) {
	if err := data.check(); err != nil {
		return nil, err
	}
	if o.Grid == nil {
		o.Grid = Grid()
		if o.Hidden > 0 {
			o.Grid = HiddenGrid()
		}
	}
	if o.Weights == nil {
		o.Weights = slices.Repeat([]float64{1}, data.Classes)
	}
	k := 1 + slices.Max(append([]int{-1}, o.Folds...))
	if o.Folds == nil {
		var err error
		if k, err = data.foldCount(); err != nil {
			return nil, err
		}
		o.Folds = Folds(data.Class, k)
	}
	design, err := newDesign(data, o.Folds, k, max(1, o.Threads))
	if err != nil {
		return nil, err
	}
	defer design.release()
	var m model
	if o.Hidden > 0 {
		units, err := newHidden(design, o.Weights, o.Hidden, o.Seed)
		if err != nil {
			return nil, err
		}
		defer units.release()
		m = units
	} else {
		m = newLinear(design, o.Weights)
	}
	search := newSearch(ctx, design, m, o)
	for _, c := range o.Grid {
		if err := search.try(c); err != nil {
			return nil, err
		}
		if search.rising() {
			break
		}
	}
	return search.finish()
}

// foldCount is how many folds all have a photo of each class.
func (d *Data) foldCount() (int, error) {
	counts := make([]int, d.Classes)
	for _, c := range d.Class {
		counts[c]++
	}
	least := slices.Min(counts)
	if least < 2 {
		return 0, fmt.Errorf("class %d has %d photos to learn from: want 2 or more", slices.Index(counts, least), least)
	}
	return min(MostFolds, least), nil
}
