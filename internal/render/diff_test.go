package render_test

import (
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/render"
)

// diff compares two built-in networks, each at its own input.
func diff(t testing.TB, a, b string) *render.Diff {
	t.Helper()
	net := func(name string) (render.DiffNet, []config.Key) {
		arch, err := config.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		graph, err := model.Build(arch.Spec)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := graph.Parts(graph.InputShape(1))
		if err != nil {
			t.Fatal(err)
		}
		keys, err := config.Keys(arch)
		if err != nil {
			t.Fatal(err)
		}
		head := render.Head{Spec: arch.Spec, Input: graph.InputShape(1)}
		return render.DiffNet{Head: head, Name: arch.Name, Parts: parts}, keys
	}
	netA, keysA := net(a)
	netB, keysB := net(b)
	d := &render.Diff{A: netA, B: netB, Changes: model.Compare(netA.Parts, netB.Parts)}
	for i, k := range keysA {
		if other := keysB[i]; k != other {
			d.Keys = append(d.Keys, render.DiffKey{Key: k.Name, A: k.Value, B: other.Value})
		}
	}
	return d
}

// values is diff with distances of weights and outputs, as a run could find them.
func values(t testing.TB, a, b string) *render.Diff {
	d := diff(t, a, b)
	number := func(v float64) *float64 { return &v }
	d.Weights = &render.DiffWeights{
		A: "before.pth", B: "after.safetensors", Tolerance: 1e-4,
		Image: "cat.jpg", TopA: "tabby 61.2 %", TopB: "tiger cat 48.0 %",
		Layers: []render.DiffLayer{
			{Path: "conv1", Weights: number(0), BatchNorm: number(0), Output: number(2e-7)},
			{Path: "layer2.0.conv1", Stage: "layer2", Weights: number(0.0123456), BatchNorm: number(0), Output: number(0.25)},
			{Path: "layer2.0.add", Stage: "layer2", Output: number(math.NaN())},
			{Path: "layer3.0.conv1", Stage: "layer3", Weights: number(5e-5), BatchNorm: number(math.Inf(1)), Output: number(1)},
			{Path: "avgpool", Output: number(9e-5)},
			{Path: "fc", Weights: number(1.5), Output: number(12345.678)},
		},
	}
	return d
}

// TestDiffTolerance: what is within the tolerance is the same, what is no number never.
func TestDiffTolerance(t *testing.T) {
	d := values(t, "resnet18", "resnet18")
	for tolerance, want := range map[float64]string{
		0:     "6 of 6 layers differ",
		1e-4:  "4 of 6 layers differ by more than 0.0001",
		1e300: "2 of 6 layers differ by more than 1e+300",
	} {
		d.Weights.Tolerance = tolerance
		if text := write(t, d, "table", wide); !strings.Contains(text, want) || d.Same() {
			t.Errorf("tolerance %v: %s", tolerance, text)
		}
	}
	for i := range d.Weights.Layers {
		l := &d.Weights.Layers[i]
		l.Output, l.BatchNorm = nil, nil
	}
	d.Weights.Tolerance = 2
	if text := write(t, d, "table", wide); !strings.Contains(text, "all 6 layers are the same within 2") || !d.Same() {
		t.Errorf("all the same: %s", text)
	}
}

// TestDiffAddsUp: the columns of the CSV add up to the total of the JSON.
func TestDiffAddsUp(t *testing.T) {
	for _, pair := range [][2]string{{"resnet50", "resnet50d"}, {"resnet18", "resnet101"}, {"resnet34", "resnet18_tiny"}, {"resnet110_cifar", "plain18"}} {
		d := diff(t, pair[0], pair[1])
		rows, err := csv.NewReader(strings.NewReader(write(t, d, "csv", wide))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		sums := map[string]int64{}
		for _, name := range []string{"params", "macs"} {
			column := slices.Index(rows[0], name)
			for _, row := range rows[1:] {
				if row[column] == "" {
					continue // a key
				}
				n, err := strconv.ParseInt(row[column], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				sums[name] += n
			}
		}
		o := object(t, write(t, d, "json", wide))
		total := o["delta"].(map[string]any)
		a, b := o["a"].(map[string]any), o["b"].(map[string]any)
		for name, sum := range sums {
			if total[name] != float64(sum) || b[name].(float64)-a[name].(float64) != float64(sum) {
				t.Errorf("%s to %s: %s add up to %d, the total is %v", pair[0], pair[1], name, sum, total[name])
			}
		}
	}
}
