package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

func partsOf(t *testing.T, name string, size int) []model.Part {
	t.Helper()
	arch, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	g, err := model.Build(arch.Spec)
	if err != nil {
		t.Fatal(err)
	}
	input := g.InputShape(1)
	if size > 0 {
		input = tensor.Shape{1, 3, size, size}
	}
	parts, err := g.Parts(input)
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// short is a change in a few words.
func short(c model.Change) string {
	words := string(c.Kind) + " " + c.Part
	if len(c.Blocks) > 0 {
		words = fmt.Sprintf("%s %s ×%d", c.Kind, c.Blocks[0], len(c.Blocks))
	}
	return strings.TrimSpace(words + " " + c.Unit)
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		a, b string
		size int
		want []string
	}{
		{a: "50", b: "50"},
		{a: "50", b: "50_v1", want: []string{
			"layer layer2.0 ×1 conv1", "layer layer2.0 ×1 conv2",
			"layer layer3.0 ×1 conv1", "layer layer3.0 ×1 conv2",
			"layer layer4.0 ×1 conv1", "layer layer4.0 ×1 conv2",
		}},
		{a: "50", b: "101", want: []string{"block layer3.6 ×17"}},
		{a: "101", b: "50", want: []string{"block layer3.6 ×17"}},
		{a: "34", b: "plain34", want: []string{
			"shortcut layer1.0 ×3", "shortcut layer2.0 ×1", "shortcut layer2.1 ×3", "shortcut layer3.0 ×1",
			"shortcut layer3.1 ×5", "shortcut layer4.0 ×1", "shortcut layer4.1 ×2",
		}},
		{a: "50", b: "50d", want: []string{
			"layer stem conv1", "layer stem conv1.3", "layer stem conv1.6",
			"shortcut layer2.0 ×1", "shortcut layer3.0 ×1", "shortcut layer4.0 ×1",
		}},
		{a: "18", b: "50", want: []string{
			"block layer1.0 ×1", "block layer1.1 ×1", "block layer1.2 ×1",
			"block layer2.0 ×1", "block layer2.1 ×1", "block layer2.2 ×2",
			"block layer3.0 ×1", "block layer3.1 ×1", "block layer3.2 ×4",
			"block layer4.0 ×1", "block layer4.1 ×1", "block layer4.2 ×1",
			"layer head fc",
		}},
		{a: "plain20_cifar", b: "plain56_cifar", want: []string{"block layer1.3 ×6", "block layer2.3 ×6", "block layer3.3 ×6"}},
	} {
		var got []string
		for _, c := range model.Compare(partsOf(t, test.a, test.size), partsOf(t, test.b, test.size)) {
			got = append(got, short(c))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s and %s:\n%q\nwant\n%q", test.a, test.b, got, test.want)
		}
	}
}

// TestCompareMaps: the same network at another size differs in its maps alone.
func TestCompareMaps(t *testing.T) {
	changes := model.Compare(partsOf(t, "18", 224), partsOf(t, "18", 192))
	var got []string
	for _, c := range changes {
		got = append(got, short(c))
	}
	if want := []string{"maps stem", "maps layer1", "maps layer2", "maps layer3", "maps layer4"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCompareAddsUp: between any two networks, the changes account for all parameters and multiply-adds.
func TestCompareAddsUp(t *testing.T) {
	names := config.Names()
	all := map[string][]model.Part{}
	for _, name := range names {
		all[name] = partsOf(t, name, 0)
	}
	for _, a := range names {
		for _, b := range names {
			var params, macs, wantParams, wantMACs int64
			for _, c := range model.Compare(all[a], all[b]) {
				if c.A != nil {
					params, macs = params-c.A.Params, macs-c.A.MACs
				}
				if c.B != nil {
					params, macs = params+c.B.Params, macs+c.B.MACs
				}
			}
			for _, p := range all[a] {
				wantParams, wantMACs = wantParams-p.Params, wantMACs-p.MACs
			}
			for _, p := range all[b] {
				wantParams, wantMACs = wantParams+p.Params, wantMACs+p.MACs
			}
			if params != wantParams || macs != wantMACs {
				t.Errorf("%s and %s: changes of %+d params and %+d MACs, the networks differ by %+d and %+d", a, b, params, macs, wantParams, wantMACs)
			}
		}
	}
}
