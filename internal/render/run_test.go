package render_test

import (
	"context"
	"testing"

	"resnet/internal/config"
	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// zeros are weights that cost nothing to make: shapes do not depend on values.
type zeros struct{ graph.Weights }

func (zeros) Read(string, []float32) error { return nil }

// narrow is a network of a quarter of the channels and the same structure.
func narrow(t *testing.T, net string) model.Spec {
	t.Helper()
	arch, err := config.Load(net)
	if err != nil {
		t.Fatal(err)
	}
	spec := arch.Spec.Clone()
	for i := range spec.Planes {
		spec.Planes[i] /= 4
	}
	for i := range spec.Stem.Convs {
		spec.Stem.Convs[i].Planes /= 4
	}
	return spec
}

// TestRunEqualsShapes runs every network and compares the rows with those that need no arithmetic.
func TestRunEqualsShapes(t *testing.T) {
	for _, net := range config.Names() {
		t.Run(net, func(t *testing.T) {
			spec := narrow(t, net)
			shapes := traceOf(passOf(t, spec, 1, 3, 33, 35), "calls")
			ran := traceOf(passOf(t, spec, 1, 3, 33, 35), "calls")
			ran.All = run(t, ran.Graph, ran.Input)
			for _, format := range []string{"csv", "ndjson"} {
				if line := firstDifference(write(t, ran, format, wide), write(t, shapes, format, wide)); line != "" {
					t.Errorf("%s: %s", format, line)
				}
			}
		})
	}
}

// run is what a recorder on all modules sees.
func run(t *testing.T, graph *model.Graph, input tensor.Shape) []hooks.Record {
	t.Helper()
	program, err := engine.New(graph.Graph, zeros{random.Weights(graph.Graph, 0)}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, recorder := hooks.NewSet(graph.Graph), hooks.NewRecorder()
	for _, pattern := range []string{"**", ""} {
		if _, err := set.Add(pattern, recorder); err != nil {
			t.Fatal(err)
		}
	}
	plan, err := program.Plan(t.Context(), input, set)
	if err != nil {
		t.Fatal(err)
	}
	session := plan.NewSession(engine.NewTeam(1))
	if _, err := session.Run(context.Background(), tensor.New(input...)); err != nil {
		t.Fatal(err)
	}
	return recorder.Records()
}
