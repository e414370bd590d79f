package nets

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/export"
	"resnet/internal/imaging"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

const onnxFixtures = "../checkpoint/onnx/testdata/"

// TestONNX compares the logits of ONNX models with those that ONNX Runtime computes.
func TestONNX(t *testing.T) {
	text, err := os.ReadFile(onnxFixtures + "expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct{ Logits []float32 }
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	x := tensor.New(1, 3, 32, 32)
	for i := range x.Data { // picture() of make_fixtures.py
		x.Data[i] = float32(float64(i*7919%1000)/500 - 1)
	}
	for file, want := range expected {
		t.Run(file, func(t *testing.T) {
			n, err := (&Opener{}).Open(context.Background(), Choice{Net: onnxFixtures + file})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			x := x.Clone()
			if file == "normalized.onnx" { // the graph's own first two operators
				p, err := n.Preprocess()
				if err != nil || p.Mean != [3]float32{0.5, 0.25, 0.125} || p.Std != [3]float32{0.25, 0.5, 0.75} || n.AssumedPixels() != "input 0–1, the graph normalizes" {
					t.Errorf("%+v, %v", p, err)
				}
				for i := range x.Data {
					x.Data[i] = (x.Data[i] - p.Mean[i/1024]) / p.Std[i/1024]
				}
			}
			p, err := n.Predictor(context.Background(), PredictorOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			out, err := p.Predict(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Logits.Data) != len(want.Logits) {
				t.Fatalf("%d logits, want %d", len(out.Logits.Data), len(want.Logits))
			}
			for i, v := range out.Logits.Data {
				if d := math.Abs(float64(v - want.Logits[i])); !(d <= 1e-5*math.Max(1, math.Abs(float64(want.Logits[i])))) {
					t.Errorf("logit %d is %v, want %v", i, v, want.Logits[i])
				}
			}
		})
	}
}

// TestGraphOutweighsName: the weights of a graph are not given to a network that computes something else.
func TestGraphOutweighsName(t *testing.T) {
	_, err := (&Opener{}).Open(context.Background(), Choice{Net: "resnet18", Weights: onnxFixtures + "folded.onnx"})
	if err == nil || !strings.Contains(err.Error(), "computes another network") {
		t.Error(err)
	}
}

// TestGraphTellsSize: a photo becomes as large as a graph says its input is, of a built-in network too.
func TestGraphTellsSize(t *testing.T) {
	arch, err := config.Load("resnet20_cifar")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	given := export.Network{Graph: arch.Graph.Graph, Weights: random.Weights(arch.Graph.Graph, 0), Input: [3]int{3, 48, 40}}
	if _, err := export.ONNX(t.Context(), path, given); err != nil {
		t.Fatal(err)
	}
	n, err := (&Opener{}).Open(t.Context(), Choice{Net: path})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	p, err := n.Preprocess()
	if want := (imaging.Size{Height: 48, Width: 40}); err != nil || n.Arch.Name != "resnet20_cifar" || p.Crop != want || p.Resize != want || n.Arch.Spec.Input != [3]int{3, 48, 40} {
		t.Errorf("%s of %v: %+v, %v", n.Arch.Name, n.Arch.Spec.Input, p, err)
	}
}

func TestSized(t *testing.T) {
	for input, want := range map[[3]int][2]imaging.Size{
		{3, 32, 32}:   {imaging.Single(32), imaging.Single(32)},
		{3, 224, 224}: {imaging.Single(256), imaging.Single(224)},
		{3, 160, 256}: {imaging.Single(182), {Height: 160, Width: 256}},
	} {
		if p := sized(imaging.ImageNet, input); p.Resize != want[0] || p.Crop != want[1] {
			t.Errorf("%v: %+v, want %v", input, p, want)
		}
	}
}
