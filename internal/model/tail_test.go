package model

import (
	"strings"
	"testing"
)

// A tail has the calls, parameters and shapes of the whole from its layer on, and reads what its first call reads.
func TestTail(t *testing.T) {
	spec := Spec{Block: "basic", Layers: []int{2, 2}, Planes: []int{4, 8}, NumClasses: 3, Input: [3]int{3, 33, 33}}.Default()
	g, err := Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := g.Shapes(g.InputShape(2))
	if err != nil {
		t.Fatal(err)
	}
	for layer, first := range map[string]string{
		"layer2": "layer2.0.conv1", "layer2.1": "layer2.1.conv1", "layer1": "layer1.0.conv1", "conv1": "conv1", "fc": "fc", "avgpool": "avgpool",
	} {
		tail, at, err := g.Tail(layer)
		if err != nil {
			t.Errorf("%s: %v", layer, err)
			continue
		}
		if g.Calls[at].Path != first {
			t.Errorf("%s: begins with %s, want %s", layer, g.Calls[at].Path, first)
		}
		var own, all []string
		for _, call := range tail.Calls {
			if call.Computes() {
				own = append(own, call.Path)
			}
		}
		for _, call := range g.Calls[at:] {
			if call.Computes() {
				all = append(all, call.Path)
			}
		}
		if got, want := strings.Join(own, " "), strings.Join(all, " "); got != want {
			t.Errorf("%s: computes %s, want %s", layer, got, want)
		}
		params := g.Params()
		params = params[len(params)-len(tail.Params()):]
		for i, p := range tail.Params() {
			if p.Name != params[i].Name || !p.Shape.Equal(params[i].Shape) {
				t.Errorf("%s: parameter %s %v, want %s %v", layer, p.Name, p.Shape, params[i].Name, params[i].Shape)
			}
		}
		if layer == "fc" { // whose input has two dimensions
			continue
		}
		shapes, err := tail.Shapes(whole[g.Calls[at].Inputs[0]])
		if err != nil || !shapes[tail.Output()].Equal(whole[g.Output()]) {
			t.Errorf("%s: puts out %v, %v", layer, shapes, err)
		}
	}
	for layer, want := range map[string]string{
		"layer2.0.conv2": "a shortcut goes around layer2.0.conv2, to layer2.0.downsample.0: a whole block can stand there, or a stage",
		"layer3":         "no layer layer3",
	} {
		if _, _, err := g.Tail(layer); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", layer, err, want)
		}
	}
}
