package nets

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"resnet/internal/hooks"
	"resnet/internal/imaging"
	"resnet/internal/number"
	"resnet/internal/tensor"
)

// AllFinite tells whether there is no NaN and no infinity among values.
func AllFinite(values []float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return !number.Finite(v) })
}

// NonFinite is the first layer of a pass that puts out a NaN or an infinity.
type NonFinite struct {
	Layer, Class     string // the path; PyTorch's class
	NaN, Inf, Values int64  // of its output
}

func (n *NonFinite) String() string {
	layer := n.Class
	if n.Layer != "" {
		layer = n.Layer + " (" + n.Class + ")"
	}
	count := func(k int64) string {
		return fmt.Sprintf("%s of %s values (%.3g %%)", number.Thousands(k), number.Thousands(n.Values), 100*float64(k)/float64(n.Values))
	}
	switch {
	case n.NaN == 0:
		return layer + ": " + count(n.Inf) + " are infinite"
	case n.Inf == 0:
		return layer + ": " + count(n.NaN) + " are NaN"
	}
	return layer + ": " + count(n.NaN) + " are NaN, " + count(n.Inf) + " infinite"
}

var errFound = errors.New("found")

// FirstNonFinite is Runner.FirstNonFinite of what the network saw of an image.
func (p *Predictor) FirstNonFinite(ctx context.Context, crop *imaging.Crop) (*NonFinite, error) {
	input := tensor.New(1, p.Input[1], crop.Image.Height, crop.Image.Width)
	p.Preprocess.Normalize(input.Data, crop.Image)
	return p.pool.runner.FirstNonFinite(ctx, input)
}

// FirstNonFinite computes an input once more, each layer by itself, and finds the first one that puts out a NaN or an
// infinity; nil: none does so unfused.
func (r *Runner) FirstNonFinite(ctx context.Context, input tensor.Tensor) (*NonFinite, error) {
	var first *NonFinite
	set := hooks.NewSet(r.graph.Graph)
	_, err := set.Add("**", hooks.Func(hooks.Output, func(e hooks.Event) error {
		s := hooks.StatsOf(e.Output.Data)
		if s.NaN+s.Inf == 0 {
			return nil
		}
		first = &NonFinite{e.Path, e.Class, s.NaN, s.Inf, int64(len(e.Output.Data))}
		return errFound
	}))
	if err != nil {
		return nil, err
	}
	session, err := r.Session(ctx, input.Shape, set)
	if err != nil {
		return nil, err
	}
	if _, err = session.Run(ctx, input); errors.Is(err, errFound) {
		err = nil
	}
	return first, err
}
