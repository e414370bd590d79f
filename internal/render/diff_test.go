package render_test

import (
	"encoding/csv"
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
