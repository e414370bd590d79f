package render_test

import (
	"encoding/json"
	"os"
	"testing"

	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/render"
)

// flops is the view of a network's operations.
func flops(t testing.TB, name string) *render.Flops {
	t.Helper()
	arch, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	f := &render.Flops{Pass: *passOf(t, arch.Spec)}
	if arch.Spec.Block == "bottleneck" {
		spec := arch.Spec.Clone()
		spec.StrideIn = model.Stride1x1
		f.Paper = passOf(t, spec)
	}
	return f
}

// flopsJSON is resnet.flops/v1.
type flopsJSON struct {
	Figures []struct {
		SeenAs    string `json:"seen_as"`
		CountedBy string `json:"counted_by"`
		Total     int64
		Sum       []struct {
			Term         string
			Times, Count int64
		}
	}
}

// Each figure is the sum of its terms, and small networks' figures are in millions.
func TestFlops(t *testing.T) {
	for name, want := range map[string][]string{
		"resnet50":       {"3.8 G", "4.09 G"},
		"resnet34":       {"3.6 G", "3.66 G"},
		"resnet20_cifar": {"40.55 M", "40.55 M"},
	} {
		got := flopsData(t, name)
		for i, f := range got.Figures {
			if i < len(want) && f.SeenAs != want[i] {
				t.Errorf("%s, %s: %s, want %s", name, f.CountedBy, f.SeenAs, want[i])
			}
			sum := int64(0)
			for _, term := range f.Sum {
				sum += term.Times * term.Count
			}
			if sum != f.Total {
				t.Errorf("%s, %s: the terms add up to %d, the total is %d", name, f.CountedBy, sum, f.Total)
			}
		}
	}
}

// TestFlopsOfTools compares with what the tools themselves print; testdata/flops_reference.py asks them.
func TestFlopsOfTools(t *testing.T) {
	text, err := os.ReadFile("testdata/flops_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct{ Tools map[string]map[string]int64 }
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"resnet18", "resnet50", "resnext50_32x4d"} {
		want := map[string]int64{"MACs here, torchvision": macsOf(t, name)}
		if name == "resnet50" {
			want["the paper"] = macsOf(t, "resnet50_v1")
			want["thop 0.0.31"] = 4_111_514_624 // as its users quote it; this version imports no more
		}
		for tool, counts := range reference.Tools {
			want[tool] = counts[name]
		}
		for _, f := range flopsData(t, name).Figures {
			if n, ok := want[f.CountedBy]; ok && n != f.Total {
				t.Errorf("%s, %s: %d, want %d", name, f.CountedBy, f.Total, n)
			}
			delete(want, f.CountedBy)
		}
		if len(want) > 0 {
			t.Errorf("%s: not counted: %v", name, want)
		}
	}
}

func flopsData(t testing.TB, name string) (got flopsJSON) {
	t.Helper()
	if err := json.Unmarshal([]byte(write(t, flops(t, name), "json", wide)), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func macsOf(t testing.TB, name string) int64 {
	t.Helper()
	arch, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	g, err := model.Build(arch.Spec)
	if err != nil {
		t.Fatal(err)
	}
	n, err := g.MACs(g.InputShape(1))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
