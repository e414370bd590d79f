package render_test

import (
	"bytes"
	"testing"

	"resnet/internal/config"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// pass is a network with an input, of shapes alone; without an input its own one.
func pass(t testing.TB, net string, input ...int) *render.Pass {
	t.Helper()
	arch, err := config.Load(net)
	if err != nil {
		t.Fatal(err)
	}
	return passOf(t, arch.Spec, input...)
}

func passOf(t testing.TB, spec model.Spec, input ...int) *render.Pass {
	t.Helper()
	graph, err := model.Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	shape := tensor.Shape(input)
	if input == nil {
		shape = graph.InputShape(1)
	}
	layers, err := graph.Layers(shape)
	if err != nil {
		t.Fatal(err)
	}
	return &render.Pass{
		Head:  render.Head{Spec: spec, Input: shape, Weights: "no weights"},
		Graph: graph,
		All:   hooks.Records(layers),
	}
}

// trace is a trace of shapes alone, with the columns that nobody asked for.
func trace(t testing.TB, rows, net string, input ...int) *render.Trace {
	t.Helper()
	return traceOf(pass(t, net, input...), rows)
}

func traceOf(p *render.Pass, rows string) *render.Trace {
	layers := make([]graph.Layer, len(p.All))
	for i, e := range p.All {
		layers[i] = e.Layer
	}
	return &render.Trace{Pass: *p, Rows: rows, Columns: render.InitialColumns(rows, layers)}
}

func write(t testing.TB, v render.View, format string, look render.Look) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.Write(&out, v, format, look); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// wide is a look without bounds.
var wide = render.Look{Unicode: true}

// torchvision are the networks that PyTorch's traces are the reference of.
var torchvision = []string{
	"resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
	"resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2",
}
