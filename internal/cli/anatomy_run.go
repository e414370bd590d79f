package cli

import (
	"cmp"
	"context"
	"math"
	"strings"

	"resnet/internal/anatomy"
	"resnet/internal/hooks"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// ablations are lists of blocks that are left out together.
func (a *anatomyFlags) ablations(g *model.Graph) ([][]string, error) {
	var lists [][]string
	switch a.ablate {
	case "":
		return nil, nil
	case "all":
		for _, stage := range g.Stages {
			for _, b := range stage.Blocks {
				lists = append(lists, []string{b.Path})
			}
		}
	default:
		for part := range strings.SplitSeq(a.ablate, ",") {
			lists = append(lists, strings.Split(strings.TrimSpace(part), "+"))
		}
	}
	for _, blocks := range lists {
		if _, err := g.Without(blocks...); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// measure passes the input through the network, and then through what is left of it by each ablation.
func (o *traceOptions) measure(ctx context.Context, n *nets.Net, t *render.Trace, view *render.Anatomy, ablations [][]string) error {
	runner, input, err := o.prepare(ctx, n, t)
	if err != nil {
		return err
	}
	defer runner.Close()
	if o.anatomy.anatomy {
		measured, err := o.watch(ctx, n, runner, input)
		if err != nil {
			return err
		}
		view.Blocks, view.Stem = measured.Blocks, measured.Stem
	}
	if ablations == nil {
		return nil
	}
	names, err := n.Labels(ctx)
	if err != nil {
		return err
	}
	view.Ablations, err = o.ablate(ctx, n, runner, input, names, append([][]string{nil}, ablations...))
	return err
}

// watch passes the input through the network, and tells what the residual branches do.
func (o *traceOptions) watch(ctx context.Context, n *nets.Net, runner *nets.Runner, input tensor.Tensor) (*anatomy.Measurement, error) {
	set := hooks.NewSet(n.Graph.Graph)
	measured := anatomy.Watch(set, n.Graph)
	session, err := runner.Session(ctx, input.Shape, set)
	if err != nil {
		return nil, err
	}
	output, err := session.Logits(ctx, input)
	if err != nil {
		return nil, err
	}
	o.answered = cmp.Or(o.answered, o.checkOutput(ctx, n, input, output))
	return measured, nil
}

// ablate predicts without some blocks after the other; the first list is empty: the whole network.
func (o *traceOptions) ablate(
	ctx context.Context, n *nets.Net, runner *nets.Runner, input tensor.Tensor, names *labels.List, lists [][]string,
) ([]anatomy.Ablation, error) {
	bar := o.f.newProgress(len(lists) > 2, false)
	defer bar.finish()
	var found []anatomy.Ablation
	var whole []float64
	for _, blocks := range lists {
		session, err := runner.SessionWithout(ctx, input.Shape, blocks...)
		if err != nil {
			return nil, err
		}
		logits, err := session.Logits(ctx, input)
		if err != nil {
			return nil, err
		}
		p := labels.Softmax(logits)
		if whole == nil {
			whole = p
			if o.answered == nil {
				o.answered = o.checkOutput(ctx, n, input, logits)
			}
		}
		best, kept := largest(p), largest(whole)
		rank := 1
		for i, v := range p {
			if v > p[kept] || v == p[kept] && i < kept {
				rank++
			}
		}
		found = append(found, anatomy.Ablation{
			Without: blocks, Index: best, Label: names.Class(best), Probability: p[best], Kept: p[kept], Rank: rank,
			Divergence: anatomy.Divergence(whole, p),
		})
		bar.step()
	}
	return found, nil
}

// largest is the index of the first of the largest values; 0 where there is no number among them.
func largest(p []float64) int {
	best := 0
	for i, v := range p {
		if v > p[best] || math.IsNaN(p[best]) && !math.IsNaN(v) {
			best = i
		}
	}
	return best
}
