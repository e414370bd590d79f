package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/number"
	"resnet/internal/weights"
)

// trainedFlags name a network with trained weights.
type trainedFlags struct {
	arch    string
	weights weightsFlags
	labels  string
}

func (t *trainedFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&t.arch, "arch", "", archHelp+" (default: that of the weights, else "+weights.BuiltinName+")")
	completeNets(cmd)
	t.weights.add(cmd)
	flags.StringVar(&t.labels, "labels", "", "class names: a `FILE` with one a line, or JSON; or imagenet, tiny_imagenet, cifar10")
	completeWords(cmd, "labels", labels.Names())
}

// trained is a network with its weights and what travels with them.
type trained struct {
	*weighted
	preprocess imaging.Preprocess
	labels     *labels.List           // nil: the classes have no names
	sha256     func() (string, error) // of the checkpoint
}

// load finds the network and opens its weights; their data is not read yet. changes override parts of the preprocessing.
// Random weights are never an answer.
func (t *trainedFlags) load(ctx context.Context, f *factory, changes *preprocessFlags) (*trained, error) {
	choice := netChoice{net: t.arch, named: t.arch != "", weightsFlags: t.weights}
	if choice.net == "" {
		choice.net = weights.BuiltinName
	}
	w, err := f.loadWeighted(ctx, choice)
	if err == nil && w.source == nil {
		w, err = t.loadOwn(ctx, f, w.net, choice)
	}
	if err != nil {
		return nil, err
	}
	out := &trained{weighted: w, sha256: sync.OnceValues(w.source.SHA256)}
	if out.preprocess, err = w.ownPreprocess(); err == nil {
		out.preprocess, err = changes.over(out.preprocess)
	}
	if err == nil {
		out.labels, err = out.classNames(t.labels, f)
	}
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return out, nil
}

// loadOwn finds the weights of a network that none were given for: those in the binary, or the set of its name.
func (t *trainedFlags) loadOwn(ctx context.Context, f *factory, n *net, choice netChoice) (*weighted, error) {
	if _, known := weights.Find(n.Name); !known || n.Path != "" {
		return nil, fmt.Errorf("there are no weights of %s; give a checkpoint with --weights FILE", n.Name)
	}
	source, err := f.resolve(ctx, n.Name, t.weights.pull)
	if err != nil {
		return nil, err
	}
	return f.openWeighted(n, source, choice)
}

// classNames loads the class names: those of the command line, else those that go with the weights.
func (t *trained) classNames(flag string, f *factory) (*labels.List, error) {
	if flag == "" {
		return t.ownLabels()
	}
	if !slices.Contains(labels.Names(), flag) {
		flag = f.path(flag)
	}
	list, err := labels.Load(flag)
	if err != nil {
		return nil, err
	}
	return list, list.Check(t.Spec.NumClasses)
}

// words name the network for people: resnet18_tiny (built in: 200 classes, sees 64×64 pixels).
func (t *trained) words() string {
	source := describe(t.source)
	if t.source.Builtin() {
		source = "built in"
	}
	height, width := t.cropSize()
	return fmt.Sprintf("%s (%s: %s classes, sees %d×%d pixels)", t.Name, source, number.Thousands(int64(t.Spec.NumClasses)), width, height)
}

// cropSize is what the network sees of an image, in pixels.
func (t *trained) cropSize() (height, width int) {
	crop := t.preprocess.Crop
	if crop.Width == 0 {
		return crop.Height, crop.Height
	}
	return crop.Height, crop.Width
}
