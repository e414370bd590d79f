package draw

import (
	"math/rand/v2"
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/model"
)

// builtin is a built-in network at its own input.
func builtin(t testing.TB, name string) *Net {
	t.Helper()
	arch, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return netOf(t, arch.Spec)
}

func netOf(t testing.TB, spec model.Spec) *Net {
	t.Helper()
	g, err := model.Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewNet(g, g.InputShape(1))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// randomNets are networks that nobody would train: odd planes and strides, deep stems, wide numbers, all shortcuts.
func randomNets(t testing.TB, n int) []*Net {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var nets []*Net
	for tries := 0; len(nets) < n; tries++ {
		if tries > 50*n {
			t.Fatalf("%d networks of %d specs", len(nets), tries)
		}
		g, err := model.Build(randomSpec(r))
		if err != nil {
			continue
		}
		net, err := NewNet(g, g.InputShape(1))
		if err != nil {
			t.Fatal(err)
		}
		nets = append(nets, net)
	}
	return nets
}

func randomSpec(r *rand.Rand) model.Spec {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	s := model.Spec{
		Name:     pick("odd", "a<b>&\"c\"", strings.Repeat("long", 50), "a name of several words that goes on and on", "网络", "resnet🙂", "line\nbreak"),
		Block:    pick(model.BlockTypes()...),
		Shortcut: pick(model.Shortcuts()...),
		Input:    [3]int{1 + r.IntN(4), 16 << r.IntN(7), 16 << r.IntN(7)},
	}
	for range 1 + r.IntN(8) {
		s.Layers = append(s.Layers, 1+r.IntN(12))
		s.Planes = append(s.Planes, 1<<r.IntN(12)+r.IntN(3))
		s.Strides = append(s.Strides, 1+r.IntN(3))
		s.ReplaceStrideWithDilation = append(s.ReplaceStrideWithDilation, r.IntN(4) == 0)
	}
	s.ReplaceStrideWithDilation = s.ReplaceStrideWithDilation[1:]
	for range 1 + r.IntN(5) {
		s.Stem.Convs = append(s.Stem.Convs, model.StemConv{Kernel: 3 + 2*r.IntN(30), Planes: 1 << r.IntN(11), Stride: 1 + r.IntN(2), Padding: 3})
	}
	if r.IntN(2) == 0 {
		s.Stem.Pool = &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}
	}
	if s.Block == "bottleneck" {
		s.StrideIn = pick(model.StrideIns()...)
		s.Groups = 1 << r.IntN(7)
		s.WidthPerGroup = 64
	}
	return s.Default()
}

// TestParts: the parts hold every layer of the network once, and its parameters and multiply-adds.
func TestParts(t *testing.T) {
	for _, name := range config.Names() {
		n := builtin(t, name)
		g, _ := model.Build(n.Spec)
		facts, _ := g.Layers(g.InputShape(1))
		want := map[string]int{}
		for _, l := range facts {
			switch l.Class {
			case "Conv2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Linear", "Pad":
				want[l.Path]++
			}
		}
		got, params, macs := map[string]int{}, int64(0), int64(0)
		for _, p := range n.parts {
			params, macs = params+p.Params, macs+p.MACs
			for _, l := range p.layers {
				got[l.Path]++
			}
			for _, b := range p.blocks {
				for _, l := range append(b.branch, b.shortcut...) {
					got[l.Path]++
				}
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d layers, want %d", name, len(got), len(want))
		}
		for path, n := range got {
			if n != want[path] {
				t.Errorf("%s: %s stands there %d times, want %d", name, path, n, want[path])
			}
		}
		if params != n.Params || macs != n.MACs || params != g.ParamCount() {
			t.Errorf("%s: parts have %d params and %d MACs, the network %d and %d", name, params, macs, n.Params, n.MACs)
		}
	}
}

func TestRuns(t *testing.T) {
	for _, test := range []struct {
		net  string
		want string
	}{
		{"34", "layer1.0–2 ×3, layer2.0, layer2.1–3 ×3, layer3.0, layer3.1–5 ×5, layer4.0, layer4.1–2 ×2"},
		{"50", "layer1.0, layer1.1–2 ×2, layer2.0, layer2.1–3 ×3, layer3.0, layer3.1–5 ×5, layer4.0, layer4.1–2 ×2"},
		{"plain20_cifar", "layer1.0–2 ×3, layer2.0, layer2.1–2 ×2, layer3.0, layer3.1–2 ×2"},
		{"1202", "layer1.0–199 ×200, layer2.0, layer2.1–199 ×199, layer3.0, layer3.1–199 ×199"},
	} {
		var got []string
		for _, p := range builtin(t, test.net).parts {
			for _, r := range p.runs(false) {
				got = append(got, r.title())
			}
		}
		if words := strings.Join(got, ", "); words != test.want {
			t.Errorf("%s: %s\nwant %s", test.net, words, test.want)
		}
	}
	if runs := builtin(t, "34").parts[3].runs(true); len(runs) != 6 {
		t.Errorf("expanded layer3 of resnet34 has %d runs, want 6", len(runs))
	}
}

// TestVariants: the article saw two variants in each network; a ResNet-50 has three.
func TestVariants(t *testing.T) {
	for net, want := range map[string][]string{
		"34": {"layer1.0–2, layer2.1–3, layer3.1–5, layer4.1–2 ×13", "layer2.0, layer3.0, layer4.0 ×3"},
		"50": {"layer1.0", "layer1.1–2, layer2.1–3, layer3.1–5, layer4.1–2 ×12", "layer2.0, layer3.0, layer4.0 ×3"},
	} {
		var got []string
		for _, v := range builtin(t, net).variants() {
			got = append(got, v.title())
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%s: %q, want %q", net, got, want)
		}
	}
}

func TestNoSuchBlock(t *testing.T) {
	d := Drawing{Nets: []*Net{builtin(t, "34")}, Block: "layer3.9"}
	for _, format := range Formats() {
		err := Write(new(strings.Builder), d, format, Style{Scale: 1})
		if err == nil || !strings.Contains(err.Error(), `ResNet-34 has no block "layer3.9"`) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
