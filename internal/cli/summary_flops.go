package cli

import (
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/render"
)

// flopsView explains the operations of one network and one image.
func (o *summaryOptions) flopsView(passes []*render.Pass) (render.View, error) {
	switch {
	case o.blocks:
		return nil, usagef("--explain-flops and --blocks are two views")
	case len(passes) != 1:
		return nil, usagef("--explain-flops is for one network")
	case o.input.batch != 1:
		return nil, usagef("--explain-flops is for one image, not a batch of %d", o.input.batch)
	}
	view := &render.Flops{Pass: *passes[0]}
	spec := view.Spec.Clone()
	spec.StrideIn = model.Stride1x1
	if spec.StrideIn == view.Spec.StrideIn || spec.Block != "bottleneck" {
		return view, nil
	}
	graph, err := model.Build(spec)
	if err != nil {
		return nil, err
	}
	layers, err := graph.Layers(view.Input)
	if err != nil {
		return nil, err
	}
	view.Paper = &render.Pass{Head: view.Head, Graph: graph, All: hooks.Records(layers)}
	return view, nil
}
