package cli

import (
	"context"

	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/printable"
	"resnet/internal/tensor"
)

// withoutProbabilities are images whose logits have no softmax.
const withoutProbabilities = "without probabilities"

// warnNonFinite warns that what a network computes of something are no numbers, what that leaves, and where it begins.
func (f *factory) warnNonFinite(name, what string, first *nets.NonFinite) {
	where := ""
	if first != nil {
		where = "; the first are in " + first.String()
	}
	f.warnf("%s: %s, as not all of what the network computes are numbers%s", printable.Name(name), what, where)
}

// checkAnswer ends a command with exit code 1, and a warning, where the logits of an input have no probabilities.
func (f *factory) checkAnswer(ctx context.Context, name string, runner *nets.Runner, input tensor.Tensor, logits []float32) error {
	if labels.HasSoftmax(logits) {
		return nil
	}
	first, err := runner.FirstNonFinite(ctx, input)
	if err != nil {
		return err
	}
	f.warnNonFinite(name, withoutProbabilities, first)
	return errFailed
}
