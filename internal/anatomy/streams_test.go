package anatomy_test

import (
	"context"
	"slices"
	"testing"

	"resnet/internal/anatomy"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// TestStreams: the shortcut and the residual branch are the sum, in the same channels, as the hooks on the calls see them;
// channels come by the energy of the sum, the strongest first.
func TestStreams(t *testing.T) {
	spec := model.Spec{Layers: []int{2, 1}, Planes: []int{4, 8}, NumClasses: 2, Input: [3]int{1, 16, 16}, Stem: model.Stem{
		Convs: []model.StemConv{{Kernel: 3, Planes: 4, Stride: 1, Padding: 1}},
	}}
	g := build(t, spec.Default())
	set := hooks.NewSet(g.Graph)
	all := anatomy.StreamsOf(set, g, anatomy.Strongest(3), nil)
	one := anatomy.StreamsOf(set, g, anatomy.Strongest(100), func(path string) bool { return path == "layer2.0" })
	seen := map[string][]float32{}
	for _, path := range []string{"layer2.0.add", "layer2.0", "layer2.0.bn2", "layer2.0.downsample", "layer1.1"} {
		if _, err := set.Add(path, hooks.Func(hooks.Output, func(e hooks.Event) error {
			seen[e.Path] = slices.Clone(e.Output.Data)
			return nil
		})); err != nil {
			t.Fatal(err)
		}
	}
	s := session(t, g, g.InputShape(1), set)
	x := tensor.New(g.InputShape(1)...)
	if err := random.Input(t.Context(), x.Data, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(context.Background(), x); err != nil {
		t.Fatal(err)
	}
	if len(*all) != 3 || len(*one) != 1 {
		t.Fatalf("%d and %d blocks, want 3 and 1", len(*all), len(*one))
	}
	last, whole := (*all)[2], (*one)[0]
	if last.Path != "layer2.0" || last.Of != 8 || len(last.Channels) != 3 || last.Height != 8 || last.Width != 8 || last.Shortcut != "projection" || last.Class != "BasicBlock" {
		t.Errorf("%+v", last)
	}
	if len(whole.Channels) != 8 || !slices.Equal(whole.Channels[:3], last.Channels) {
		t.Errorf("channels %v, and the strongest %v", whole.Channels, last.Channels)
	}
	const area = 64
	energy := func(plane []float32) (sum float64) {
		for _, v := range plane {
			sum += float64(v) * float64(v)
		}
		return sum
	}
	for i, c := range whole.Channels {
		for name, got := range map[string][]float32{
			"layer2.0.add": whole.Sum, "layer2.0": whole.Output, "layer2.0.bn2": whole.Residual, "layer2.0.downsample": whole.X,
		} {
			if !slices.Equal(got[i*area:][:area], seen[name][c*area:][:area]) {
				t.Errorf("channel %d is not that of %s", c, name)
			}
		}
		if i > 0 && energy(whole.Sum[i*area:][:area]) > energy(whole.Sum[(i-1)*area:][:area]) {
			t.Errorf("channel %d is stronger than the one before", c)
		}
	}
	if second := (*all)[1]; !slices.Equal(second.Output[:256], seen["layer1.1"][second.Channels[0]*256:][:256]) {
		t.Error("the output of layer1.1 is another channel's")
	}
}
