package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/number"
)

// trainedFlags name a network with trained weights.
type trainedFlags struct {
	arch    string
	weights weightsFlags
	labels  string
}

func (t *trainedFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&t.arch, "arch", "", archHelp+" (default: that of the weights, else "+nets.TrainedNet+")")
	completeNets(cmd)
	t.weights.add(cmd)
	flags.StringVar(&t.labels, "labels", "", "class names: a `FILE` with one a line, or JSON; or imagenet, tiny_imagenet, cifar10")
	completeWords(cmd, "labels", labels.Names())
}

// trained is a network with its weights and what travels with them.
type trained struct {
	*nets.Net
	preprocess imaging.Preprocess
	labels     *labels.List // nil: the classes have no names
}

// load finds the network and opens its weights; their data is not read yet. changes override parts of the preprocessing.
// Random weights are never an answer.
func (t *trainedFlags) load(ctx context.Context, f *factory, changes *preprocessFlags) (*trained, error) {
	choice := t.weights.choice()
	choice.Net, choice.Labels, choice.Trained = t.arch, t.labels, true
	n, err := f.nets().Open(ctx, choice)
	if err != nil {
		return nil, err
	}
	out := &trained{Net: n}
	if out.preprocess, err = n.Preprocess(); err == nil {
		out.preprocess, err = changes.over(out.preprocess)
	}
	if err == nil {
		out.labels, err = n.Labels()
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return out, nil
}

// words name the network for people: resnet18_tiny (built in: 200 classes, sees 64×64 pixels).
func (t *trained) words() string {
	source := t.WeightsWords()
	if t.Source.Builtin() {
		source = "built in"
	}
	height, width := t.cropSize()
	return fmt.Sprintf("%s (%s: %s classes, sees %d×%d pixels)", t.Arch.Name, source, number.Thousands(int64(t.Arch.Spec.NumClasses)), width, height)
}

// cropSize is what the network sees of an image, in pixels.
func (t *trained) cropSize() (height, width int) {
	crop := t.preprocess.Crop
	if crop.Width == 0 {
		return crop.Height, crop.Height
	}
	return crop.Height, crop.Width
}
