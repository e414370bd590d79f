package engine_test

import (
	"context"
	"hash/fnv"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/isa"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// large networks have small ones of their kind, which stand for them where there is no assembly: they would take half of the time.
var large = []string{"resnet1202_cifar", "resnet152", "resnet152_v1", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet101_2"}

// TestRegistry runs every built-in network on a small odd input, once fused with the fastest kernels, and once with all
// values watched and the exact ones: the logits are the same, the events what was foretold, and all values finite.
func TestRegistry(t *testing.T) {
	for _, name := range large {
		if !slices.Contains(config.Names(), name) {
			t.Errorf("there is no network %s", name)
		}
	}
	for _, name := range config.Names() {
		t.Run(name, func(t *testing.T) {
			if engine.Race && name != "resnet50d" {
				t.Skip("under the race detector one network stands for all")
			}
			if isa.Allowed() == isa.Generic && slices.Contains(large, name) {
				t.Skip("without assembly a smaller network of its kind stands for this one")
			}
			arch, err := config.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			g, err := model.Build(arch.Spec)
			if err != nil {
				t.Fatal(err)
			}
			weights := tameWeights{random.Weights(g.Graph, 0), g}
			input := tensor.New(1, 3, 65, 97)
			if arch.Spec.Input[1] < 64 || isa.Allowed() == isa.Generic { // the portable kernels take their time
				input = tensor.New(1, 3, 33, 35)
			}
			if err := random.Input(t.Context(), input.Data, 1); err != nil {
				t.Fatal(err)
			}

			set := hooks.NewSet(g.Graph)
			r := hooks.NewRecorder()
			if _, err := set.Add("**", r.Statistics()); err != nil {
				t.Fatal(err)
			}
			fused := logits(t, g.Graph, weights, engine.Options{}, input, nil)
			watched := logits(t, g.Graph, weights, engine.Options{Exact: true}, input, set)
			requireEqual(t, fused, watched, 1e-5)
			layers, err := g.Layers(input.Shape)
			if err != nil {
				t.Fatal(err)
			}
			records := r.Records()
			if len(records) != len(layers) {
				t.Fatalf("%d events, want %d", len(records), len(layers))
			}
			for i, record := range records {
				if !reflect.DeepEqual(record.Layer, layers[i]) {
					t.Errorf("event %+v, want %+v", record.Layer, layers[i])
				}
				if s := record.Stats; s.NaN+s.Inf > 0 || s.Max > 1e4 || s.Min < -1e4 {
					t.Errorf("%s: %+v", record.Path, *s)
				}
			}
		})
	}
}

func logits(t *testing.T, g *graph.Graph, w graph.Weights, options engine.Options, input tensor.Tensor, set *hooks.Set) []float32 {
	t.Helper()
	defer runtime.GC() // the largest weights have half a gigabyte
	p, err := engine.New(g, w, options)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.Plan(t.Context(), input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s := plan.NewSession(engine.NewTeam(0))
	y, err := s.Run(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(y.Data)
}

// requireEqual allows a difference of tolerance times the largest value.
func requireEqual(t *testing.T, got, want []float32, tolerance float64) {
	t.Helper()
	worst, largest := 0.0, 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i]-want[i])))
		largest = max(largest, math.Abs(float64(want[i])))
	}
	if !(worst <= tolerance*largest) || largest == 0 {
		t.Errorf("the logits differ by %g; the largest is %g", worst, largest)
	}
}

// tameWeights are cheap to make and keep the values of deep networks finite: every residual branch ends in a batch norm
// with a small weight, as a trained network's do.
type tameWeights struct {
	graph.Weights
	graph *model.Graph
}

// endsBranch tells the weight of a block's last batch norm.
func (w tameWeights) endsBranch(name string) bool {
	last := map[string]string{"basic": ".bn2.weight", "bottleneck": ".bn3.weight"}[w.graph.Spec.Block]
	return w.graph.Spec.Shortcut != model.ShortcutNone && strings.HasSuffix(name, last)
}

func (w tameWeights) Read(name string, dst []float32) error {
	info, _ := w.Info(name)
	low, high := float32(-0.5), float32(0.5)
	switch {
	case len(info.Shape) > 1: // of a convolution or fully connected layer
		high = float32(math.Sqrt(6 / float64(info.Shape.Elements()/info.Shape[0])))
		low = -high
	case w.endsBranch(name):
		low, high = 0.02, 0.08
	case strings.HasSuffix(name, "running_var") || strings.HasSuffix(name, ".weight"):
		low, high = 0.5, 1.5
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	state := h.Sum32()
	for i := range dst {
		state = state*1664525 + 1013904223
		dst[i] = low + (high-low)*float32(state>>8)/(1<<24)
	}
	return nil
}
