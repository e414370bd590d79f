package cli

import (
	"context"
	"fmt"
	"slices"

	"resnet/internal/engine"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/train"
)

// tuner trains the network of a fit further.
type tuner struct {
	*fitRun
	*train.Tuning
	fitted *learn.Fitted
}

// quality is what tells how good a network is.
type quality struct {
	temperature float64        // that its logits are divided by
	answers     []learn.Answer // out of fold
	logits      [][]float64    // of the photos that are checked
	train       []*learn.Features
	valid       []*learn.Features
}

// tuned is what became of it.
type tuned struct {
	render.FitTuned
	net *nets.Net // nil where nothing was gained
	quality
}

// quality is that of the network that is written: the tuned one, or that of the head alone.
func (r *fitRun) quality(fitted *learn.Fitted) quality {
	if r.tuned != nil && r.tuned.Gained {
		return r.tuned.quality
	}
	q := quality{temperature: r.temperature, answers: fitted.Answers(classesOf(r.sets.Train)), train: r.train, valid: r.valid}
	for _, own := range r.valid {
		q.logits = append(q.logits, fitted.Logits(own.Rows[0]))
	}
	return q
}

// enoughHeldOut is how many photos tell whether the network gained, and how far its probabilities can be trusted: folds are held out one
// after the other until so many are.
const enoughHeldOut = 200

// heldOut is a fold: photos by their numbers.
type heldOut struct {
	fold          int
	learned, seen []int
}

// folds are those that are held out.
func (t *tuner) folds() []heldOut {
	var folds []heldOut
	for fold, n := 0, 0; n < enoughHeldOut && fold < len(t.fitted.Heads); fold++ {
		one := heldOut{fold: fold}
		for i, f := range t.fitted.Folds {
			if f == fold {
				one.seen = append(one.seen, i)
			} else {
				one.learned = append(one.learned, i)
			}
		}
		n += len(one.seen)
		folds = append(folds, one)
	}
	return folds
}

// run trains without each fold, as long as there is hope, and then with all photos.
func (t *tuner) run(ctx context.Context) (*tuned, error) {
	folds, all := t.folds(), numbers(len(t.fitRun.train))
	batch := min(t.Recipe.Batch, len(all))
	for _, f := range folds {
		batch = min(batch, len(f.learned))
	}
	t.Recipe.Batch, t.Input[0] = batch, batch
	if err := t.Prepare(); err != nil {
		return nil, err
	}
	defer t.show(folds, len(all)).finish()
	own := &tuned{FitTuned: render.FitTuned{Layer: t.opts.tune.layer, Epochs: t.Recipe.Epochs, Rate: t.Recipe.Rate, Batch: t.Recipe.Batch}}
	var before, after []float64 // logits out of fold
	var class []int
	for _, f := range folds {
		measured, err := t.learn(ctx, t.fitted.Heads[f.fold], f.learned, f.seen)
		if err != nil {
			return nil, fmt.Errorf("--fine-tune, fold %d: %w", f.fold+1, err)
		}
		for i, photo := range f.seen {
			k := len(measured[i].Logits)
			before = append(before, t.fitted.OutOfFold[photo*k:][:k]...)
			after = append(after, learn.Float64s(measured[i].Logits)...)
			class = append(class, t.Class[photo])
		}
		if own.compare(slices.Clone(before), slices.Clone(after), class).Hopeless() {
			break
		}
	}
	if !own.Gained {
		return own, nil
	}
	return own, t.finish(ctx, own, all)
}

// show counts photos on a bar, each as often as it is seen.
func (t *tuner) show(folds []heldOut, all int) *progress {
	bar, steps := t.opts.f.newProgress(true, false), t.Steps(all)
	for _, f := range folds {
		steps += t.Steps(len(f.learned))
	}
	bar.of(int64(steps * t.Recipe.Batch))
	t.Step = func() {
		for range t.Recipe.Batch {
			bar.step()
		}
	}
	return bar
}

// compare tells the gain of logits of photos that were held out over those of the head alone, each at the temperature that suits it best.
func (t *tuned) compare(before, after []float64, class []int) learn.Gain {
	learn.Calibrate(before, class)
	t.temperature = learn.Calibrate(after, class)
	t.answers = learn.Answers(after, class)
	gain := learn.CompareLosses(before, after, class)
	t.HeldOut, t.HeadLoss, t.LogLoss, t.StandardError, t.Gained = len(class), gain.Before, gain.After, gain.StandardError, gain.Clear()
	return gain
}

// learn trains from a head on some photos, and tells what the network makes of others.
func (t *tuner) learn(ctx context.Context, head learn.Head, learned, seen []int) ([]train.Measured, error) {
	net, err := t.headed(head)
	if err != nil {
		return nil, err
	}
	if err := t.Train(ctx, net.Weights, learned); err != nil {
		if is[*engine.NotFiniteError](err) {
			err = fmt.Errorf("%w; a smaller --lr may help", err)
		}
		return nil, err
	}
	return t.Measure(ctx, seen)
}

// finish learns from all photos, and measures the network.
func (t *tuner) finish(ctx context.Context, own *tuned, all []int) error {
	checked := numbers(len(t.Class))
	measured, err := t.learn(ctx, t.fitted.Head, all, checked)
	if err != nil {
		return fmt.Errorf("--fine-tune: %w", err)
	}
	net, err := t.headed(t.fitted.Head)
	if err != nil {
		return err
	}
	values, paths := t.Values(), net.Arch.Spec.ClassifierPaths()
	last := paths[len(paths)-1]
	for _, param := range [][]float32{values[last+".weight"], values[last+".bias"]} {
		for i, v := range param {
			param[i] = float32(float64(v) / own.temperature)
		}
	}
	own.net = net.Tuned(values)
	for i, m := range measured {
		if !nets.AllFinite(m.Logits) {
			return fmt.Errorf("--fine-tune: the network has NaN or infinite logits of %s; a smaller --lr may help", printable.Name(t.bothSets()[i].Name))
		}
		features := &learn.Features{Rows: [][]float32{m.Features}}
		if i < len(all) {
			own.train = append(own.train, features)
			continue
		}
		own.valid = append(own.valid, features)
		logits := learn.Float64s(m.Logits)
		for j := range logits {
			logits[j] /= own.temperature
		}
		own.logits = append(own.logits, logits)
	}
	return nil
}

// numbers are those below n.
func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
