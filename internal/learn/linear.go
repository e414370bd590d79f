package learn

import (
	"context"
	"errors"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// linear is a head of one layer: multinomial logistic regression. Its objective is convex, so that a fit may begin where those
// ended that are alike, and in variables in which it bends about alike in all directions.
type linear struct {
	*objective
	spectrum *spectrum

	weights32 []float32 // (outputs, width): the weights as the products read them
	bias      []float64 // (outputs): of features that are not centred
	columnsOf []float64 // (width, outputs): the gradient by columns
}

func newLinear(d *design, weight []float64) *linear {
	k := d.outputs()
	return &linear{
		objective: newObjective(d, weight), spectrum: newSpectrum(d),
		weights32: make([]float32, k*d.Width), bias: make([]float64, k), columnsOf: make([]float64, k*d.Width),
	}
}

// parts is how many share the work of one evaluation: what is small is done before another thread has woken up.
func (l *linear) parts() int {
	const worth = 1 << 20 // products
	return max(1, min(l.threads, len(l.place)*l.Width*l.outputs()/worth))
}

// begin is the mean of the earlier parameters.
func (l *linear) begin(earlier ...[]float64) []float64 {
	params := make([]float64, l.outputs()*(l.Width+1))
	for _, p := range earlier {
		if p != nil {
			floats.AddScaled(params, 1/float64(len(earlier)), p)
		}
	}
	return params
}

// set takes the parameters of a head: weights (outputs, width), and the intercepts (outputs) of centred features.
func (l *linear) set(params []float64) {
	k := l.outputs()
	for i := range l.weights32 {
		l.weights32[i] = float32(params[i])
	}
	l.uncentre(l.bias, params[k*l.Width:], l.weights32)
}

// logits fills dst (n, outputs) with those of n rows that follow one another, from the row at a place.
func (l *linear) logits(dst []float64, at, n int) {
	for j := range n {
		copy(dst[j*len(l.bias):], l.bias)
	}
	l.addProducts(dst, l.weights32, at, n)
}

// value is the objective at the parameters, and its gradient by them.
func (l *linear) value(params, gradient []float64) float64 {
	l.set(params)
	parts := l.parts()
	inParts(parts, func(part int) { l.forward(part, parts, l.logits) })
	inParts(parts, func(part int) {
		first, last := share(l.Width, 1, part, parts)
		l.combine(l.columnsOf, l.residual, l.runs, first, last)
	})
	k := l.outputs()
	square := 0.0
	for i := range k {
		slope := l.sum(l.residual[i*len(l.place):])
		gradient[k*l.Width+i] = slope / l.total
		for j, m := range l.mean {
			w := params[i*l.Width+j]
			square += w * w
			gradient[i*l.Width+j] = (l.columnsOf[j*k+i]-m*slope)/l.total + l.penalty*w
		}
	}
	return l.loss() + l.penalty*square/2
}

// head is the classifier of parameters, for features that are not centred.
func (l *linear) head(params []float64) Head {
	k := l.outputs()
	layer := l.classes(params[:k*l.Width], params[k*l.Width:])
	for i := range layer.Bias {
		layer.Bias[i] -= floats.Dot(layer.Weight[i*l.Width:][:l.Width], l.mean)
	}
	return Head{layer}
}

// Suboptimality of the mean loss, in nats, at which a fit is done: in cross-validation, where losses are compared, and of the
// head that is kept.
const (
	closeEnough = 1e-5
	closest     = 1e-9
)

func (l *linear) minimize(ctx context.Context, params []float64, kept bool) error {
	enough := closeEnough
	if kept {
		enough = closest
	}
	gradient := make([]float64, len(params))
	l.value(params, gradient)
	change := newPrecondition(l.spectrum, l, l.curvature())
	at, slope := make([]float64, len(params)), make([]float64, len(params))
	change.undo(at, params)
	change.apply(slope, gradient)
	if decrement(slope) <= enough {
		return nil // where it is flat already, gonum knows no direction
	}
	moved := make([]float64, len(params))
	changed := func(x, slope []float64) float64 {
		change.apply(moved, x)
		value := l.value(moved, gradient)
		change.apply(slope, gradient)
		return value
	}
	result, err := descend(ctx, changed, at, convergence(enough), &optimize.LBFGS{})
	if err == nil {
		change.apply(params, result)
	}
	return err
}

// mostSteps bounds a descent.
const mostSteps = 2000

// descend goes down by L-BFGS from somewhere, with a function that is a value at x, and its gradient there.
func descend(ctx context.Context, function func(x, gradient []float64) float64, from []float64, end optimize.Converger, by *optimize.LBFGS) ([]float64, error) {
	var last []float64 // gonum asks for value and gradient in turn
	gradient, value := make([]float64, len(from)), 0.0
	evaluate := func(x []float64) float64 {
		if last == nil || !floats.Equal(last, x) {
			last = append(last[:0], x...)
			value = function(x, gradient)
		}
		return value
	}
	problem := optimize.Problem{
		Func: evaluate,
		Grad: func(dst, x []float64) { evaluate(x); copy(dst, gradient) },
		Status: func() (optimize.Status, error) {
			if err := ctx.Err(); err != nil {
				return optimize.Failure, err
			}
			return optimize.NotTerminated, nil
		},
	}
	by.Linesearcher = &optimize.MoreThuente{}
	result, err := optimize.Minimize(problem, from, &optimize.Settings{Converger: end, MajorIterations: mostSteps}, by)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if result == nil || err != nil && !stuck(err) {
		return nil, err
	}
	return result.X, nil
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
