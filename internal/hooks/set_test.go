package hooks

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/model"
)

func testGraph(t *testing.T) *graph.Graph {
	t.Helper()
	stem := model.Stem{Convs: []model.StemConv{{Kernel: 3, Planes: 4, Stride: 1, Padding: 1}}}
	spec := model.Spec{Layers: []int{1, 2}, Planes: []int{4, 8}, Stem: stem, Input: [3]int{3, 32, 32}, NumClasses: 5}
	g, err := model.Build(spec.Default())
	if err != nil {
		t.Fatal(err)
	}
	return g.Graph
}

// names lists the selected calls.
func names(g *graph.Graph, selected []bool) []string {
	var out []string
	for i, name := range Names(g) {
		if selected[i] {
			out = append(out, name)
		}
	}
	return out
}

func TestMatch(t *testing.T) {
	g := testGraph(t)
	for _, test := range []struct{ pattern, want string }{
		{"layer1.0.conv1", "layer1.0.conv1"},
		{"layer1.0.relu", "layer1.0.relu layer1.0.relu#2"},
		{"layer1.0.relu#2", "layer1.0.relu#2"},
		{"layer2.*.conv2", "layer2.0.conv2 layer2.1.conv2"},
		{"**.downsample", "layer2.0.downsample"},
		{"Sequential", "layer1 layer2.0.downsample layer2"},
		{"Adapt*", "avgpool"},
		{"Add", "layer1.0.add layer2.0.add layer2.1.add"},
		{"{conv1,fc}", "conv1 fc"},
		{"*", "conv1 bn1 relu layer1 layer2 avgpool flatten fc "},
		{"layer2", "layer2"},
		{"=layer2", "layer2"},
		{"ResNet", ""},
		{"=", ""},
	} {
		selected, err := match(g, test.pattern)
		if err != nil {
			t.Errorf("%q: %v", test.pattern, err)
			continue
		}
		if got := strings.Join(names(g, selected), " "); got != test.want {
			t.Errorf("%q matches %q, want %q", test.pattern, got, test.want)
		}
	}
	if selected, err := match(g, "**"); err != nil || slices.Contains(selected, false) {
		t.Errorf("** matches %v (%v), want every call", selected, err)
	}
}

func TestSelect(t *testing.T) {
	g := testGraph(t)
	for _, test := range []struct {
		patterns []string
		want     string
	}{
		{[]string{"layer2.0.downsample"}, "layer2.0.downsample.0 layer2.0.downsample.1 layer2.0.downsample"},
		{[]string{"=layer2.0.downsample", "fc"}, "layer2.0.downsample fc"},
		{[]string{"layer1", "=layer1"}, "layer1.0.conv1 layer1.0.bn1 layer1.0.relu layer1.0.conv2 layer1.0.bn2 layer1.0.add layer1.0.relu#2 layer1.0 layer1"},
		{[]string{"="}, ""},
	} {
		selected, err := Select(g, test.patterns)
		if err != nil {
			t.Errorf("%v: %v", test.patterns, err)
		}
		if got := strings.Join(names(g, selected), " "); got != test.want {
			t.Errorf("%v selects %q, want %q", test.patterns, got, test.want)
		}
	}
	for _, patterns := range [][]string{nil, {"**"}, {"ResNet"}} {
		if selected, err := Select(g, patterns); err != nil || slices.Contains(selected, false) {
			t.Errorf("%v selects %v (%v), want every call", patterns, selected, err)
		}
	}
}

func TestMatchErrors(t *testing.T) {
	g := testGraph(t)
	for pattern, want := range map[string]string{
		"layer1.0.conv3": `pattern "layer1.0.conv3" matches no module; near are layer1.0.conv2, layer1.0.conv1`,
		"conv2d":         `pattern "conv2d" matches no module; near are Conv2d`,
		"attention":      `pattern "attention" matches no module; paths look like conv1, classes like Conv2d`,
		"layer[":         `pattern "layer[": not a valid glob`,
	} {
		_, err := match(g, pattern)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
}

func TestSetAddAndRemove(t *testing.T) {
	g := testGraph(t)
	s := NewSet(g)
	if s.Watchers() != nil {
		t.Error("an empty set has watchers")
	}
	var seen []string
	note := func(name string, needs Needs) Hook {
		return Func(needs, func(Event) error { seen = append(seen, name); return nil })
	}
	removeA, _ := s.Add("conv1", note("a", Time))
	if _, err := s.Add("conv1", note("b", Output)); err != nil {
		t.Fatal(err)
	}
	watchers := s.Watchers()
	if w := watchers[0]; w.Needs != Time|Output || !w.Watched() || watchers[1].Watched() {
		t.Errorf("watchers of conv1 need %b, of bn1 %v", w.Needs, watchers[1])
	}
	watchers[0].After(Event{})
	removeA()
	watchers[0].After(Event{})
	if got := strings.Join(seen, ""); got != "abb" {
		t.Errorf("hooks called: %s, want abb", got)
	}
	if w := s.Watchers()[0]; w.Needs != Output {
		t.Errorf("after removal conv1 needs %b, want Output", w.Needs)
	}
}

func TestWatchersStopAtAnError(t *testing.T) {
	s := NewSet(testGraph(t))
	boom := errors.New("boom")
	s.Add("fc", Func(Facts, func(Event) error { return boom }))
	s.Add("fc", Func(Facts, func(Event) error { t.Error("called after an error"); return nil }))
	for _, w := range s.Watchers() {
		if err := w.After(Event{}); w.Watched() && err != boom {
			t.Errorf("error %v, want boom", err)
		}
	}
}
