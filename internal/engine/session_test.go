package engine

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// smallNet is a network with a stem, a projection and an identity shortcut, and an input for it.
func smallNet(t testing.TB) (*Program, tensor.Tensor) {
	t.Helper()
	g, err := model.Build(model.Spec{
		Block: "bottleneck", Layers: []int{2, 1}, Planes: []int{32, 48}, NumClasses: 10,
		Stem: model.Stem{Pool: &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}}, Input: [3]int{3, 64, 64},
	}.Default())
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(g, randomWeights(g, rand.New(rand.NewPCG(1, 2))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	input := tensor.New(2, 3, 51, 45)
	model.RandomInput(input.Data, 3)
	return p, input
}

func nothing(hooks.Event) error { return nil }

// TestSeam wants values to stop fusion where they are watched and only there, facts and time nowhere.
func TestSeam(t *testing.T) {
	p, input := smallNet(t)
	steps := func(pattern string, needs hooks.Needs) []StepInfo {
		set := hooks.NewSet(p.Graph())
		mustAdd(t, set, pattern, hooks.Func(needs, nothing))
		plan, err := p.Plan(input.Shape, set)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Steps()
	}
	plain, err := p.Plan(input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, needs := range []hooks.Needs{hooks.Facts, hooks.Time} {
		if got := steps("**", needs); !reflect.DeepEqual(got, plain.Steps()) {
			t.Errorf("needs %b change the steps: %v, want %v", needs, got, plain.Steps())
		}
	}
	alone := [][]string{{"layer1.0.conv1"}, {"layer1.0.bn1"}, {"layer1.0.relu"}}
	fused := [][]string{{"layer1.0.conv1", "layer1.0.bn1", "layer1.0.relu"}}
	for pattern, want := range map[string][][]string{
		"layer1.0.conv1":  alone[:1],
		"layer1.0.bn1":    {{"layer1.0.conv1", "layer1.0.bn1"}, {"layer1.0.relu"}},
		"layer1.0.relu#2": fused,
		"layer1.0.conv2":  fused,
		"layer1.0":        {{"layer1.0.conv3", "layer1.0.bn3", "layer1.0.add", "layer1.0.relu"}},
		"layer1.0.bn3":    {{"layer1.0.conv3", "layer1.0.bn3"}, {"layer1.0.downsample.0", "layer1.0.downsample.1", "layer1.0.add", "layer1.0.relu"}},
		"layer1.0.add":    {{"layer1.0.conv3", "layer1.0.bn3", "layer1.0.add"}},
	} {
		var got [][]string
		for _, s := range steps(pattern, hooks.Output) {
			got = append(got, s.Paths)
		}
		for _, paths := range want {
			if !slices.ContainsFunc(got, func(p []string) bool { return slices.Equal(p, paths) }) {
				t.Errorf("with a hook on %s no step computes %v alone", pattern, paths)
			}
		}
		if pattern != "layer1.0.conv1" && !strings.HasSuffix(pattern, "0.bn1") && !slices.ContainsFunc(got, func(p []string) bool { return slices.Equal(p, fused[0]) }) {
			t.Errorf("a hook on %s stops fusion elsewhere", pattern)
		}
	}
}

// TestEvents wants all events once, in the order of the calls, with their facts; twice, for a session runs again.
func TestEvents(t *testing.T) {
	p, input := smallNet(t)
	layers, err := p.Graph().Layers(input.Shape)
	if err != nil {
		t.Fatal(err)
	}
	set := hooks.NewSet(p.Graph())
	var seen []model.Layer
	mustAdd(t, set, "**", hooks.Func(hooks.Facts, func(e hooks.Event) error {
		if e.Output.Data != nil || e.Inputs[0].Data != nil || !e.Output.Shape.Equal(e.Layer.Output) {
			t.Errorf("%s: an event that needs facts alone has values or no shape", e.Path)
		}
		seen = append(seen, e.Layer)
		return nil
	}))
	plan, err := p.Plan(input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s := plan.NewSession(2)
	defer s.Close()
	for range 2 {
		seen = nil
		if _, err := s.Run(context.Background(), input); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(seen, layers) {
			t.Errorf("%d events that differ from the %d layers", len(seen), len(layers))
		}
	}
}

func TestTime(t *testing.T) {
	p, input := smallNet(t)
	set := hooks.NewSet(p.Graph())
	r := hooks.NewRecorder()
	mustAdd(t, set, "**", r.Timer())
	run(t, p, input, set)
	byName := map[string]hooks.Record{}
	var leaves time.Duration
	for i, record := range r.Records() {
		byName[hooks.Names(p.Graph())[i]] = record
		if record.Time == nil != (record.FusedInto != "") {
			t.Errorf("%s: time %v, fused into %q", record.Path, record.Time, record.FusedInto)
		}
		if !record.Container && record.Time != nil {
			leaves += *record.Time
		}
	}
	for name, leader := range map[string]string{
		"layer1.0.conv3": "", "layer1.0.bn3": "layer1.0.conv3", "layer1.0.add": "layer1.0.conv3", "layer1.0.relu#3": "layer1.0.conv3",
		"layer1.0.relu#2": "layer1.0.conv2", "maxpool": "", "fc": "", "": "",
	} {
		if got := byName[name].FusedInto; got != leader {
			t.Errorf("the time of %q stands at %q, want %q", name, got, leader)
		}
	}
	if root := byName[""].Time; *root != leaves || leaves <= 0 {
		t.Errorf("the root took %v, its layers %v", *root, leaves)
	}
	if block, conv := byName["layer1.0"].Time, byName["layer1.0.conv2"].Time; *block <= *conv {
		t.Errorf("a block took %v, a layer in it %v", *block, *conv)
	}
}

// TestErrorAndCancel stops passes in the middle and wants the next one to be whole.
func TestErrorAndCancel(t *testing.T) {
	p, input := smallNet(t)
	want := run(t, p, input, nil)
	set := hooks.NewSet(p.Graph())
	var act func() error
	var seen []string
	mustAdd(t, set, "layer1.1.conv2", hooks.Func(hooks.Output, func(hooks.Event) error { return act() }))
	mustAdd(t, set, "**", hooks.Func(hooks.Facts, func(e hooks.Event) error { seen = append(seen, e.Path); return nil }))
	plan, err := p.Plan(input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s := plan.NewSession(2)
	defer s.Close()

	boom := errors.New("boom")
	act = func() error { return boom }
	_, err = s.Run(context.Background(), input)
	if !errors.Is(err, boom) || err.Error() != "hook on layer1.1.conv2: boom" {
		t.Errorf("error %v, want boom and the hook's path", err)
	}
	if last := seen[len(seen)-1]; last != "layer1.1.relu" {
		t.Errorf("the last event was %s, want that before layer1.1.conv2", last)
	}

	ctx, cancel := context.WithCancel(context.Background())
	seen = nil
	act = func() error { cancel(); return nil }
	if _, err := s.Run(ctx, input); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if last := seen[len(seen)-1]; last != "layer1.1.conv2" {
		t.Errorf("the last event was %s, want the one in which the context was cancelled", last)
	}
	if _, err := s.Run(ctx, input); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}

	act = func() error { return nil }
	got, err := s.Run(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	requireClose(t, "logits after an error and a cancellation", got.Data, want.Data, 1e-5)
}

func TestRunRefuses(t *testing.T) {
	p, input := smallNet(t)
	set := hooks.NewSet(p.Graph())
	var s *Session
	mustAdd(t, set, "fc", hooks.Func(hooks.Facts, func(hooks.Event) error {
		_, err := s.Run(context.Background(), input)
		return err
	}))
	plan, err := p.Plan(input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s = plan.NewSession(1)
	if _, err := s.Run(context.Background(), input); err == nil || !strings.Contains(err.Error(), "running already") {
		t.Errorf("a Run within a Run: %v", err)
	}
	if _, err := s.Run(context.Background(), tensor.New(2, 3, 45, 51)); err == nil || err.Error() != "input [2, 3, 45, 51] with 13770 values, want [2, 3, 51, 45]" {
		t.Errorf("another shape: %v", err)
	}
	s.Close()
	s.Close()
	if _, err := s.Run(context.Background(), input); err == nil || err.Error() != "the session is closed" {
		t.Errorf("a closed session: %v", err)
	}
	other, _ := smallNet(t)
	if _, err := other.Plan(input.Shape, set); err == nil {
		t.Error("hooks on another graph are accepted")
	}
	if _, err := p.Plan(tensor.Shape{1, 4, 64, 64}, nil); err == nil || err.Error() != "input [1, 4, 64, 64], want [n, 3, h, w]" {
		t.Errorf("an input of another shape: %v", err)
	}
}

func TestRemove(t *testing.T) {
	p, input := smallNet(t)
	set := hooks.NewSet(p.Graph())
	var seen []string
	note := func(name string) hooks.Hook {
		return hooks.Func(hooks.Output, func(hooks.Event) error { seen = append(seen, name); return nil })
	}
	removeA, err := set.Add("fc", note("a"))
	if err != nil {
		t.Fatal(err)
	}
	mustAdd(t, set, "Linear", note("b"))
	plan, err := p.Plan(input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s := plan.NewSession(1)
	defer s.Close()
	for range 2 {
		if _, err := s.Run(context.Background(), input); err != nil {
			t.Fatal(err)
		}
		removeA()
	}
	if got := strings.Join(seen, ""); got != "abb" {
		t.Errorf("hooks called: %s, want abb", got)
	}
}

// TestConcurrentSessions runs eight goroutines, each with a plan of its own hooks, on one program.
func TestConcurrentSessions(t *testing.T) {
	p, input := smallNet(t)
	want := run(t, p, input, nil)
	fresh, _ := smallNet(t) // nothing packed yet
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			set := hooks.NewSet(fresh.Graph())
			if i%2 == 1 {
				set.Add([]string{"**", "layer2.*.bn2", "BatchNorm2d", "layer1"}[i/2], hooks.Func(hooks.Output, nothing))
			}
			plan, err := fresh.Plan(input.Shape, set)
			if err != nil {
				t.Error(err)
				return
			}
			s := plan.NewSession(1 + i%3)
			defer s.Close()
			for range 3 {
				if got, err := s.Run(context.Background(), input); err != nil || !closeTo(got.Data, want.Data) {
					t.Errorf("goroutine %d: logits differ (%v)", i, err)
				}
			}
		})
	}
	wg.Wait()
}

func closeTo(got, want []float32) bool {
	return slices.EqualFunc(got, want, func(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-4 })
}

func TestRunDoesNotAllocate(t *testing.T) {
	if Race {
		t.Skip("the race detector makes sync.Pool forget")
	}
	p, input := smallNet(t)
	set := hooks.NewSet(p.Graph())
	mustAdd(t, set, "**", hooks.Func(hooks.Time|hooks.Output|hooks.Input, nothing))
	for name, set := range map[string]*hooks.Set{"without hooks": nil, "with hooks": set} {
		plan, err := p.Plan(input.Shape, set)
		if err != nil {
			t.Fatal(err)
		}
		for threads := 1; threads <= 2; threads++ {
			s := plan.NewSession(threads)
			n := testing.AllocsPerRun(10, func() {
				if _, err := s.Run(context.Background(), input); err != nil {
					t.Fatal(err)
				}
			})
			if n != 0 {
				t.Errorf("%s, %d threads: %g allocations a Run", name, threads, n)
			}
			s.Close()
		}
	}
}

// TestForgottenSession wants the goroutines of a session that nobody closed to end.
func TestForgottenSession(t *testing.T) {
	p, input := smallNet(t)
	plan, err := p.Plan(input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for range 10 {
		if _, err := plan.NewSession(3).Run(context.Background(), input); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		runtime.GC()
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before the sessions", runtime.NumGoroutine(), before)
}

func TestNewErrors(t *testing.T) {
	p, input := smallNet(t)
	w := p.weights.(*mapWeights)
	delete(w.values, "layer1.0.bn1.running_var")
	if _, err := New(p.Graph(), w, Options{}); err == nil || err.Error() != `parameter "layer1.0.bn1.running_var" is missing` {
		t.Errorf("a missing parameter: %v", err)
	}

	_, err := New(p.Graph(), misshapen{w}, Options{})
	want := "parameter \"layer1.0.bn1.running_var\" is missing\nparameter \"fc.weight\": shape [10, 192, 1], want [10, 192]"
	if err == nil || err.Error() != want {
		t.Errorf("a wrong shape: %v, want %s", err, want)
	}

	p, _ = smallNet(t)
	w = p.weights.(*mapWeights)
	w.values["layer1.0.conv2.weight"] = nil
	_, err = p.Plan(input.Shape, nil)
	if err == nil || !strings.HasPrefix(err.Error(), `parameter "layer1.0.conv2.weight": `) {
		t.Errorf("a parameter that can't be read: %v", err)
	}
}

// misshapen gives fc.weight a dimension too many.
type misshapen struct{ *mapWeights }

func (m misshapen) Info(name string) (tensor.Info, bool) {
	info, ok := m.mapWeights.Info(name)
	if name == "fc.weight" {
		info.Shape = append(info.Shape.Clone(), 1)
	}
	return info, ok
}

// TestNaN wants a NaN of the input to reach the logits of its image, and no other.
func TestNaN(t *testing.T) {
	p, input := smallNet(t)
	want := run(t, p, input, nil)
	spoiled := input.Clone()
	spoiled.Data[1000] = float32(math.NaN())
	got := run(t, p, spoiled, nil)
	for i, v := range got.Data[:10] {
		if v == v {
			t.Errorf("logit %d of the image with a NaN is %g", i, v)
		}
	}
	if !slices.Equal(got.Data[10:], want.Data[10:]) {
		t.Error("a NaN in one image changes another")
	}
}

func TestPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 200 {
		buffers := make([]buffer, 1+rng.IntN(30))
		for i := range buffers {
			from := rng.IntN(20)
			buffers[i] = buffer{size: 1 + rng.IntN(100), from: from, to: from + rng.IntN(5)}
		}
		total := place(buffers)
		for i, a := range buffers {
			if a.offset%align != 0 || a.offset+a.size > total {
				t.Fatalf("buffer %+v of an arena of %d", a, total)
			}
			for _, b := range buffers[:i] {
				if a.from <= b.to && b.from <= a.to && a.offset < b.offset+b.size && b.offset < a.offset+a.size {
					t.Fatalf("buffers %+v and %+v overlap", a, b)
				}
			}
		}
	}
}

// TestMemory wants the arena of ResNet-50 to stay far below what its layers put out, and the same with weights.
func TestMemory(t *testing.T) {
	g, err := model.Build(model.Spec{Block: "bottleneck", Layers: []int{3, 4, 6, 3}, Stem: model.Stem{Pool: &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}}}.Default())
	if err != nil {
		t.Fatal(err)
	}
	m, err := PlanMemory(g, g.InputShape(1))
	if err != nil {
		t.Fatal(err)
	}
	const mib = 1 << 20
	if m.Activations > 13*mib || m.Activations < 3*64*112*112 || m.LayerOutputs/mib != 84 {
		t.Errorf("%.1f MiB of activations, %.1f MiB of layer outputs", float64(m.Activations)/mib, float64(m.LayerOutputs)/mib)
	}
	p, input := smallNet(t)
	p.options.choose = ops.GenericConv
	plan, err := p.Plan(input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := PlanMemory(p.Graph(), input.Shape); err != nil || m != plan.Memory() {
		t.Errorf("without weights %+v (%v), with %+v", m, err, plan.Memory())
	}
}
