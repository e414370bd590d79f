package model

import "testing"

func build(t *testing.T, s Spec) *Graph {
	t.Helper()
	g, err := Build(s.Default())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var pool3 = &StemPool{Kernel: 3, Stride: 2, Padding: 1}

func TestCounts(t *testing.T) {
	cifar := Stem{Convs: []StemConv{{Kernel: 3, Planes: 16, Stride: 1, Padding: 1}}}
	cifarNet := func(n int) Spec {
		return Spec{Block: "basic", Layers: []int{n, n, n}, Planes: []int{16, 32, 64}, Shortcut: ShortcutPad,
			Stem: cifar, NumClasses: 10, Input: [3]int{3, 32, 32}}
	}
	for _, test := range []struct {
		name         string
		spec         Spec
		params, macs int64
		depth        int
	}{
		{"resnet34", Spec{Layers: []int{3, 4, 6, 3}, Stem: Stem{Pool: pool3}}, 21_797_672, 3_663_761_408, 34},
		{"resnet50", Spec{Block: "bottleneck", Layers: []int{3, 4, 6, 3}, Stem: Stem{Pool: pool3}}, 25_557_032, 4_089_184_256, 50},
		{"resnet50_v1", Spec{Block: "bottleneck", Layers: []int{3, 4, 6, 3}, StrideIn: Stride1x1, Stem: Stem{Pool: pool3}}, 25_557_032, 3_857_973_248, 50},
		{"resnet20_cifar", cifarNet(3), 269_722, 40_551_040, 20},
		{"resnet1202_cifar", cifarNet(200), 19_421_274, 2_829_238_912, 1202},
	} {
		g := build(t, test.spec)
		if n := g.ParamCount(); n != test.params {
			t.Errorf("%s: %d parameters, want %d", test.name, n, test.params)
		}
		if n, err := g.MACs(g.InputShape(1)); err != nil || n != test.macs {
			t.Errorf("%s: %d MACs (%v), want %d", test.name, n, err, test.macs)
		}
		if n, _ := g.Spec.WeightedLayers(); n != test.depth {
			t.Errorf("%s: %d weighted layers, want %d", test.name, n, test.depth)
		}
	}
}
