package nets

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/bind"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
	"resnet/internal/weights"
)

// save writes a checkpoint of random weights of a built-in network.
func save(t *testing.T, path, net string) {
	t.Helper()
	n, err := new(Opener).OpenGraph(t.Context(), Choice{Net: net})
	if err != nil {
		t.Fatal(err)
	}
	values := random.Weights(n.Graph.Graph, 0)
	var specs []safetensors.Spec
	for _, p := range n.Graph.Params() {
		specs = append(specs, safetensors.Spec{Name: p.Name, Info: tensor.Info{Shape: p.Shape, DType: tensor.Float32}})
	}
	w, err := safetensors.Create(path, specs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range n.Graph.Params() {
		data := make([]float32, p.Shape.Elements())
		if err := values.Read(p.Name, data); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(p.Name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOpen: what a user names leads to this network and these weights.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	save(t, filepath.Join(dir, "own.safetensors"), "resnet18_tiny")
	for name, text := range map[string]string{
		"mine.yaml":   "extends: resnet18_tiny\nweights: own.safetensors\n",
		"plain.yaml":  "extends: resnet18_tiny\n",
		"classes.txt": strings.Repeat("x\n", 200),
		"short.txt":   "x\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var told []Notice
	o := &Opener{
		Dir: dir, Tell: func(n Notice) { told = append(told, n) },
		Puller: func() (*weights.Puller, error) {
			return &weights.Puller{Cache: &weights.Cache{Dir: filepath.Join(dir, "cache")}, Offline: true}, nil
		},
	}
	for _, test := range []struct {
		choice       Choice
		net, weights string
	}{
		{Choice{}, "resnet50", ""},
		{Choice{Default: "18"}, "resnet18", ""},
		{Choice{Net: "34", Default: "18"}, "resnet34", ""},
		{Choice{Trained: true}, "resnet18_tiny", "resnet18_tiny"},
		{Choice{Net: "resnet18_tiny", Trained: true}, "resnet18_tiny", "resnet18_tiny"},
		{Choice{Net: "own.safetensors"}, "resnet18_tiny", "own.safetensors"},
		{Choice{Weights: "own.safetensors", Default: "18"}, "resnet18_tiny", "own.safetensors"},
		{Choice{Weights: "own.safetensors", Net: "resnet18_tiny"}, "resnet18_tiny", "own.safetensors"},
		{Choice{Weights: "own.safetensors", Structure: true}, "resnet18_tiny", "own.safetensors"},
		{Choice{Net: "plain.yaml"}, "plain", ""},
		{Choice{Net: "plain.yaml", Weights: "own.safetensors"}, "plain", "own.safetensors"},
		{Choice{Net: "mine.yaml"}, "mine", filepath.Join(dir, "own.safetensors")},
	} {
		n, err := o.Open(t.Context(), test.choice)
		if err != nil {
			t.Errorf("%+v: %v", test.choice, err)
			continue
		}
		got := ""
		if n.Source != nil {
			got = n.Source.Name
		}
		if n.Arch.Name != test.net || got != test.weights || (n.Weights == nil) != (test.weights == "") {
			t.Errorf("%+v: %s with weights %q, want %s with %q", test.choice, n.Arch.Name, got, test.net, test.weights)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	bound := 0
	for _, n := range told {
		if n.Bound != nil {
			bound++
		}
	}
	if bound != 1 {
		t.Errorf("%d mappings by structure were told of, want 1: %+v", bound, told)
	}

	if _, err := o.Open(t.Context(), Choice{Net: "34", Weights: "own.safetensors"}); !as[*MismatchError](err) {
		t.Errorf("weights of another network: %v", err)
	}
	if _, err := o.Open(t.Context(), Choice{Net: "plain.yaml", Trained: true}); !as[*NoWeightsError](err) {
		t.Errorf("no weights: %v", err)
	}
	if _, err := o.Open(t.Context(), Choice{Net: "18", Trained: true}); !as[*weights.NotPulledError](err) {
		t.Errorf("a set that is not here: %v", err)
	}
	for file, good := range map[string]bool{"classes.txt": true, "short.txt": false, "none.txt": false} {
		n, err := o.Open(t.Context(), Choice{Weights: "own.safetensors", Labels: file})
		if err != nil {
			t.Fatal(err)
		}
		if list, err := n.Labels(t.Context()); (err == nil) != good || good && len(list.Classes) != 200 {
			t.Errorf("labels %s: %v, %v", file, list, err)
		}
		n.Close()
	}
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestIsCheckpoint(t *testing.T) {
	const flow = "{block: basic, layers: [2, 2, 2, 2]}"
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"net.yaml", flow, false},
		{"net", "\n { block: basic, layers: [2, 2, 2, 2]}", false},
		{"net.yaml", `{"block": "basic", "layers": [2, 2, 2, 2]}`, false},
		{"net.YML", "{}", false},
		{"block.txt", "block: basic\n", false},
		{"utf16.yaml", "\xff\xfe{\x00}\x00", false},
		{"model.safetensors.index.json", "{\n  \"metadata\": {}}", true},
		{"index", "{}", true},
		{"renamed.yaml", "PK\x03\x04", true},
		{"net.pth", "block: basic\n", true},
		{"empty.safetensors", "", true},
		{"empty.H5", "", true},
		{"empty", "", false},
		{"page", "\n<!doctype html>\n<p style=\"a: b\">", true},
		{"page.yaml", "\n<html>", true},
		{"pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", true},
		{"version.yaml", "version: 1", false},
	} {
		path := filepath.Join(t.TempDir(), test.name)
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := IsCheckpoint(path); got != test.want {
			t.Errorf("%s, %q: %v, want %v", test.name, test.text, got, test.want)
		}
	}
	if !IsCheckpoint(t.TempDir()) {
		t.Error("an empty folder is not opened as a checkpoint, which says that none is in it")
	}

	path := filepath.Join(t.TempDir(), "flow")
	if err := os.WriteFile(path, []byte(flow), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Opener{}
	n, err := o.Open(t.Context(), Choice{Net: path})
	if err != nil || !slices.Equal(n.Arch.Spec.Layers, []int{2, 2, 2, 2}) {
		t.Errorf("%s: %v", flow, err)
	}
}

// TestRecognize: what the tensors leave open is asked about, beside what they do tell, and somebody's word decides it.
func TestRecognize(t *testing.T) {
	source := &weights.Source{Name: "x", Path: filepath.Join(t.TempDir(), "x.safetensors")}
	save(t, source.Path, "resnet20_cifar")
	file, err := source.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	found, err := Recognize(t.Context(), file, source, Choice{})
	if !as[*bind.ChoiceError](err) || found == nil || found.Spec.NumClasses != 10 {
		t.Errorf("%+v, %v", found, err)
	}
	source.Arch = "resnet20_cifar"
	if found, err = Recognize(t.Context(), file, source, Choice{}); err != nil || found.Spec.Name != "resnet20_cifar" {
		t.Errorf("%+v, %v", found, err)
	}
	for _, bare := range model.Bares() { // what somebody says was not taken for granted, of networks that have no name either
		o := &Opener{Tell: func(n Notice) {
			if n.Text == "taken for " || len(n.Bares) > 0 {
				t.Errorf("%s: %+v", bare.Name, n)
			}
		}}
		n, err := o.Open(t.Context(), Choice{Net: source.Path, Shortcut: bare.Name})
		if err != nil {
			t.Fatal(err)
		}
		n.Close()
	}
}

// TestPreprocessAt keeps as much around the crop as usual.
func TestPreprocessAt(t *testing.T) {
	n, err := new(Opener).OpenGraph(t.Context(), Choice{Net: "50"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		height, width int
		scale         bool
		resize        int
	}{{112, 112, true, 128}, {448, 224, true, 256}, {448, 448, true, 512}, {448, 448, false, 256}} {
		p, err := n.PreprocessAt(test.height, test.width, test.scale)
		if err != nil || p.Resize != imaging.Single(test.resize) || p.Crop != (imaging.Size{Height: test.height, Width: test.width}) {
			t.Errorf("%+v: %+v, %v", test, p, err)
		}
	}
}

// TestTellClasses: where a softmax is not what a network was trained for, that is said.
func TestTellClasses(t *testing.T) {
	for _, c := range []struct {
		problem string
		classes int
		want    string
	}{
		{"", 10, ""}, {"", 0, ""}, {"", 1, "of one class alone"}, {"regression", 1, "of one class alone"},
		{"multi_label_classification", 4, "problem_type: multi_label_classification"}, {"multi_label_classification", 0, ""},
	} {
		told := ""
		o := &Opener{Tell: func(n Notice) { told += n.Text }}
		if o.tellClasses(&weights.Source{Problem: c.problem}, c.classes); !strings.Contains(told, c.want) || (c.want == "") != (told == "") {
			t.Errorf("%+v: told %q", c, told)
		}
	}
}
