package render_test

import (
	"encoding/json"
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

// The figures are those that are seen in the world, and each is the sum of its terms.
func TestFlops(t *testing.T) {
	for name, want := range map[string][]string{
		"resnet50":       {"3.8 G", "4.09 G", "4.11 G", "4.11 G", "4.12 G", "8.2 G"},
		"resnet34":       {"3.6 G", "3.66 G", "3.67 G", "3.67 G", "3.68 G", "7.3 G"},
		"resnet20_cifar": {"40.55 M", "40.55 M", "40.93 M", "40.93 M", "41.12 M", "81.1 M"},
	} {
		var got flopsJSON
		if err := json.Unmarshal([]byte(write(t, flops(t, name), "json", wide)), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Figures) != len(want) {
			t.Fatalf("%s: %d figures, want %d", name, len(got.Figures), len(want))
		}
		for i, f := range got.Figures {
			if f.SeenAs != want[i] {
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

// Exact numbers of ResNet-50: the networks' own multiply-adds, and what thop prints for torchvision's resnet50.
func TestFlopsExact(t *testing.T) {
	var got flopsJSON
	if err := json.Unmarshal([]byte(write(t, flops(t, "resnet50"), "json", wide)), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{
		"the paper": macsOf(t, "resnet50_v1"), "MACs here, torchvision": macsOf(t, "resnet50"), "thop": 4_111_514_624,
		"PyTorch's FlopCounterMode": 2 * macsOf(t, "resnet50"),
	}
	for _, f := range got.Figures {
		if n, ok := want[f.CountedBy]; ok && n != f.Total {
			t.Errorf("%s: %d, want %d", f.CountedBy, f.Total, n)
		}
		delete(want, f.CountedBy)
	}
	if len(want) > 0 {
		t.Errorf("not counted: %v", want)
	}
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
