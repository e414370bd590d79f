package engine

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/ops"
	"resnet/internal/random"
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
	p, err := New(g.Graph, randomWeights(g.Graph, rand.New(rand.NewPCG(1, 2))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	input := tensor.New(2, 3, 51, 45)
	if err := random.Input(t.Context(), input.Data, 3); err != nil {
		t.Fatal(err)
	}
	return p, input
}

func TestRunRefuses(t *testing.T) {
	p, input := smallNet(t)
	set := hooks.NewSet(p.Graph())
	var s *Session
	mustAdd(t, set, "fc", hooks.Func(hooks.Facts, func(hooks.Event) error {
		_, err := s.Run(context.Background(), input)
		return err
	}))
	plan, err := p.Plan(t.Context(), input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s = newSession(t, plan, 1)
	if _, err := s.Run(context.Background(), input); err == nil || !strings.Contains(err.Error(), "running already") {
		t.Errorf("a Run within a Run: %v", err)
	}
	if _, err := s.Run(context.Background(), tensor.New(2, 3, 45, 51)); err == nil || err.Error() != "input [2, 3, 45, 51] with 13770 values, want [2, 3, 51, 45]" {
		t.Errorf("another shape: %v", err)
	}
	other, _ := smallNet(t)
	if _, err := other.Plan(t.Context(), input.Shape, set); err == nil {
		t.Error("hooks on another graph are accepted")
	}
	if _, err := p.Plan(t.Context(), tensor.Shape{1, 4, 64, 64}, nil); err == nil || err.Error() != "input [1, 4, 64, 64], want [n, 3, h, w]" {
		t.Errorf("an input of another shape: %v", err)
	}
}

// newSession makes a session with a team of its own.
func newSession(t testing.TB, plan *Plan, threads int) *Session {
	t.Helper()
	team := NewTeam(threads)
	t.Cleanup(team.Close)
	return plan.NewSession(team)
}

// TestSharedTeam wants the same bits from sessions that compute at the same time on one team, and after it was closed.
func TestSharedTeam(t *testing.T) {
	p, input := smallNet(t)
	want := run(t, p, input, nil)
	plan, err := p.Plan(t.Context(), input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	team := NewTeam(3)
	compute := func() {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				s := plan.NewSession(team)
				for range 5 {
					copy(s.Input().Data, input.Data)
					if got, err := s.Run(context.Background(), s.Input()); err != nil || !slices.Equal(got.Data, want.Data) {
						t.Errorf("logits differ (%v)", err)
					}
				}
			})
		}
		wg.Wait()
	}
	compute()
	team.Close()
	compute()
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
			plan, err := fresh.Plan(t.Context(), input.Shape, set)
			if err != nil {
				t.Error(err)
				return
			}
			s := newSession(t, plan, 1+i%3)
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
		plan, err := p.Plan(t.Context(), input.Shape, set)
		if err != nil {
			t.Fatal(err)
		}
		for threads := 1; threads <= 2; threads++ {
			s := newSession(t, plan, threads)
			n := testing.AllocsPerRun(10, func() {
				if _, err := s.Run(context.Background(), input); err != nil {
					t.Fatal(err)
				}
			})
			if n != 0 {
				t.Errorf("%s, %d threads: %g allocations a Run", name, threads, n)
			}
		}
	}
}

// patience is a context that ends when it was asked for its error a number of times.
type patience struct {
	context.Context
	left int
}

func (p *patience) Err() error {
	if p.left--; p.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestRunEndsWithinALayer: a layer of much work looks at the context again and again, and after one of these looks, early or
// late, the session can be used again.
func TestRunEndsWithinALayer(t *testing.T) {
	p, input := smallNet(t)
	want := run(t, p, input, nil)
	plan, err := p.Plan(t.Context(), input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan.mostWork = 10_000
	for threads := 1; threads <= 2; threads++ {
		s := newSession(t, plan, threads)
		whole := func() (looks int) {
			patient := &patience{t.Context(), math.MaxInt}
			got, err := s.Run(patient, input)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Data, want.Data) {
				t.Errorf("%d threads: other bits than in whole layers", threads)
			}
			return math.MaxInt - patient.left
		}
		looks := whole()
		if looks < 3*len(plan.steps) {
			t.Errorf("%d threads: %d looks at the context in %d steps", threads, looks, len(plan.steps))
		}
		for left := 0; left < looks; left += 1 + looks/32 {
			if _, err := s.Run(&patience{t.Context(), left}, input); !errors.Is(err, context.Canceled) {
				t.Errorf("%d threads: the context ended after %d of %d looks: %v", threads, left, looks, err)
			}
		}
		whole()
	}
}

// TestPlanEnds: no weights are packed once the context is done, and later they are.
func TestPlanEnds(t *testing.T) {
	p, input := smallNet(t)
	want := run(t, p, input, nil)
	fresh, _ := smallNet(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fresh.Plan(ctx, input.Shape, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a plan after the end: %v", err)
	}
	if got := run(t, fresh, input, nil); !slices.Equal(got.Data, want.Data) {
		t.Error("other bits after a plan that was given up")
	}
}

// TestForgottenTeam wants the goroutines of a team that nobody closed to end.
func TestForgottenTeam(t *testing.T) {
	p, input := smallNet(t)
	plan, err := p.Plan(t.Context(), input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for range 10 {
		if _, err := plan.NewSession(NewTeam(3)).Run(context.Background(), input); err != nil {
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
	t.Errorf("%d goroutines, %d before the teams", runtime.NumGoroutine(), before)
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
	_, err = p.Plan(t.Context(), input.Shape, nil)
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
	m, err := PlanMemory(g.Graph, g.InputShape(1))
	if err != nil {
		t.Fatal(err)
	}
	const mib = 1 << 20
	if m.Activations > 13*mib || m.Activations < 3*64*112*112 {
		t.Errorf("%.1f MiB of activations", float64(m.Activations)/mib)
	}
	p, input := smallNet(t)
	p.options.choose = ops.GenericConv
	plan, err := p.Plan(t.Context(), input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := PlanMemory(p.Graph(), input.Shape); err != nil || m != plan.Memory() {
		t.Errorf("without weights %+v (%v), with %+v", m, err, plan.Memory())
	}
}
