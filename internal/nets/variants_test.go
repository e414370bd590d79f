package nets

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"resnet/internal/tensor"
)

const variants = "testdata/variants/"

// TestVariants compares networks as contrastive learning, transfer learning and tutorials leave them with PyTorch: what the last
// pool puts out and, where there is a classifier, the logits.
func TestVariants(t *testing.T) {
	text, err := os.ReadFile(variants + "expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct {
		Channels, Size   int
		Features, Logits []float32
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	for name, want := range expected {
		t.Run(name, func(t *testing.T) {
			n, err := (&Opener{}).Open(t.Context(), Choice{Weights: variants + name, Trained: true, Classifier: want.Logits != nil})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			if classifies := n.CheckClassifier() == nil; classifies != (want.Logits != nil) {
				t.Fatalf("a classifier: %t", classifies)
			}
			p, err := n.Predictor(t.Context(), PredictorOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			x := tensor.New(1, want.Channels, want.Size, want.Size)
			for i := range x.Data { // picture() of variants.py
				x.Data[i] = float32(i*7919%4096)/1024 - 2
			}
			out, err := p.Predict(t.Context(), x, Watch{Layer: "avgpool"})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "feature", out.Watched[0].Data, want.Features)
			if want.Logits == nil {
				compare(t, "output", out.Logits.Data, want.Features)
			} else {
				compare(t, "logit", out.Logits.Data, want.Logits)
			}
		})
	}
}

// compare wants values equal to 1e-5 of the largest.
func compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values of %s, want %d", len(got), what, len(want))
	}
	largest := 1.0
	for _, v := range want {
		largest = math.Max(largest, math.Abs(float64(v)))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i] - v)); !(d <= 1e-5*largest) {
			t.Errorf("%s %d is %v, want %v", what, i, got[i], v)
		}
	}
}

// TestWithoutClassifier: a built-in network takes weights that end in its last pool, and says so; one's own YAML says itself how
// it ends.
func TestWithoutClassifier(t *testing.T) {
	dir := t.TempDir()
	yaml, file := filepath.Join(dir, "none.yaml"), filepath.Join(dir, "none.safetensors")
	for path, text := range map[string]string{yaml: "extends: resnet20_cifar\nclassifier: none\n", filepath.Join(dir, "own.yaml"): "extends: resnet20_cifar\n"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	save(t, file, yaml)
	var told []string
	o := &Opener{Tell: func(n Notice) { told = append(told, n.Text) }}
	n, err := o.Open(t.Context(), Choice{Net: "resnet20_cifar", Weights: file})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	var none *NoClassifierError
	if err := n.CheckClassifier(); !errors.As(err, &none) || none.Features != 64 || len(told) != 1 {
		t.Errorf("%v; told %q", err, told)
	}
	if _, err := o.Open(t.Context(), Choice{Net: "resnet20_cifar", Weights: file, Classifier: true}); !errors.As(err, &none) {
		t.Errorf("with a classifier: %v", err)
	}
	var misfit *MismatchError
	for _, net := range []string{"resnet32_cifar", filepath.Join(dir, "own.yaml")} {
		if _, err := o.Open(t.Context(), Choice{Net: net, Weights: file}); !errors.As(err, &misfit) {
			t.Errorf("%s: %v", net, err)
		}
	}
}
