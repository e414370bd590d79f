package nets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

const exportFixtures = "../export/testdata/"

// TestWriteONNX writes the bytes that ONNX Runtime was given by golden.py, and computes the logits that it computed.
// Read back, they are the same network with the same weights.
func TestWriteONNX(t *testing.T) {
	text, err := os.ReadFile(exportFixtures + "golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]struct {
		SHA256 string
		Logits []float32
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	nets, err := filepath.Glob(exportFixtures + "nets/*.yaml")
	if err != nil || len(nets) != len(golden)-1 {
		t.Fatal(len(nets), "networks", len(golden), "goldens", err)
	}
	for name, want := range golden {
		t.Run(name, func(t *testing.T) {
			n := exported(t, name)
			file := filepath.Join(t.TempDir(), "out.onnx")
			if _, err := n.WriteONNX(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want.SHA256 {
				t.Error("the bytes are not those that ONNX Runtime was given: run golden.py, and look at the difference")
			}
			logits := computed(t, n)
			for i, v := range logits {
				if d := math.Abs(float64(v - want.Logits[i])); !(d <= 1e-5*math.Max(1, math.Abs(float64(want.Logits[i])))) {
					t.Errorf("logit %d is %v, ONNX Runtime's %v", i, v, want.Logits[i])
				}
			}
			if !n.Quantized() {
				sameNet(t, n, file)
			}
		})
	}
}

// exported opens a network as golden.py names it.
func exported(t *testing.T, name string) *Net {
	t.Helper()
	o := &Opener{}
	n, err := o.OpenRandom(t.Context(), exportFixtures+"nets/"+name+".yaml", 1)
	if name == "int8" {
		n, err = o.Open(t.Context(), Choice{Net: exportFixtures + "nets/both.yaml", Weights: exportFixtures + "int8.safetensors"})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// computed gives the logits of two pictures.
func computed(t *testing.T, n *Net) []float32 {
	t.Helper()
	r, err := n.Runner(Compute{Exact: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	input := n.Arch.Spec.Input
	s, err := r.Session(t.Context(), tensor.Shape{2, input[0], input[1], input[2]}, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := s.Input()
	for i := range x.Data { // picture() of golden.py
		x.Data[i] = float32(float64(i*7919%1000)/500 - 1)
	}
	y, err := s.Run(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return y.Clone().Data
}

// sameNet reads an ONNX file back.
func sameNet(t *testing.T, n *Net, file string) {
	t.Helper()
	back, err := (&Opener{}).Open(t.Context(), Choice{Net: file})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if len(back.Graph.Calls) != len(n.Graph.Calls) {
		t.Fatalf("%d calls became %d", len(n.Graph.Calls), len(back.Graph.Calls))
	}
	for i, call := range n.Graph.Calls {
		if got := back.Graph.Calls[i]; got.Path != call.Path || got.Op != call.Op {
			t.Errorf("%s %+v became %s %+v", call.Path, call.Op, got.Path, got.Op)
		}
	}
	for _, name := range n.Weights.Names() {
		if !slices.Equal(bits(t, n.Weights, name), bits(t, back.Weights, name)) {
			t.Errorf("%s is not the same", name)
		}
	}
}

// bits gives the elements of a tensor.
func bits(t *testing.T, w graph.Weights, name string) []uint32 {
	t.Helper()
	info, _ := w.Info(name)
	values := make([]float32, info.Shape.Elements())
	if err := w.Read(name, values); err != nil {
		t.Fatal(err)
	}
	list := make([]uint32, len(values))
	for i, v := range values {
		list[i] = math.Float32bits(v)
	}
	return list
}
