package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"resnet/internal/labels"
	"resnet/internal/nets"
)

// trainedFlags name a network with trained weights.
type trainedFlags struct {
	classes bool // what is asked for: a network without a classifier is an error
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

func (t *trainedFlags) choice() nets.Choice {
	choice := t.weights.choice()
	choice.Net, choice.Labels, choice.Trained, choice.Classifier = t.arch, t.labels, true, t.classes
	return choice
}

// predictor finds the network and opens its weights; their data is not read yet. changes override parts of the
// preprocessing. One image is computed by one session with all threads, of many each by one thread. Closing the network
// closes all.
func (t *trainedFlags) predictor(ctx context.Context, f *factory, changes *preprocessFlags, e engineFlags, many bool) (*nets.Predictor, error) {
	if err := e.check(f); err != nil {
		return nil, err
	}
	n, err := f.nets().Open(ctx, t.choice())
	if err != nil {
		return nil, err
	}
	options := nets.PredictorOptions{Compute: e.compute()}
	if many {
		options.Sessions, options.Threads = e.cores(), 1
	}
	own, err := n.Preprocess()
	if err == nil {
		own, err = changes.over(own)
	}
	options.Preprocess = &own
	var p *nets.Predictor
	if err == nil {
		p, err = n.Predictor(ctx, options)
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if changes.pixels() {
		p.Assumed = ""
	}
	return p, nil
}
