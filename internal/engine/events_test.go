package engine

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet/internal/graph"
	"resnet/internal/hooks"
)

func nothing(hooks.Event) error { return nil }

// TestSeam wants values to stop fusion where they are watched and only there, facts and time nowhere.
func TestSeam(t *testing.T) {
	p, input := smallNet(t)
	steps := func(pattern string, needs hooks.Needs) []StepInfo {
		set := hooks.NewSet(p.Graph())
		mustAdd(t, set, pattern, hooks.Func(needs, nothing))
		plan, err := p.Plan(t.Context(), input.Shape, set)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Steps()
	}
	plain, err := p.Plan(t.Context(), input.Shape, nil)
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
	var seen []graph.Layer
	mustAdd(t, set, "**", hooks.Func(hooks.Facts, func(e hooks.Event) error {
		if e.Output.Data != nil || e.Inputs[0].Data != nil || !e.Output.Shape.Equal(e.Layer.Output) {
			t.Errorf("%s: an event that needs facts alone has values or no shape", e.Path)
		}
		seen = append(seen, e.Layer)
		return nil
	}))
	plan, err := p.Plan(t.Context(), input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, plan, 2)
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
	plan, err := p.Plan(t.Context(), input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, plan, 2)

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
	plan, err := p.Plan(t.Context(), input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, plan, 1)
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
