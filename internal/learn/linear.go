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

// minimize leads parameters to the minimum of the objective, or as near to it as enough says.
func (l *linear) minimize(ctx context.Context, params []float64, enough float64) error {
	gradient := make([]float64, len(params))
	l.value(params, gradient)
	change := newPrecondition(l.spectrum, l, l.curvature())
	at, slope := make([]float64, len(params)), make([]float64, len(params))
	change.undo(at, params)
	change.apply(slope, gradient)
	if decrement(slope) <= enough {
		return nil // where it is flat already, gonum knows no direction
	}
	eval := evaluation{l: l, change: change, params: make([]float64, len(params)), gradient: gradient, slope: slope}
	problem := optimize.Problem{
		Func: eval.value,
		Grad: func(dst, x []float64) { eval.value(x); copy(dst, eval.slope) },
	}
	result, err := descend(ctx, problem, at, convergence(enough), 2000)
	if err != nil {
		return err
	}
	change.apply(params, result)
	return nil
}

// descend goes down by L-BFGS.
func descend(ctx context.Context, problem optimize.Problem, from []float64, end optimize.Converger, steps int) ([]float64, error) {
	problem.Status = func() (optimize.Status, error) {
		if err := ctx.Err(); err != nil {
			return optimize.Failure, err
		}
		return optimize.NotTerminated, nil
	}
	settings := &optimize.Settings{Converger: end, MajorIterations: steps}
	result, err := optimize.Minimize(problem, from, settings, &optimize.LBFGS{Linesearcher: &optimize.MoreThuente{}})
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

// evaluation is the objective in changed variables. It remembers the last one: gonum asks for value and gradient in turn.
type evaluation struct {
	l      *linear
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
	e.last = e.l.value(e.params, e.gradient)
	e.change.apply(e.slope, e.gradient)
	return e.last
}
