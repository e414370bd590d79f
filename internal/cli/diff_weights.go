package cli

import (
	"context"
	"math"
	"strings"

	"resnet/internal/bind"
	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// weights compares what two networks have learned, layer by layer, and with an image what they make of it. It is nil where
// one of them has no weights.
func (o *diffOptions) weights(ctx context.Context, a, b *nets.Net, view *render.Diff) (*render.DiffWeights, error) {
	if a.Source == nil || b.Source == nil {
		return nil, o.withoutWeights(a, b)
	}
	distances, err := bind.Distances(a.Graph, a.Weights, b.Weights)
	if err != nil {
		return nil, err
	}
	w := &render.DiffWeights{A: a.WeightsWords(), B: b.WeightsWords(), Tolerance: o.tolerance}
	rows := diffRows(a.Graph)
	if o.image != "" {
		if err := o.outputs(ctx, a, b, view, w, rows); err != nil {
			return nil, err
		}
	}
	for _, r := range rows {
		r.Weights = largestOf(distances, r.weights)
		r.BatchNorm = largestOf(distances, r.batchNorm)
		if r.Weights != nil || r.BatchNorm != nil || r.Output != nil {
			w.Layers = append(w.Layers, r.DiffLayer)
		}
	}
	return w, nil
}

// withoutWeights says why no values are compared, where somebody may wait for them.
func (o *diffOptions) withoutWeights(a, b *nets.Net) error {
	if o.image != "" || o.tolerance > 0 {
		return usagef("--image and --tolerance are for two networks with weights: name two checkpoints")
	}
	if a.Source != nil || b.Source != nil {
		o.f.warnf("only one of the networks has weights; they are not compared")
	}
	return nil
}

// diffRow is a row of the comparison, with the modules that its numbers come from.
type diffRow struct {
	render.DiffLayer
	weights, batchNorm string // paths
	output             int    // the call that ends the row
}

// diffRows are the rows of a trace: a layer with the batch norm and ReLU behind it, or an add.
func diffRows(g *model.Graph) []*diffRow {
	var rows []*diffRow
	for i, call := range g.Calls {
		last := len(rows) - 1
		kind := call.Kind()
		switch {
		case call.Container || kind == graph.Renaming:
			continue
		case kind == graph.Normalization:
			rows[last].batchNorm = call.Path
		case kind.Follows():
		default:
			row := &diffRow{DiffLayer: render.DiffLayer{Path: call.Path, Stage: stageOf(g, call.Path)}}
			if kind.Weighted() {
				row.weights = call.Path
			}
			rows = append(rows, row)
			last++
		}
		rows[last].output = i
	}
	return rows
}

func stageOf(g *model.Graph, path string) string {
	for _, s := range g.Stages {
		if strings.HasPrefix(path, s.Path+".") {
			return s.Path
		}
	}
	return ""
}

// largestOf is the largest distance of a module's tensors, nil where there is none; what is no number is larger than any.
func largestOf(distances map[string]float64, path string) *float64 {
	var found *float64
	for _, part := range []string{"weight", "bias", "running_mean", "running_var"} {
		d, ok := distances[path+"."+part]
		if ok && (found == nil || d > *found || math.IsNaN(d)) {
			found = &d
		}
		if found != nil && math.IsNaN(*found) {
			break
		}
	}
	return found
}
