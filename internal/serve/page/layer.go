package page

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"resnet/internal/anatomy"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/report"
	"resnet/internal/serve"
	"resnet/internal/tensor"
)

// inputPath is what stands for the input among the layers' paths.
const inputPath = "input"

// layer shows what a row of the table puts out for a photo, or for an add what its block adds to what.
func (p *page) layer(ctx context.Context, m *serve.Model, photo *nets.Image, query url.Values) (part, error) {
	choose, order, err := chosen(query)
	if err != nil {
		return nil, err
	}
	seen, err := p.see(ctx, m, photo)
	if err != nil {
		return nil, err
	}
	view := &report.Layer{Path: query.Get("layer"), Random: m.Predictor == nil, Order: order, Crop: seen.Crop}
	if view.Path == inputPath {
		view.Random = false
		view.Facts = fmt.Sprintf("the photo as numbers, %s: (value - mean) / std of each channel", seen.input.Shape[1:].Join("×"))
		view.Field = &anatomy.Field{Path: inputPath, Size: 1, Stride: 1}
		view.Maps = maps(seen.input, choose)
		return view.Write, nil
	}
	first, last, err := rowOf(m, seen.input.Shape, view.Path)
	if err != nil {
		return nil, err
	}
	if err := p.look(ctx, m, seen, view, first, last, choose); err != nil {
		return nil, err
	}
	return view.Write, nil
}

// look computes what is to be seen, and nothing that is not.
func (p *page) look(ctx context.Context, m *serve.Model, seen *seen, view *report.Layer, first, last int, choose anatomy.Choose) error {
	g := m.Net.Graph
	set := hooks.NewSet(g.Graph)
	call := g.Calls[first]
	var streams *[]anatomy.Streams
	var output tensor.Tensor
	if call.Kind() == graph.Addition {
		block := blockOf(call.Path)
		streams = anatomy.StreamsOf(set, g, choose, func(path string) bool { return path == block })
	} else {
		selected := make([]bool, len(g.Calls))
		selected[last] = true
		set.AddSelected(selected, hooks.Func(hooks.Output, func(e hooks.Event) error {
			output = e.Output.Clone()
			return nil
		}))
	}
	session, err := m.Runner.Session(ctx, seen.input.Shape, set)
	if err != nil {
		return err
	}
	if _, err := session.Run(ctx, seen.input); err != nil {
		return err
	}
	fields := anatomy.Fields(g.Graph)
	if i := slices.IndexFunc(fields, func(f anatomy.Field) bool { return f.Path == call.Path }); i >= 0 {
		view.Field = &fields[i]
	}
	switch {
	case streams != nil:
		view.Streams = &(*streams)[0]
	case len(output.Shape) == 4:
		view.Maps = maps(output, choose)
	case m.Predictor != nil && last == len(g.Calls)-2: // the root stands behind the logits
		view.Answers = m.Predictor.Top(output.Data, 10)
	default:
		view.Answers = labels.Top(output.Data, 10, nil)
	}
	if m.Predictor == nil {
		return nil
	}
	kernels, err := report.ReadKernels(g.Graph, m.Net.Weights, seen.preprocess.Order)
	if kernels != nil && kernels.Path == call.Path {
		view.Kernels = kernels
	}
	return err
}

// maps are the chosen channels of (1, channels, height, width).
func maps(t tensor.Tensor, choose anatomy.Choose) *report.FeatureMaps {
	m := &report.FeatureMaps{Of: t.Shape[1], Height: t.Shape[2], Width: t.Shape[3]}
	area := m.Height * m.Width
	m.Channels = choose(t.Data, m.Of)
	for _, c := range m.Channels {
		m.Values = append(m.Values, t.Data[c*area:][:area]...)
	}
	return m
}

// chosen is how channels are chosen, and that in words: in the network's order, or by energy.
func chosen(query url.Values) (anatomy.Choose, string, error) {
	n := 64
	if text := query.Get("channels"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			return nil, "", serve.Failf(http.StatusBadRequest, "channels=%s: want 1 or more", text)
		}
	}
	switch order := query.Get("order"); order {
	case "", "own":
		return anatomy.First(n), report.InOrder, nil
	case "energy":
		return anatomy.Strongest(n), report.Strongest, nil
	default:
		return nil, "", serve.Failf(http.StatusBadRequest, "order=%s: want own or energy", order)
	}
}
