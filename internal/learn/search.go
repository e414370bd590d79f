package learn

import (
	"context"
	"fmt"
	"slices"
)

// model is a kind of head: its objective by its parameters, and the way down.
type model interface {
	learn(runs []span, c float64) // makes the objective that of the rows at some places, with C
	// begin is the parameters that a fit begins with, of those that earlier ones came to; nil: there was none.
	begin(earlier ...[]float64) []float64
	// minimize leads parameters to a minimum of the objective; nearer to it where they are those of the head that is kept.
	minimize(ctx context.Context, params []float64, kept bool) error
	set(params []float64) // makes logits those of parameters
	// logits fills dst (n, outputs) with those of n rows that follow one another, from the row at a place.
	logits(dst []float64, at, n int)
	head(params []float64) Head // for features that are not centred
}

// search goes along the grid.
type search struct {
	Options
	ctx       context.Context
	data      *design
	model     model
	params    [][]float64 // of each fold, at the last C
	outOfFold []float64

	trials []Trial
	best   int // of the trials
	kept   struct {
		params    [][]float64
		outOfFold []float64
	}
}

func newSearch(ctx context.Context, d *design, m model, o Options) *search {
	s := &search{Options: o, ctx: ctx, data: d, model: m, params: make([][]float64, len(d.folds))}
	s.outOfFold = make([]float64, len(d.Class)*d.Classes)
	s.kept.outOfFold = make([]float64, len(s.outOfFold))
	return s
}

func (s *search) step() {
	if s.Step != nil {
		s.Step()
	}
}

// try fits the folds with one C.
func (s *search) try(c float64) error {
	mean := 0.0
	for fold, before := range s.params {
		params := s.model.begin(before)
		s.model.learn(s.data.without(fold), c)
		if err := s.model.minimize(s.ctx, params, false); err != nil {
			return fmt.Errorf("fold %d, C %g: %w", fold+1, c, err)
		}
		s.params[fold] = params
		mean += s.heldOut(fold) / float64(len(s.data.folds))
		s.step()
	}
	s.trials = append(s.trials, Trial{c, mean})
	if len(s.trials) == 1 || mean < s.trials[s.best].LogLoss {
		s.best = len(s.trials) - 1
		copy(s.kept.outOfFold, s.outOfFold)
		s.kept.params = slices.Clone(s.params)
	}
	return nil
}

// rising tells that the loss has risen twice in a row: the larger C is, the less it is held back, and the longer a fit takes.
func (s *search) rising() bool { return len(s.trials)-1-s.best >= 2 }

// heldOut is the mean loss of a fold's own rows. It keeps the logits of the photos as they are.
func (s *search) heldOut(fold int) float64 {
	d := s.data
	s.model.set(s.params[fold])
	sum, rows := 0.0, 0
	z, p := make([]float64, d.outputs()), make([]float64, d.Classes)
	for at := d.folds[fold].first; at < d.folds[fold].last; at++ {
		row := d.place[at]
		if row < 0 {
			continue
		}
		s.model.logits(z, at, 1)
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
	params := s.model.begin(s.kept.params...)
	s.model.learn(s.data.without(-1), chosen.C)
	if err := s.model.minimize(s.ctx, params, true); err != nil {
		return nil, err
	}
	s.step()
	f := &Fitted{Head: s.model.head(params), C: chosen.C, Trials: s.trials, Folds: s.Folds, OutOfFold: s.kept.outOfFold}
	for _, own := range s.kept.params {
		f.Heads = append(f.Heads, s.model.head(own))
	}
	return f, nil
}

// classes is the last layer of a head, of weights (outputs, width) and as many intercepts.
func (d *design) classes(weight, bias []float64) Layer {
	k := d.outputs()
	width := len(weight) / k
	l := Layer{Weight: make([]float64, d.Classes*width), Bias: make([]float64, d.Classes)}
	column, z := make([]float64, d.Classes), make([]float64, k)
	for j := range width {
		for i := range z {
			z[i] = weight[i*width+j]
		}
		centre(column, z)
		for i, w := range column {
			l.Weight[i*width+j] = w
		}
	}
	centre(l.Bias, bias)
	return l
}
