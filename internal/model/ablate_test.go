package model

import (
	"strings"
	"testing"
)

// What is left of a block without its residual branch is its shortcut and the last ReLU.
func TestWithout(t *testing.T) {
	spec := Spec{Block: "bottleneck", Layers: []int{2, 2}, Planes: []int{4, 8}, NumClasses: 3, Input: [3]int{3, 33, 33}}.Default()
	g, err := Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	for block, want := range map[string]string{
		"layer1.1": "layer1.1.relu",
		"layer2.0": "layer2.0.downsample.0 layer2.0.downsample.1 layer2.0.relu",
	} {
		cut, err := g.Without(block)
		if err != nil {
			t.Fatal(err)
		}
		if len(cut.Calls) != len(g.Calls) {
			t.Fatalf("%d calls, want %d", len(cut.Calls), len(g.Calls))
		}
		var left []string
		for i, call := range cut.Calls {
			inside := strings.HasPrefix(call.Path, block+".")
			switch {
			case inside && call.Computes():
				left = append(left, call.Path)
			case !inside && call.Computes() != g.Calls[i].Computes():
				t.Errorf("without %s: %s changed too", block, call.Path)
			}
		}
		if got := strings.Join(left, " "); got != want {
			t.Errorf("without %s: %s, want %s", block, got, want)
		}
		whole, _ := g.Shapes(g.InputShape(1))
		if shapes, err := cut.Shapes(g.InputShape(1)); err != nil || !shapes[cut.Output()].Equal(whole[g.Output()]) {
			t.Errorf("without %s: %v, %v", block, shapes, err)
		}
	}
	if _, err := g.Without("layer1.2"); err == nil || !strings.Contains(err.Error(), "did you mean layer1.") {
		t.Errorf("layer1.2: %v", err)
	}
	spec.Shortcut = ShortcutNone
	if g, err = Build(spec); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Without("layer1.0"); err == nil || !strings.Contains(err.Error(), "no shortcut") {
		t.Errorf("a plain net: %v", err)
	}
}
