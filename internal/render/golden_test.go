package render_test

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"resnet/internal/config"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/render"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// views are all views there are, small.
func views(t testing.TB) map[string]render.View {
	filtered := trace(t, "layers", "resnet18")
	filtered.Select = func(i int) bool { return strings.HasPrefix(filtered.All[i].Path, "layer2.0") }

	photo := trace(t, "layers", "resnet20_cifar", 2, 3, 40, 32)
	photo.Source, photo.Weights, photo.PeakActivations = "photo.jpg", "random weights, seed 0", 3_456_789
	photo.Columns = append(photo.Columns, append([]string{"time"}, render.StatColumns...)...)
	measure(photo.All)

	models := &render.Models{}
	for _, name := range []string{"resnet18", "wide_resnet50_2", "resnet20_cifar"} {
		models.Nets = append(models.Nets, info(t, name))
	}
	return map[string]render.View{
		"anatomy":          anatomyView(t, "resnet18"),
		"anatomy-plain":    anatomyView(t, "plain20_cifar"),
		"flops":            flops(t, "resnet50"),
		"trace-layers":     trace(t, "layers", "resnet50"),
		"trace-filtered":   filtered,
		"trace-measured":   photo,
		"trace-groups":     trace(t, "layers", "resnext50_32x4d", 1, 3, 64, 64),
		"trace-calls":      trace(t, "calls", "resnet20_cifar"),
		"trace-blocks":     trace(t, "blocks", "resnet20_cifar"),
		"trace-stages":     trace(t, "stages", "resnet18"),
		"trace-types":      trace(t, "types", "resnet18"),
		"summary":          &render.Summary{Pass: *pass(t, "resnet34")},
		"blocks":           &render.Variants{Nets: []*render.Pass{pass(t, "resnet50")}},
		"blocks-two":       &render.Variants{Nets: []*render.Pass{pass(t, "resnet20_cifar"), pass(t, "plain18")}},
		"comparison":       &render.Comparison{Nets: []*render.Pass{pass(t, "resnet18"), pass(t, "resnet34"), pass(t, "resnet50")}},
		"comparison-sizes": &render.Comparison{Nets: []*render.Pass{pass(t, "resnet20_cifar"), pass(t, "resnet50d")}},
		"diff":             diff(t, "resnet50", "resnet50d"),
		"diff-blocks":      diff(t, "resnet18", "resnet50"),
		"diff-same":        diff(t, "resnet18", "resnet18"),
		"diff-values":      values(t, "resnet18", "resnet18"),
		"diff-all":         values(t, "resnet18", "resnet34"),
		"diff-shortcuts":   diff(t, "resnet20_cifar", "plain20_cifar"),
		"models":           models,
		"similar":          similar(),
		"weights":          weightSets(),
		"inspection":       inspection(),
		"settings":         settings(),
		"bench-comparison": benchComparison(),
		"bench-few":        benchFew(),
	}
}

// similar has an image with neighbours, one of them without a distance, and one without any.
func similar() *render.Similar {
	return &render.Similar{
		Net: "resnet18_tiny (built in: 200 classes, sees 64×64 pixels)", In: "photos.npy", Layer: "avgpool", Rows: 400,
		Queries: []render.SimilarTo{
			{File: "cat.jpg", Nearest: []render.SimilarImage{{File: "photos/cat.jpg"}, {File: "photos/=dog.jpg", Distance: 0.12345678}, {File: "photos/black.png", Distance: math.NaN()}}},
			{File: "alone.jpg"},
		},
	}
}

// measure gives events times and values as a run could.
func measure(events []hooks.Record) {
	conv := ""
	for i := range events {
		e := &events[i]
		ms := time.Duration(i) * 125 * time.Microsecond
		switch e.Class {
		case "Conv2d":
			conv = e.Path
			e.Time = &ms
		case "BatchNorm2d", "ReLU", "Add":
			e.FusedInto = conv
		default:
			e.Time = &ms
		}
		e.Stats = &hooks.Stats{Mean: 0.5 - float64(i)/100, Std: 1e-5, Min: -1.25, Max: 1e6, Zeros: 0.25}
		if e.Path == "layer3.2.conv2" {
			e.Stats = &hooks.Stats{Mean: math.NaN(), Std: math.NaN(), Min: math.Inf(-1), Max: math.Inf(1), NaN: 3, Inf: 4096}
		}
	}
}

func info(t testing.TB, name string) render.ModelInfo {
	t.Helper()
	arch, err := config.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := model.Build(arch.Spec)
	if err != nil {
		t.Fatal(err)
	}
	macs, err := graph.MACs(graph.InputShape(1))
	if err != nil {
		t.Fatal(err)
	}
	return render.ModelInfo{Spec: arch.Spec, Description: arch.Description, Params: graph.ParamCount(), MACs: macs}
}

// TestGolden compares every view in every format with a file; a new format is compared unasked.
func TestGolden(t *testing.T) {
	dir := filepath.Join("testdata", t.Name())
	known := map[string]bool{}
	compare := func(name, got string) {
		known[name] = true
		file := filepath.Join(dir, name)
		if *update {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v (go test -update writes it)", err)
			return
		}
		if line := firstDifference(got, string(want)); line != "" {
			t.Errorf("%s: %s", file, line)
		}
	}
	for name, v := range views(t) {
		for _, format := range render.Formats(v) {
			compare(name+"."+format, write(t, v, format, wide))
		}
		compare(name+".60", write(t, v, "table", render.Look{Width: 60, Unicode: true}))
	}
	compare("trace-layers.ascii", write(t, trace(t, "layers", "resnet50"), "table", render.Look{Width: 80}))
	compare("summary.color", write(t, &render.Summary{Pass: *pass(t, "resnet34")}, "table", render.Look{Width: 100, Unicode: true, Color: true}))

	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file.Name()] {
			t.Errorf("%s belongs to no view", filepath.Join(dir, file.Name()))
		}
	}
}
