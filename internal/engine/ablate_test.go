package engine

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"testing"

	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// A network without a block's residual branch is what the whole one is with a last batch norm of zeros in that branch.
func TestPlanOf(t *testing.T) {
	for _, spec := range []model.Spec{
		{Block: "bottleneck", Layers: []int{2, 2}, Planes: []int{8, 16}, NumClasses: 5, Input: [3]int{3, 33, 33}},
		{Block: "basic", Layers: []int{2, 2}, Planes: []int{8, 16}, NumClasses: 5, Input: [3]int{3, 33, 33}, Shortcut: model.ShortcutPad},
	} {
		spec.Stem.Convs = []model.StemConv{{Kernel: 3, Planes: 8, Stride: 2, Padding: 1}}
		net, err := model.Build(spec.Default())
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		g := net.Graph
		weights := randomWeights(g, rng)
		input := tensor.New(net.InputShape(1)...)
		if err := random.Input(t.Context(), input.Data, 3); err != nil {
			t.Fatal(err)
		}
		program, err := New(g, weights, Options{})
		if err != nil {
			t.Fatal(err)
		}
		whole := run(t, program, input, nil)
		packed := len(program.packed)

		for _, block := range []string{"layer1.1", "layer2.0"} {
			cut, err := net.Without(block)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := program.PlanOf(t.Context(), cut.Graph, input.Shape)
			if err != nil {
				t.Fatal(err)
			}
			s := newSession(t, plan, 1)
			got, err := s.Run(context.Background(), input)
			if err != nil {
				t.Fatal(err)
			}

			zeroed := &mapWeights{g, map[string][]float32{}}
			maps.Copy(zeroed.values, weights.values)
			last := block + map[string]string{"basic": ".bn2", "bottleneck": ".bn3"}[spec.Block]
			for _, name := range []string{".weight", ".bias"} {
				zeroed.values[last+name] = make([]float32, len(weights.values[last+name]))
			}
			want := reference(g, zeroed, input)[g.Output()]
			differs := false
			for i, v := range want {
				if math.Abs(float64(got.Data[i])-v) > 1e-4*(1+math.Abs(v)) {
					t.Errorf("%s without %s: logit %d is %v, want %v", spec.Block, block, i, got.Data[i], v)
				}
				differs = differs || math.Abs(float64(whole.Data[i])-v) > 1e-2
			}
			if !differs {
				t.Errorf("%s without %s: the logits are those of the whole network", spec.Block, block)
			}
		}
		if n := len(program.packed); n > packed {
			t.Errorf("%s: %d weights packed, want the %d of the whole network", spec.Block, n, packed)
		}
	}
}
