package cli

import (
	"context"
	"slices"

	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/printable"
	"resnet/internal/tensor"
)

// What images have of which a network computes what are no numbers: logits without a softmax, or features.
const (
	withoutProbabilities  = "without probabilities"
	withNonFiniteFeatures = "with NaN or infinite features"
)

// warnNonFinite warns that what a network computes of something are no numbers, what that leaves, and where it begins.
func (f *factory) warnNonFinite(name, what string, first *nets.NonFinite) {
	where := ""
	if first != nil {
		where = "; the first are in " + first.String()
	}
	f.warnf("%s: %s, as not all of what the network computes are numbers%s", printable.Name(name), what, where)
}

// checkOutput ends a command with exit code 1, and a warning, where what trained weights put out for an input leaves no
// probabilities, or features that are no numbers.
func (f *factory) checkOutput(ctx context.Context, name string, n *nets.Net, how nets.Compute, input tensor.Tensor, output []float32) error {
	if n.Weights == nil {
		return nil // what random weights make of noise is nobody's fault
	}
	what, fine := withoutProbabilities, labels.HasSoftmax
	if n.CheckClassifier() != nil {
		what, fine = withNonFiniteFeatures, nets.AllFinite
	}
	ok := true
	for image := range slices.Chunk(output, len(output)/input.Shape[0]) {
		ok = ok && fine(image)
	}
	if ok {
		return nil
	}
	runner, err := n.Runner(how)
	if err != nil {
		return err
	}
	defer runner.Close()
	first, err := runner.FirstNonFinite(ctx, input)
	if err != nil {
		return err
	}
	f.warnNonFinite(name, what, first)
	return errFailed
}
