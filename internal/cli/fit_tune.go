package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/train"
)

// tuneFlags ask for a network that is trained further behind its head.
type tuneFlags struct {
	layer  string // from which on; "": none is
	epochs int
	rate   float64
}

// What --epochs and --lr are without them.
const (
	tuneEpochs = 5
	tuneRate   = 1e-3
)

func (t *tuneFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&t.layer, "fine-tune", "", "once the head is learned, train the network further from `LAYER` on, such as layer4")
	flags.IntVar(&t.epochs, "epochs", tuneEpochs, "with --fine-tune: how often each photo is seen")
	t.rate = tuneRate
	numberFlag(flags, &t.rate, "lr", 0, 1, "with --fine-tune: the largest learning rate, that of the head")
}

// checkTune refuses what does not go with --fine-tune.
func (o *fitOptions) checkTune() error {
	t := &o.tune
	switch {
	case t.layer == "" && o.f.given("epochs"):
		return usagef("--epochs: the head is learned without; it is of --fine-tune LAYER")
	case t.layer == "" && o.f.given("lr"):
		return usagef("--lr: the head is learned without; it is of --fine-tune LAYER")
	case t.layer == "":
		return nil
	case o.head:
		return usagef("--head-only: with --fine-tune more than a head is learned, and the whole network is written; leave one of them out")
	case o.balance != weightsNone:
		return usagef("--class-weights: photos count alike in --fine-tune; leave one of them out")
	case t.epochs < 1 || t.epochs > 1000:
		return usagef("--epochs %d: want 1 to 1000", t.epochs)
	case !(t.rate > 0):
		return usagef("--lr %v: want more than 0", t.rate)
	}
	return nil
}

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

// checkLayer refuses a layer that training can't begin at.
func (o *fitOptions) checkLayer(net *nets.Net) error {
	layer := o.tune.layer
	if layer == "" {
		return nil
	}
	if _, err := hooks.Select(net.Graph.Graph, []string{layer}); err != nil {
		return usagef("--fine-tune: %w", err)
	}
	tail, _, err := net.Graph.Tail(layer)
	if err != nil {
		return usagef("--fine-tune %s: %w", layer, err)
	}
	stages := stagePaths(net)
	last := stages[len(stages)-1] + "."
	if !slices.ContainsFunc(tail.Calls, func(c graph.Call) bool { return strings.HasPrefix(c.Path, last) }) {
		return usagef("--fine-tune %s: that is the head alone, which is learned anyway; name one of %s", layer, strings.Join(stages, ", "))
	}
	return nil
}

func stagePaths(net *nets.Net) []string {
	var paths []string
	for _, s := range net.Graph.Stages {
		paths = append(paths, s.Path)
	}
	return paths
}

// fineTune trains the network further, from the fitted head on. Whether that is a gain is told by photos that are learned from, as
// folds are held out; those that are checked have no say. Where it is none, the head alone stays.
func (r *fitRun) fineTune(ctx context.Context, fitted *learn.Fitted) (_ *tuned, err error) {
	o := r.opts
	headed, err := r.headed(fitted.Head)
	if err != nil {
		return nil, err
	}
	tail, first, err := headed.Graph.Tail(o.tune.layer)
	if err != nil {
		return nil, err
	}
	shapes, err := headed.Graph.Shapes(r.extractor.Input)
	if err != nil {
		return nil, err
	}
	from := headed.Graph.Calls[first]
	input := slices.Clone(shapes[from.Inputs[0]])
	store, err := train.NewActivations(input.Elements())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := r.activations(ctx, store, nets.Watch{Layer: "=" + from.Path, Input: true}); err != nil {
		return nil, err
	}
	team := engine.NewTeam(o.engine.threads)
	defer team.Close()
	t := &tuner{fitRun: r, fitted: fitted, Tuning: &train.Tuning{
		Tail: tail, Input: input, Photos: store, Class: classesOf(r.bothSets()), Mirror: o.augment == augmentFlip,
		Recipe: train.TuningRecipe(o.tune.epochs, o.tune.rate, o.seed), Factors: train.DiscriminativeRates(stagePaths(r.net)), Team: team, Exact: o.engine.exact,
	}}
	return t.run(ctx)
}

// bothSets are the photos, those that are learned from first.
func (r *fitRun) bothSets() []learn.Photo { return slices.Concat(r.sets.Train, r.sets.Valid) }

func (r *fitRun) headed(head learn.Head) (*nets.Net, error) {
	return r.net.WithClassifier(r.list(), r.layers(head)...)
}

// activations keeps what the layer reads of all photos. They have been read before: one that can't be read any more is an error.
func (r *fitRun) activations(ctx context.Context, store *train.Activations, what nets.Watch) error {
	photos := r.bothSets()
	number := map[*nets.Image]int{}
	for i, p := range photos {
		number[p.Image] = i
	}
	images := func(ctx context.Context, yield func(*nets.Image) error) error {
		for _, p := range photos {
			if err := yield(p.Image); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	bar := r.opts.f.newProgress(true, false)
	defer bar.finish()
	bar.of(int64(len(photos)))
	if err := r.extractor.Prepare(ctx, what); err != nil {
		return err
	}
	work := func(ctx context.Context, im *nets.Image) (struct{}, error) {
		i := number[im]
		seen, err := r.extractor.Activations(ctx, im, r.images.decoding.Quiet(), what, i < len(r.train))
		for j, one := range seen {
			err = cmp.Or(err, store.Write(i, j == 1, one.Data))
		}
		return struct{}{}, err
	}
	return nets.Each(ctx, images, r.extractor.Sessions(), work, func(job *nets.Done[struct{}]) error {
		bar.step()
		if job.Err != nil {
			return fmt.Errorf("--fine-tune: %s: %w", printable.Name(job.Image.Name), job.Err)
		}
		return nil
	})
}

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
	bar := t.opts.f.newProgress(true, false)
	defer bar.finish()
	steps := t.Steps(len(all))
	for _, f := range folds {
		steps += t.Steps(len(f.learned))
	}
	bar.of(int64(steps * batch))
	t.Step = func() {
		for range batch {
			bar.step()
		}
	}
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
			after = append(after, float64s(measured[i].Logits)...)
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
	for _, name := range []string{".weight", ".bias"} {
		for i, v := range values[paths[len(paths)-1]+name] {
			values[paths[len(paths)-1]+name][i] = float32(float64(v) / own.temperature)
		}
	}
	own.net = net.Tuned(values)
	for i, m := range measured {
		features := &learn.Features{Rows: [][]float32{m.Features}}
		if i < len(all) {
			own.train = append(own.train, features)
			continue
		}
		own.valid = append(own.valid, features)
		logits := float64s(m.Logits)
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

func float64s(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}
