package weights

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/bind"
	"resnet/internal/config"
	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

type logits struct {
	Size   int
	Logits []float64
}

// PyTorch's logits of the checkpoints below testdata/pytorch, which testdata/pytorch.py wrote.
func referenceLogits(t *testing.T) map[string]logits {
	t.Helper()
	data, err := os.ReadFile("testdata/pytorch/logits.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]logits
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// Every file that PyTorch, timm and transformers save is recognized, bound and run with PyTorch's logits.
func TestLogitsArePyTorchs(t *testing.T) {
	for name, want := range referenceLogits(t) {
		t.Run(name, func(t *testing.T) {
			source, err := (&Puller{Cache: &Cache{Dir: t.TempDir()}}).Resolve(t.Context(), filepath.Join("testdata", "pytorch", name), false)
			if err != nil {
				t.Fatal(err)
			}
			file, err := source.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			structure := name == "own.pth"
			found, err := bind.Recognize(file, bind.RecognizeOptions{Structure: structure, StrideIn: source.StrideIn, FirstStride: source.FirstStride})
			if err != nil {
				t.Fatal(err)
			}
			if found.Ask != "" {
				t.Errorf("asks for the %s", found.Ask)
			}
			graph, err := model.Build(found.Spec)
			if err != nil {
				t.Fatal(err)
			}
			bound, _, err := bind.Bind(graph, file, bind.Options{Structure: structure})
			if err != nil {
				t.Fatal(err)
			}
			got, err := run(t.Context(), graph, bound, goldenInput(tensor.Shape{1, 3, want.Size, want.Size}))
			if err != nil {
				t.Fatal(err)
			}
			compareLogits(t, got, want.Logits)
		})
	}
}

// compareLogits wants them equal to 1e-4 of the largest.
func compareLogits(t *testing.T, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d logits, want %d", len(got), len(want))
	}
	largest := 0.0
	for _, v := range want {
		largest = math.Max(largest, math.Abs(v))
	}
	for i, v := range want {
		if difference := math.Abs(float64(got[i]) - v); !(difference <= 1e-4*largest) {
			t.Errorf("logit %d is %v, want %v", i, got[i], v)
		}
	}
}

// run is one pass of a network.
func run(ctx context.Context, graph *model.Graph, w graph.Weights, x tensor.Tensor) ([]float32, error) {
	program, err := engine.New(graph.Graph, w, engine.Options{})
	if err != nil {
		return nil, err
	}
	plan, err := program.Plan(ctx, x.Shape, nil)
	if err != nil {
		return nil, err
	}
	session := plan.NewSession(engine.NewTeam(0))
	y, err := session.Run(ctx, x)
	return y.Clone().Data, err
}

// What the built-in network's YAML and the manifest say of preprocessing and labels is the same.
func TestBuiltinAgrees(t *testing.T) {
	arch, err := config.Load(BuiltinName)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := Find(BuiltinName)
	if arch.Preprocess != s.Preprocess || arch.Labels != s.Labels {
		t.Errorf("the arch has %+v, %s; the manifest %+v, %s", arch.Preprocess, arch.Labels, s.Preprocess, s.Labels)
	}
	for _, s := range Builtins() { // those that the program trained have mean and deviation of their photos
		arch, err := config.Load(s.Arch)
		if err != nil {
			t.Fatal(err)
		}
		if p := s.Preprocess; p.Resize != arch.Preprocess.Resize || p.Crop != arch.Preprocess.Crop || s.MeasuredAt != p.Crop.Height || s.Labels != arch.Labels {
			t.Errorf("%s: the arch has %+v, %s; the manifest %+v, %s", s.Name, arch.Preprocess, arch.Labels, p, s.Labels)
		}
	}
}

func TestFoldersBringTheirOwn(t *testing.T) {
	for _, test := range []struct {
		folder     string
		preprocess imaging.Preprocess
		labels     []string
		strideIn   string
	}{
		{"timm", imaging.Preprocess{
			Resize: imaging.Single(106), Crop: imaging.Single(96), Interpolation: imaging.Bicubic, // 106 = floor(96 / 0.9)
			Mean: [3]float32{.5, .4, .3}, Std: [3]float32{.2, .3, .4},
		}, []string{"ant", "bee", "cat", "dog"}, ""},
		{"transformers", imaging.Preprocess{
			Resize: imaging.Single(73), Crop: imaging.Single(64), Interpolation: imaging.Bilinear,
			Mean: [3]float32{.5, .5, .5}, Std: [3]float32{.5, .5, .5},
		}, []string{"ant", "bee", "cat"}, "3x3"},
		{"transformers_v1", imaging.Preprocess{
			Resize: imaging.Single(73), Crop: imaging.Single(64), Interpolation: imaging.Bilinear,
			Mean: [3]float32{.5, .5, .5}, Std: [3]float32{.5, .5, .5},
		}, []string{"ant", "bee", "cat"}, "1x1"},
	} {
		for _, what := range []string{test.folder, test.folder + "/model.safetensors"} {
			s, err := (&Puller{}).Resolve(t.Context(), filepath.Join("testdata", "pytorch", what), false)
			if err != nil {
				t.Fatal(err)
			}
			if s.Preprocess == nil || *s.Preprocess != test.preprocess {
				t.Errorf("%s: preprocessing %+v, want %+v", what, s.Preprocess, test.preprocess)
			}
			if s.Labels == nil || !slices.Equal(s.Labels.Classes, test.labels) || s.StrideIn != test.strideIn {
				t.Errorf("%s: labels %+v, stride in %q", what, s.Labels, s.StrideIn)
			}
		}
	}
}

// The checkpoints that people have published, where they are at hand.
func TestPublishedCheckpoints(t *testing.T) {
	data := os.Getenv("RESNET_TESTDATA")
	if data == "" {
		t.Skip("RESNET_TESTDATA is not set: no published checkpoints")
	}
	for _, test := range []struct {
		file, arch string
		structure  bool
		size       int
	}{
		{"checkpoints/resnet20-12fca82f.th", "resnet20_cifar", false, 32},
		{"checkpoints/resnet56-4bfd9763.th", "resnet56_cifar", false, 32},
		{"checkpoints/resnet14-cifar10-zip.pth", "", true, 32},
		{"weights/resnet18-imagenet-fp16.safetensors", "resnet18", false, 224},
	} {
		t.Run(filepath.Base(test.file), func(t *testing.T) { published(t, filepath.Join(data, test.file), test.arch, test.structure, test.size) })
	}
}

func published(t *testing.T, path, arch string, structure bool, size int) {
	source := &Source{Name: path, Path: path}
	file, err := source.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	found, err := bind.Recognize(file, bind.RecognizeOptions{Structure: structure})
	if err != nil {
		t.Fatal(err)
	}
	spec := found.Spec
	if arch != "" {
		known, err := config.Load(arch)
		if err != nil {
			t.Fatal(err)
		}
		if spec, err = found.Choose([]model.Spec{known.Spec}); err != nil || spec.Name != arch {
			t.Errorf("recognized as %s, %v; want %s", spec.Name, err, arch)
		}
	}
	graph, err := model.Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	bound, _, err := bind.Bind(graph, file, bind.Options{Structure: structure})
	if err != nil {
		t.Fatal(err)
	}
	got, err := run(t.Context(), graph, bound, goldenInput(tensor.Shape{1, 3, size, size}))
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/published.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]float64
	if err := json.Unmarshal(golden, &want); err != nil {
		t.Fatal(err)
	}
	compareLogits(t, got, want[filepath.Base(path)])
}

func TestResolveErrors(t *testing.T) {
	empty, two := t.TempDir(), t.TempDir()
	for _, name := range []string{"a.pth", "b.safetensors"} {
		if err := os.WriteFile(filepath.Join(two, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for what, want := range map[string]string{
		"nowhere.pth": "no such file",
		empty:         "no checkpoint in this folder",
		two:           "several checkpoints in this folder, name one: a.pth, b.safetensors",
		"resnet50":    "the weights resnet50.tv2_in1k are not on this disk",
		"resnet50.v2": `no weights are called "resnet50.v2"`,
	} {
		_, err := (&Puller{Cache: &Cache{Dir: t.TempDir()}}).Resolve(t.Context(), what, false)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want …%s…", what, err, want)
		}
	}
}
