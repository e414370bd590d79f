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
	numberFlag(flags, &t.rate, "lr", aboveZero, 1, "with --fine-tune: the largest learning rate, that of the head")
}

// checkTune refuses what does not go with --fine-tune.
func (o *fitOptions) checkTune() error {
	t := &o.tune
	switch {
	case t.layer == "" && o.f.given("fine-tune"):
		return usagef("--fine-tune: want a layer to begin at, such as layer4")
	case t.layer == "" && o.f.given("epochs"):
		return usagef("--epochs: the head is learned without; it is of --fine-tune LAYER")
	case t.layer == "" && o.f.given("lr"):
		return usagef("--lr: the head is learned without; it is of --fine-tune LAYER")
	case t.layer == "":
		return nil
	case o.only:
		return usagef("--head-only: with --fine-tune more than a head is learned, and the whole network is written; leave one of them out")
	case o.balance != weightsNone:
		return usagef("--class-weights: photos count alike in --fine-tune; leave one of them out")
	case t.epochs < 1 || t.epochs > 1000:
		return usagef("--epochs %d: want 1 to 1000", t.epochs)
	}
	return nil
}

// checkLayer refuses a layer that training can't begin at.
func (o *fitOptions) checkLayer(net *nets.Net) error {
	layer := o.tune.layer
	if layer == "" {
		return nil
	}
	if first, _, several := strings.Cut(layer, ","); several {
		return usagef("--fine-tune %s: want one layer, from which on all are trained, such as %s", layer, first)
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
	return nets.Each(ctx, imagesOf(photos), r.extractor.Sessions(), work, func(job *nets.Done[struct{}]) error {
		bar.step()
		if job.Err != nil {
			return fmt.Errorf("--fine-tune: %s: %w", printable.Name(job.Image.Name), job.Err)
		}
		return nil
	})
}
