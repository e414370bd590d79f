package nets

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

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
