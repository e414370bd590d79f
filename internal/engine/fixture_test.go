package engine

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/checkpoint"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// fixture is a narrow network, and what PyTorch makes of an input; testdata/make_fixtures.py wrote it.
type fixture struct {
	graph  *graph.Graph
	file   *checkpoint.File
	input  tensor.Tensor
	events []fixtureEvent
}

// fixtureEvent is what a forward hook saw.
type fixtureEvent struct {
	path, class, tensor        string
	mean, std, min, max, zeros float64
}

func (e *fixtureEvent) UnmarshalJSON(data []byte) error {
	fields := []any{&e.path, &e.class, &e.tensor, &e.mean, &e.std, &e.min, &e.max, &e.zeros}
	return json.Unmarshal(data, &fields)
}

func fixtures(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/fixtures/*.safetensors")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d fixtures (%v), want 10", len(paths), err)
	}
	return paths
}

func loadFixture(t *testing.T, path string) *fixture {
	t.Helper()
	f := openFixture(t, path)
	if err := json.Unmarshal([]byte(fixtureMetadata(t, path)["events"]), &f.events); err != nil {
		t.Fatal(err)
	}
	return f
}

// openFixture reads all of a fixture but its events.
func openFixture(t *testing.T, path string) *fixture {
	t.Helper()
	f := &fixture{}
	var err error
	if f.file, err = checkpoint.Open(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.file.Close() })
	var spec model.Spec
	if err := json.Unmarshal([]byte(fixtureMetadata(t, path)["spec"]), &spec); err != nil {
		t.Fatal(err)
	}
	g, err := model.Build(spec.Default())
	if err != nil {
		t.Fatal(err)
	}
	f.graph = g.Graph
	f.input = f.tensor(t, "input")
	return f
}

func fixtureMetadata(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := safetensors.Open(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return r.Metadata()
}

func (f *fixture) tensor(t *testing.T, name string) tensor.Tensor {
	t.Helper()
	info, ok := f.file.Info(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	x := tensor.New(info.Shape...)
	if err := f.file.Read(name, x.Data); err != nil {
		t.Fatal(err)
	}
	return x
}

func (f *fixture) program(t *testing.T, options Options) *Program {
	t.Helper()
	p, err := New(f.graph, f.file, options)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run makes a plan and a session of two threads for one pass.
func run(t *testing.T, p *Program, input tensor.Tensor, set *hooks.Set) tensor.Tensor {
	t.Helper()
	plan, err := p.Plan(t.Context(), input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, plan, 2)
	y, err := s.Run(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	return y.Clone()
}

// requireClose wants every value within tolerance times the largest value of want.
func requireClose(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	largest := 0.0
	for _, v := range want {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance*largest) {
			t.Fatalf("%s: value %d is %g, want %g (the largest is %g)", what, i, got[i], want[i], largest)
		}
	}
}

// TestPyTorch compares every module's output and its statistics with PyTorch's, once with all layers watched and once
// with each alone, so that the rest is fused.
func TestPyTorch(t *testing.T) {
	for _, path := range fixtures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) {
			f := loadFixture(t, path)
			p := f.program(t, Options{})
			set := hooks.NewSet(f.graph)
			r := hooks.NewRecorder()
			i := 0
			mustAdd(t, set, "**", r.Statistics())
			mustAdd(t, set, "**", hooks.Func(hooks.Output, func(e hooks.Event) error {
				if e.Class == "Flatten" {
					return nil // torch.flatten has no module to hook
				}
				f.compare(t, i, e)
				i++
				return nil
			}))
			run(t, p, f.input, set)
			if i != len(f.events) {
				t.Fatalf("%d events, want %d", i, len(f.events))
			}
			f.compareStats(t, r.Records())
			f.compareAlone(t, p)
		})
	}
}

func mustAdd(t *testing.T, s *hooks.Set, pattern string, h hooks.Hook) {
	t.Helper()
	if _, err := s.Add(pattern, h); err != nil {
		t.Fatal(err)
	}
}

// compare wants event i to be PyTorch's.
func (f *fixture) compare(t *testing.T, i int, e hooks.Event) {
	t.Helper()
	want := f.events[i]
	if e.Path != want.path || e.Class != want.class {
		t.Fatalf("event %d: %s %s, want %s %s", i, e.Path, e.Class, want.path, want.class)
	}
	x := f.tensor(t, want.tensor)
	if !e.Output.Shape.Equal(x.Shape) {
		t.Fatalf("%s: shape %v, want %v", e.Path, e.Output.Shape, x.Shape)
	}
	requireClose(t, e.Path, e.Output.Data, x.Data, 1e-4)
}

func (f *fixture) compareStats(t *testing.T, records []hooks.Record) {
	t.Helper()
	i := 0
	for _, r := range records {
		if r.Class == "Flatten" {
			continue
		}
		want := f.events[i]
		largest := max(math.Abs(want.min), math.Abs(want.max))
		for name, pair := range map[string][2]float64{
			"mean": {r.Stats.Mean, want.mean}, "std": {r.Stats.Std, want.std}, "min": {r.Stats.Min, want.min}, "max": {r.Stats.Max, want.max},
		} {
			if !(math.Abs(pair[0]-pair[1]) <= 1e-5*largest) {
				t.Errorf("%s: %s %g, want %g", r.Path, name, pair[0], pair[1])
			}
		}
		if math.Abs(r.Stats.Zeros-want.zeros) > 1.01/float64(r.Output.Elements()) {
			t.Errorf("%s: share of zeros %g, want %g", r.Path, r.Stats.Zeros, want.zeros)
		}
		i++
	}
}

// compareAlone watches one layer at a time.
func (f *fixture) compareAlone(t *testing.T, p *Program) {
	t.Helper()
	names := hooks.Names(f.graph)
	logits := f.tensor(t, f.events[len(f.events)-1].tensor)
	i := 0
	for call, name := range names {
		if f.graph.Calls[call].Class == "Flatten" {
			continue
		}
		set := hooks.NewSet(f.graph)
		seen := 0
		mustAdd(t, set, "="+name, hooks.Func(hooks.Output, func(e hooks.Event) error {
			if e.Index == call {
				f.compare(t, i, e)
				seen++
			}
			return nil
		}))
		requireClose(t, "logits with a hook on "+name, run(t, p, f.input, set).Data, logits.Data, 1e-4)
		if seen != 1 {
			t.Fatalf("%s was seen %d times", name, seen)
		}
		i++
	}
}
