package nets

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"resnet/internal/tensor"
)

const kerasFixtures = "../checkpoint/keras/testdata/"

// TestKeras compares the logits of networks that Keras saved with those that Keras computes.
func TestKeras(t *testing.T) {
	text, err := os.ReadFile(kerasFixtures + "expected.json")
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
	for file, net := range map[string]string{
		"applications.weights.h5": "applications", "applications_v2.weights.h5": "applications",
		"cifar.keras": "cifar", "cifar.h5": "cifar", "transfer.keras": "transfer", "backbone.keras": "backbone",
	} {
		t.Run(file, func(t *testing.T) {
			o := &Opener{}
			n, err := o.Open(context.Background(), Choice{Net: kerasFixtures + file})
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
			out, err := p.Predict(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			want := expected[net].Logits
			if len(out.Logits.Data) != len(want) {
				t.Fatalf("%d logits, want %d", len(out.Logits.Data), len(want))
			}
			for i, v := range out.Logits.Data {
				if d := math.Abs(float64(v - want[i])); !(d <= 1e-5) {
					t.Errorf("logit %d is %v, want %v", i, v, want[i])
				}
			}
		})
	}
}
