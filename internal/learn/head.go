package learn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// Options say how a head is fitted.
type Options struct {
	Grid    []float64 // values of C to choose from, in rising order; nil: Grid
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

// Head is a linear classifier.
type Head struct {
	Weight []float64 // (classes, width)
	Bias   []float64 // (classes)
}

// Logits are those of a row of features; those of width that the row does not have are zero.
func (h *Head) Logits(row []float32) []float64 {
	z := slices.Clone(h.Bias)
	width := len(h.Weight) / len(z)
	for i := range z {
		for j, v := range row {
			z[i] += h.Weight[i*width+j] * float64(v)
		}
	}
	return z
}

// Fitted is a head and how it was chosen.
type Fitted struct {
	Head
	C         float64
	Trials    []Trial   // one for each value of the grid
	Folds     []int     // of each photo
	OutOfFold []float64 // (photos, classes): logits of each photo by a head that has not seen it, at C
}

// Trial is what one value of C came to.
type Trial struct {
	C       float64
	LogLoss float64 // mean over the folds of the mean cross entropy of their own rows
}

// mostLoss is what a probability of zero costs, as scikit-learn has it: that of the smallest that can be told from 0 beside 1.
var mostLoss = -math.Log(0x1p-52)

// Fit fits a head by multinomial logistic regression. C is chosen by cross-validation.
func Fit(ctx context.Context, data *Data, o Options) (*Fitted, error) {
	if err := data.check(); err != nil {
		return nil, err
	}
	if o.Grid == nil {
		o.Grid = Grid()
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
	search := newSearch(ctx, design, o)
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

// search goes along the grid.
type search struct {
	Options
	ctx       context.Context
	data      *design
	spectrum  *spectrum
	objective *objective
	params    [][]float64 // of each fold, at the last C: where the next one begins
	outOfFold []float64

	trials []Trial
	best   int // of the trials
	kept   struct {
		params    [][]float64
		outOfFold []float64
	}
}

func newSearch(ctx context.Context, d *design, o Options) *search {
	s := &search{Options: o, ctx: ctx, data: d, spectrum: newSpectrum(d), objective: newObjective(d, o.Weights)}
	s.outOfFold = make([]float64, len(d.Class)*d.Classes)
	s.kept.outOfFold = make([]float64, len(s.outOfFold))
	for range d.folds {
		s.params = append(s.params, make([]float64, d.outputs()*(d.Width+1)))
		s.kept.params = append(s.kept.params, nil)
	}
	return s
}

func (s *search) step() {
	if s.Step != nil {
		s.Step()
	}
}

// Suboptimality of the mean loss, in nats, at which a fit is done: in cross-validation, where losses are compared, and of the
// head that is kept.
const (
	closeEnough = 1e-5
	closest     = 1e-9
)

// try fits the folds with one C.
func (s *search) try(c float64) error {
	mean := 0.0
	for fold := range s.data.folds {
		s.objective.learn(s.data.without(fold), c)
		if err := s.minimize(s.params[fold], closeEnough); err != nil {
			return fmt.Errorf("fold %d, C %g: %w", fold+1, c, err)
		}
		mean += s.heldOut(fold) / float64(len(s.data.folds))
		s.step()
	}
	s.trials = append(s.trials, Trial{c, mean})
	if len(s.trials) == 1 || mean < s.trials[s.best].LogLoss {
		s.best = len(s.trials) - 1
		copy(s.kept.outOfFold, s.outOfFold)
		for fold, params := range s.params {
			s.kept.params[fold] = append(s.kept.params[fold][:0], params...)
		}
	}
	return nil
}

// rising tells that the loss has risen twice in a row: the larger C is, the less it is held back, and the longer a fit takes.
func (s *search) rising() bool { return len(s.trials)-1-s.best >= 2 }

// heldOut is the mean loss of a fold's own rows. It keeps the logits of the photos as they are.
func (s *search) heldOut(fold int) float64 {
	d, o := s.data, s.objective
	o.set(s.params[fold])
	sum, rows := 0.0, 0
	z, p := make([]float64, d.outputs()), make([]float64, d.Classes)
	for at := d.folds[fold].first; at < d.folds[fold].last; at++ {
		row := d.place[at]
		if row < 0 {
			continue
		}
		o.logits(z, at, 1)
		sum += min(mostLoss, softmax(p, z, d.class[at]))
		rows++
		if row%d.Copies == 0 {
			photo := s.outOfFold[row/d.Copies*d.Classes:][:d.Classes]
			centre(photo, z)
		}
	}
	return sum / float64(rows)
}

// centre makes logits of all classes of a model's outputs, whose sum is zero where there is but one.
func centre(dst, z []float64) {
	if len(z) == len(dst) {
		copy(dst, z)
		return
	}
	dst[0], dst[1] = -z[0]/2, z[0]/2
}

// finish fits the head to all rows with the C of the smallest loss.
func (s *search) finish() (*Fitted, error) {
	chosen := s.trials[s.best]
	params := make([]float64, len(s.params[0]))
	for _, p := range s.kept.params {
		floats.AddScaled(params, 1/float64(len(s.kept.params)), p)
	}
	s.objective.learn(s.data.without(-1), chosen.C)
	if err := s.minimize(params, closest); err != nil {
		return nil, err
	}
	s.step()
	return &Fitted{
		Head: s.head(params), C: chosen.C, Trials: s.trials, Folds: s.Folds, OutOfFold: s.kept.outOfFold,
	}, nil
}

// head is the classifier of parameters, for features that are not centred.
func (s *search) head(params []float64) Head {
	d, k := s.data, s.data.outputs()
	h := Head{Weight: make([]float64, d.Classes*d.Width), Bias: make([]float64, d.Classes)}
	column := make([]float64, d.Classes)
	for j := range d.Width {
		z := make([]float64, k)
		for i := range z {
			z[i] = params[i*d.Width+j]
		}
		centre(column, z)
		for i, w := range column {
			h.Weight[i*d.Width+j] = w
		}
	}
	centre(h.Bias, params[k*d.Width:])
	for i := range h.Bias {
		h.Bias[i] -= floats.Dot(h.Weight[i*d.Width:][:d.Width], d.mean)
	}
	return h
}

// minimize leads parameters to the minimum of the objective, or as near to it as enough says.
func (s *search) minimize(params []float64, enough float64) error {
	o := s.objective
	gradient := make([]float64, len(params))
	o.value(params, gradient)
	change := newPrecondition(s.spectrum, o, o.curvature())
	at, slope := make([]float64, len(params)), make([]float64, len(params))
	change.undo(at, params)
	change.apply(slope, gradient)
	if decrement(slope) <= enough {
		return nil // where it is flat already, gonum knows no direction
	}
	eval := evaluation{o: o, change: change, params: make([]float64, len(params)), gradient: gradient, slope: slope}
	problem := optimize.Problem{
		Func: eval.value,
		Grad: func(dst, x []float64) { eval.value(x); copy(dst, eval.slope) },
		Status: func() (optimize.Status, error) {
			if err := s.ctx.Err(); err != nil {
				return optimize.Failure, err
			}
			return optimize.NotTerminated, nil
		},
	}
	settings := &optimize.Settings{Converger: convergence(enough), MajorIterations: 2000}
	result, err := optimize.Minimize(problem, at, settings, &optimize.LBFGS{Linesearcher: &optimize.MoreThuente{}})
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	if result == nil || err != nil && !stuck(err) {
		return err
	}
	change.apply(params, result.X)
	return nil
}

// stuck tells the end of a search that finds no lower value: what is left is rounding.
func stuck(err error) bool {
	return errors.Is(err, optimize.ErrLinesearcherFailure) || errors.Is(err, optimize.ErrNonDescentDirection) || errors.Is(err, optimize.ErrNoProgress)
}

// decrement is about how far the mean loss lies above its minimum, by the gradient of variables in which it bends by one.
func decrement(slope []float64) float64 { return floats.Dot(slope, slope) / 2 }

// convergence ends a search near the minimum.
type convergence float64

func (convergence) Init(int) {}

func (c convergence) Converged(at *optimize.Location) optimize.Status {
	if at.Gradient != nil && decrement(at.Gradient) <= float64(c) {
		return optimize.GradientThreshold
	}
	return optimize.NotTerminated
}

// evaluation is the objective in changed variables. It remembers the last one: gonum asks for value and gradient in turn.
type evaluation struct {
	o      *objective
	change *precondition

	x, params, gradient, slope []float64
	last                       float64
}

func (e *evaluation) value(x []float64) float64 {
	if e.x != nil && floats.Equal(e.x, x) {
		return e.last
	}
	e.x = append(e.x[:0], x...)
	e.change.apply(e.params, x)
	e.last = e.o.value(e.params, e.gradient)
	e.change.apply(e.slope, e.gradient)
	return e.last
}
