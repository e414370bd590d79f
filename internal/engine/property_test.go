package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// randomSpec is a small network of any kind.
func randomSpec(rng *rand.Rand) model.Spec {
	layers := 1 + rng.IntN(3)
	s := model.Spec{NumClasses: 1 + rng.IntN(20), Input: [3]int{1 + rng.IntN(4), 64, 64}}
	s.Block = pick(rng, "basic", "bottleneck")
	s.Shortcut = pick(rng, model.Shortcuts()...)
	planes := 0
	for i := range layers {
		s.Layers = append(s.Layers, 1+rng.IntN(2))
		planes += 4 * (1 + rng.IntN(4)) // a pad shortcut can't lose channels
		s.Planes = append(s.Planes, planes)
		s.Strides = append(s.Strides, 1+rng.IntN(2))
		if i > 0 {
			s.ReplaceStrideWithDilation = append(s.ReplaceStrideWithDilation, s.Shortcut != model.ShortcutAvgPoolProjection && rng.IntN(4) == 0)
		}
	}
	if s.Block == "bottleneck" {
		s.StrideIn = pick(rng, model.StrideIns()...)
		s.Groups = pick(rng, 1, 2, 4)
		s.WidthPerGroup = 16 * (1 + rng.IntN(4))
	}
	convs := 1 + rng.IntN(2)
	for range convs {
		s.Stem.Convs = append(s.Stem.Convs, model.StemConv{Kernel: pick(rng, 1, 3, 7), Planes: 4, Stride: 1 + rng.IntN(2), Padding: 1})
	}
	if rng.IntN(2) == 0 {
		s.Stem.Pool = &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}
	}
	return s.Default()
}

func pick[T any](rng *rand.Rand, options ...T) T { return options[rng.IntN(len(options))] }

// TestRandomNetworks runs random networks with random hooks: what every hook sees, fused and unfused, is what the
// reference computes layer by layer; other batches, threads and hooks change no bit.
func TestRandomNetworks(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 0))
		g, err := model.Build(randomSpec(rng))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		input := tensor.New(1+rng.IntN(3), g.Spec.Input[0], 10+rng.IntN(24), 10+rng.IntN(24))
		if err := random.Input(t.Context(), input.Data, seed); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Shapes(input.Shape); err != nil {
			continue // the maps shrink to nothing
		}
		weights := randomWeights(g.Graph, rng)
		p, err := New(g.Graph, weights, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprintf("seed %d %s %v %v", seed, g.Spec.Block, g.Spec.Shortcut, input.Shape), func(t *testing.T) {
			values := reference(g.Graph, weights, input)
			logits := narrow(values[g.Output()])
			fused := run(t, p, input, nil)
			requireClose(t, "fused logits", fused.Data, logits, 1e-5)
			for range 3 {
				set, seen := randomHooks(t, g.Graph, rng, values)
				unfused := run(t, p, input, set)
				requireClose(t, "logits with hooks", unfused.Data, logits, 1e-5)
				if *seen == 0 {
					t.Error("no hook was called")
				}
			}
			requireSameBits(t, p, input, fused)
			requireOtherSize(t, p, weights, seed)
		})
	}
}

// randomHooks watches some calls and compares what they see with the reference.
func randomHooks(t *testing.T, g *graph.Graph, rng *rand.Rand, values [][]float64) (set *hooks.Set, seen *int) {
	set, seen = hooks.NewSet(g), new(int)
	last := -1
	for _, needs := range []hooks.Needs{hooks.Output, hooks.Input, hooks.Output | hooks.Input | hooks.Time, hooks.Facts} {
		selected := make([]bool, len(g.Calls))
		share := pick(rng, 2, 5, 20)
		for i := range selected {
			selected[i] = rng.IntN(share) == 0
		}
		selected[rng.IntN(len(selected))] = true
		set.AddSelected(selected, hooks.Func(needs, func(e hooks.Event) error {
			*seen++
			call := g.Calls[e.Index]
			if e.Index < last || e.Path != call.Path {
				t.Errorf("event %d %s comes after event %d", e.Index, e.Path, last)
			}
			last = e.Index
			if needs&hooks.Output != 0 {
				requireClose(t, "output of "+e.Path, e.Output.Data, narrow(values[call.Output]), 1e-5)
			}
			if needs&hooks.Input != 0 {
				for i, v := range call.Inputs {
					requireClose(t, "input of "+e.Path, e.Inputs[i].Data, narrow(values[v]), 1e-5)
				}
			}
			if e.Index == len(g.Calls)-1 {
				last = -1
			}
			return nil
		}))
	}
	set.Add("=", hooks.Func(hooks.Facts, func(hooks.Event) error { last = -1; return nil }))
	return set, seen
}

// requireOtherSize runs an input of another size on weights that were packed for the first.
func requireOtherSize(t *testing.T, p *Program, w *mapWeights, seed uint64) {
	t.Helper()
	input := tensor.New(1, p.graph.Channels(p.graph.Input()), 41, 23)
	if err := random.Input(t.Context(), input.Data, seed); err != nil {
		t.Fatal(err)
	}
	if _, err := p.graph.Shapes(input.Shape); err == nil {
		requireClose(t, "logits at another size", run(t, p, input, nil).Data, narrow(reference(p.graph, w, input)[p.graph.Output()]), 1e-5)
	}
}

// requireSameBits runs the batch with other numbers of threads and in smaller parts, and image by image.
func requireSameBits(t *testing.T, p *Program, input, want tensor.Tensor) {
	t.Helper()
	plan, err := p.Plan(t.Context(), input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []struct {
		threads  int
		mostWork int64
	}{{1, mostWork}, {3, mostWork}, {1, 3000}, {2, 20_000}} {
		plan.mostWork = how.mostWork
		s := newSession(t, plan, how.threads)
		got, err := s.Run(context.Background(), input)
		if err != nil || !slices.Equal(got.Data, want.Data) {
			t.Errorf("%+v gives other bits (%v)", how, err)
		}
	}
	one := input.Shape.Clone()
	one[0] = 1
	size, classes := one.Elements(), want.Shape[1]
	for i := range input.Shape[0] {
		got := run(t, p, tensor.Tensor{Shape: one, Data: input.Data[i*size:][:size]}, nil)
		if !slices.Equal(got.Data, want.Data[i*classes:][:classes]) {
			t.Errorf("image %d alone gives other bits than in the batch", i)
		}
	}
}
