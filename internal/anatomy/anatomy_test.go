package anatomy_test

import (
	"context"
	"math"
	"testing"

	"resnet/internal/anatomy"
	"resnet/internal/config"
	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

func build(t *testing.T, spec model.Spec) *model.Graph {
	t.Helper()
	g, err := model.Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func load(t *testing.T, name string) *model.Graph {
	t.Helper()
	arch, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return build(t, arch.Spec)
}

// session runs a graph with weights whose convolutions and batch norms are all positive, so that no ReLU hides anything.
func session(t *testing.T, g *model.Graph, input tensor.Shape, set *hooks.Set) *engine.Session {
	t.Helper()
	p, err := engine.New(g.Graph, positive{random.Weights(g.Graph, 1)}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.Plan(t.Context(), input, set)
	if err != nil {
		t.Fatal(err)
	}
	s := plan.NewSession(engine.NewTeam(1))
	return s
}

type positive struct{ graph.Weights }

func (p positive) Read(name string, dst []float32) error {
	err := p.Weights.Read(name, dst)
	for i, v := range dst {
		dst[i] = float32(math.Abs(float64(v)))
	}
	return err
}

// TestFieldsMeasured changes one column of the input after the other, and sees which places of each layer's output change:
// receptive field and stride as they are, whatever the rules of arithmetic say.
func TestFieldsMeasured(t *testing.T) {
	const size = 65
	stem := model.Stem{Convs: []model.StemConv{{Kernel: 3, Planes: 4, Stride: 2, Padding: 1}}, Pool: &model.StemPool{Kernel: 3, Stride: 1, Padding: 1}}
	base := model.Spec{Layers: []int{1, 2}, Planes: []int{4, 8}, NumClasses: 2, Input: [3]int{1, size, size}, Stem: stem}
	for name, change := range map[string]func(*model.Spec){
		"basic":      func(s *model.Spec) {},
		"bottleneck": func(s *model.Spec) { s.Block = "bottleneck" },
		"dilated":    func(s *model.Spec) { s.Block, s.ReplaceStrideWithDilation = "bottleneck", []bool{true} },
		"avgpool":    func(s *model.Spec) { s.Shortcut = model.ShortcutAvgPoolProjection },
		"pad":        func(s *model.Spec) { s.Shortcut = model.ShortcutPad },
	} {
		spec := base.Clone()
		change(&spec)
		g := build(t, spec.Default())
		outputs := map[string][]float32{}
		set := hooks.NewSet(g.Graph)
		all, err := hooks.Select(g.Graph, nil)
		if err != nil {
			t.Fatal(err)
		}
		set.AddSelected(all, hooks.Func(hooks.Output, func(e hooks.Event) error {
			if len(e.Output.Shape) == 4 { // the middle row of the first channel
				h, w := e.Output.Shape[2], e.Output.Shape[3]
				outputs[e.Path] = append([]float32(nil), e.Output.Data[h/2*w:][:w]...)
			}
			return nil
		}))
		s := session(t, g, g.InputShape(1), set)
		run := func(column int) map[string][]float32 {
			x := tensor.New(g.InputShape(1)...)
			for i := range x.Data {
				x.Data[i] = 1
				if i%size == column {
					x.Data[i] = 3
				}
			}
			outputs = map[string][]float32{}
			if _, err := s.Run(context.Background(), x); err != nil {
				t.Fatal(err)
			}
			return outputs
		}
		before := run(-1)
		seen := map[string]map[int][]int{} // by path and place, the columns that matter
		for column := range size {
			for path, values := range run(column) {
				for place, v := range values {
					if math.Abs(float64(v/before[path][place])-1) > 1e-6 {
						if seen[path] == nil {
							seen[path] = map[int][]int{}
						}
						seen[path][place] = append(seen[path][place], column)
					}
				}
			}
		}
		compared := 0
		for _, f := range anatomy.Fields(g.Graph) {
			if f.Whole || f.Class == "Pad" { // a pad's first channel is zero
				continue
			}
			middle := len(before[f.Path]) / 2
			columns, next := seen[f.Path][middle], seen[f.Path][middle+1]
			if columns == nil || columns[0] == 0 || next[len(next)-1] == size-1 {
				continue // it sees over the edge
			}
			compared++
			if got := columns[len(columns)-1] - columns[0] + 1; got != f.Size {
				t.Errorf("%s, %s: sees %d columns, want %d", name, f.Path, got, f.Size)
			}
			if got := columns[0] - middle*f.Stride; got != f.From {
				t.Errorf("%s, %s: sees from column %d on, want %d", name, f.Path, got, f.From)
			}
			if got := next[0] - columns[0]; got != f.Stride {
				t.Errorf("%s, %s: the next place is %d columns on, want %d", name, f.Path, got, f.Stride)
			}
		}
		if compared < 7 {
			t.Errorf("%s: only %d layers compared", name, compared)
		}
	}
}

// The receptive fields of the last map that "Computing Receptive Fields of Convolutional Neural Networks" (Araujo et al.,
// 2019) gives for the paper's networks: 483, 1027, 1507. With the stride on the 3×3 convolution it is less.
func TestFieldsPublished(t *testing.T) {
	for name, want := range map[string]int{"resnet50_v1": 483, "resnet101_v1": 1027, "resnet152_v1": 1507, "resnet50": 427, "resnet18": 435} {
		g := load(t, name)
		p := anatomy.PathsOf(g)
		if p.LongestField != want {
			t.Errorf("%s: receptive field %d, want %d", name, p.LongestField, want)
		}
		fields := anatomy.Fields(g.Graph)
		last := fields[len(fields)-1]
		if last.Path != "fc" || !last.Whole {
			t.Errorf("%s: the last layer is %+v", name, last)
		}
		if add := fields[len(fields)-3]; add.Class != "Add" || add.Size != want || add.Stride != 32 {
			t.Errorf("%s: the last add is %+v", name, add)
		}
	}
}

func TestPaths(t *testing.T) {
	for name, want := range map[string]anatomy.Paths{
		"resnet50":       {Choices: 16, Longest: 50, Shortest: 6, Projections: 4, LongestField: 427, ShortestField: 11},
		"resnet34":       {Choices: 16, Longest: 34, Shortest: 5, Projections: 3, LongestField: 899, ShortestField: 11},
		"resnet20_cifar": {Choices: 9, Longest: 20, Shortest: 2, LongestField: 81, ShortestField: 3},
		"plain34":        {Longest: 34, Shortest: 34, LongestField: 899, ShortestField: 899},
	} {
		if got := anatomy.PathsOf(load(t, name)); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestDivergence(t *testing.T) {
	if d := anatomy.Divergence([]float64{0.5, 0.5, 0}, []float64{0.25, 0.5, 0.25}); math.Abs(d-0.5) > 1e-15 {
		t.Errorf("%v, want 0.5", d)
	}
}

// A residual branch that adds nothing has the ratio 0, and the block hands its input on.
func TestWatch(t *testing.T) {
	spec := model.Spec{Layers: []int{2}, Planes: []int{4}, NumClasses: 2, Input: [3]int{1, 16, 16}, Stem: model.Stem{
		Convs: []model.StemConv{{Kernel: 3, Planes: 4, Stride: 1, Padding: 1}},
	}}
	g := build(t, spec.Default())
	set := hooks.NewSet(g.Graph)
	m := anatomy.Watch(set, g)
	p, err := engine.New(g.Graph, silenced{random.Weights(g.Graph, 1)}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.Plan(t.Context(), g.InputShape(1), set)
	if err != nil {
		t.Fatal(err)
	}
	s := plan.NewSession(engine.NewTeam(1))
	x := tensor.New(g.InputShape(1)...)
	if err := random.Input(t.Context(), x.Data, 1); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second pass replaces the first
		if _, err := s.Run(context.Background(), x); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.Stem) != 1 || len(m.Blocks) != 2 {
		t.Fatalf("%+v", m)
	}
	first, second := m.Blocks[0], m.Blocks[1]
	if second.Ratio() != 0 || math.Abs(second.Cosine-1) > 1e-12 || second.Input == 0 || second.Shortcut != "identity" {
		t.Errorf("a branch of zeros: %+v", second)
	}
	if len(second.Responses) != 2 || second.Responses[0].Std == 0 || second.Responses[1] != (anatomy.Response{Path: "layer1.1.bn2"}) {
		t.Errorf("responses %+v", second.Responses)
	}
	if first.Zeros != second.Zeros || first.Zeros == 0 || first.Ratio() == 0 || first.Cosine > 0.999 {
		t.Errorf("%+v, then %+v", first, second)
	}
	if second.Channels != 4 || second.Silent != first.Silent {
		t.Errorf("%d of %d channels silent, before %d", second.Silent, second.Channels, first.Silent)
	}
}

// silenced are weights with a last batch norm of zeros in layer1.1.
type silenced struct{ graph.Weights }

func (s silenced) Read(name string, dst []float32) error {
	err := s.Weights.Read(name, dst)
	if name == "layer1.1.bn2.weight" || name == "layer1.1.bn2.bias" {
		clear(dst)
	}
	return err
}
