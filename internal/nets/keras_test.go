package nets

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

const kerasFixtures = "../checkpoint/keras/testdata/"

// TestKeras compares the logits of networks that Keras saved with those that Keras computes.
func TestKeras(t *testing.T) {
	text, err := os.ReadFile(kerasFixtures + "expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct{ Logits, Max []float32 }
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	x := tensor.New(1, 3, 32, 32)
	for i := range x.Data { // picture() of make_fixtures.py
		x.Data[i] = float32(float64(i*7919%1000)/500 - 1)
	}
	for file, net := range map[string]string{
		"applications.weights.h5": "applications", "applications_v2.weights.h5": "applications",
		"cifar.keras": "cifar", "cifar.h5": "cifar", "transfer.keras": "transfer", "backbone.keras": "backbone",
	} {
		t.Run(file, func(t *testing.T) {
			n, err := (&Opener{}).Open(t.Context(), Choice{Net: kerasFixtures + file})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			p, err := n.Predictor(t.Context(), PredictorOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			in := x
			if net == "transfer" { // which rescales what it is given; what comes out is what the network behind sees
				in = x.Clone()
				for i, v := range in.Data {
					in.Data[i] = v/127.5 - 1
				}
			}
			out, err := p.Predict(context.Background(), in, Watch{Layer: "avgpool", Input: true, Max: true})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "logit", out.Logits.Data, expected[net].Logits)
			if most := expected[net].Max; most != nil {
				compare(t, "largest value", out.Watched[0].Data, most)
			}
			same, err := (&Opener{}).Open(t.Context(), Choice{Net: kerasFixtures + file, Structure: true})
			if err != nil {
				t.Fatal(err)
			}
			defer same.Close()
			for _, name := range n.Weights.Names() { // a file that says which tensor is which needs no order
				if sum(t, same.Weights, name) != sum(t, n.Weights, name) {
					t.Errorf("by structure %s is another tensor", name)
				}
			}
		})
	}
}

func sum(t *testing.T, w graph.Weights, name string) (sum float64) {
	t.Helper()
	info, _ := w.Info(name)
	values := make([]float32, info.Shape.Elements())
	if err := w.Read(name, values); err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		sum += float64(v) * float64(i+1)
	}
	return sum
}
