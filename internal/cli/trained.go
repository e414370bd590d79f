package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"resnet/internal/checkpoint"
	"resnet/internal/config"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/number"
	"resnet/internal/weights"
)

// trainedFlags name a network with trained weights.
type trainedFlags struct {
	arch    string
	weights string
	labels  string
}

func (t *trainedFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&t.arch, "arch", weights.BuiltinName, archHelp)
	flags.StringVar(&t.weights, "weights", "", "trained weights: a checkpoint `FILE`")
	flags.StringVar(&t.labels, "labels", "", "class names: a `FILE` with one a line, or JSON; or imagenet, tiny_imagenet, cifar10")
	completeNets(cmd)
}

// trained is a network, its weights under the graph's own names, and what travels with them.
type trained struct {
	*net
	weights    model.Weights
	source     string // resnet18_tiny (built in), or the file
	builtin    bool
	sha256     func() (string, error)
	preprocess imaging.Preprocess
	labels     *labels.List // nil: the classes have no names
	close      func() error
}

// words name the network for people: resnet18_tiny (built in: 200 classes, sees 64×64 pixels).
func (t *trained) words() string {
	source := t.source
	if t.builtin {
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

// load finds the network and opens its weights; their data is not read yet. Random weights are never an answer.
func (t *trainedFlags) load(_ context.Context, f *factory) (*trained, error) {
	n, err := f.loadNet(t.arch)
	if err != nil {
		return nil, err
	}
	file, err := t.open(f, n)
	if err != nil {
		return nil, err
	}
	bound, _, err := model.Bind(n.graph, file, model.BindOptions{})
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", file.Path(), err)
	}
	out := &trained{net: n, weights: bound, source: file.Path(), preprocess: n.Preprocess, close: file.Close}
	out.builtin = t.weights == "" && n.Weights == ""
	if out.labels, err = t.classNames(f, n.Arch); err != nil {
		file.Close()
		return nil, err
	}
	return out, nil
}

func (t *trainedFlags) open(f *factory, n *net) (*checkpoint.File, error) {
	switch {
	case t.weights != "":
		return checkpoint.Open(f.path(t.weights))
	case n.Weights != "":
		return checkpoint.Open(n.Weights)
	case n.Name == weights.BuiltinName && n.Path == "":
		return weights.OpenBuiltin()
	}
	return nil, fmt.Errorf("%s has no weights here; give a checkpoint with --weights FILE", n.Name)
}

func (t *trainedFlags) classNames(f *factory, arch *config.Arch) (*labels.List, error) {
	name := t.labels
	if name == "" {
		name = arch.Labels
	}
	if name == "" {
		return nil, nil
	}
	if !slices.Contains(labels.Names(), name) {
		name = f.path(name)
	}
	list, err := labels.Load(name)
	if err != nil {
		return nil, err
	}
	return list, list.Check(arch.Spec.NumClasses)
}
