package weights

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"

	"resnet/internal/bind"
	"resnet/internal/engine"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// Verify hashes a set of the cache again, and reports it where it is no longer what was downloaded.
func (c *Cache) Verify(e *Entry, seen func(done int64)) error {
	digest, info, err := hashFile(e.Path, seen)
	if err != nil {
		return err
	}
	s, known := Find(e.Name)
	if known {
		s = c.pinned(s)
	}
	want := cmp.Or(s.SHA256, e.SHA256, digest)
	if digest != want || !s.digestFits(digest) {
		return &DamagedError{e.Path, digest, want}
	}
	if e.SHA256 != digest || e.Size != info.Size() || !e.ModTime.Equal(info.ModTime()) {
		e.SHA256, e.Size, e.ModTime = digest, info.Size(), info.ModTime()
		_ = writeJSON(recordPath(e.Path), e.Record)
	}
	return nil
}

// NonFinite counts the values of all tensors that are no finite numbers: a training that went wrong, or damage.
func NonFinite(w model.Weights) (int, error) {
	bad := 0
	for _, name := range w.Names() {
		info, _ := w.Info(name)
		values := make([]float32, info.Shape.Elements())
		if err := w.Read(name, values); err != nil {
			return 0, err
		}
		for _, v := range values {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				bad++
			}
		}
	}
	return bad, nil
}

//go:embed builtin/resnet18_tiny.golden.json
var goldenJSON []byte

// Golden runs the built-in weights through graph, which is their network, and compares the logits with PyTorch's: the
// result is the largest difference as a share of the largest logit.
func Golden(ctx context.Context, graph *model.Graph) (float64, error) {
	var golden struct {
		Input  tensor.Shape
		Logits []float64
	}
	if err := json.Unmarshal(goldenJSON, &golden); err != nil {
		return 0, err
	}
	got, err := runBuiltin(ctx, graph, goldenInput(golden.Input))
	if err != nil {
		return 0, err
	}
	if len(got) != len(golden.Logits) {
		return 0, fmt.Errorf("%d logits, want %d", len(got), len(golden.Logits))
	}
	largest, difference := 0.0, 0.0
	for i, want := range golden.Logits {
		largest = math.Max(largest, math.Abs(want))
		difference = math.Max(difference, math.Abs(float64(got[i])-want))
	}
	return difference / largest, nil
}

// goldenInput is the picture of golden.py.
func goldenInput(shape tensor.Shape) tensor.Tensor {
	x := tensor.New(shape...)
	for i := range x.Data {
		x.Data[i] = float32(i*7919%4096)/1024 - 2
	}
	return x
}

func runBuiltin(ctx context.Context, graph *model.Graph, x tensor.Tensor) ([]float32, error) {
	file, err := OpenBuiltin()
	if err != nil {
		return nil, err
	}
	bound, _, err := bind.Bind(graph, file, bind.Options{})
	if err != nil {
		return nil, err
	}
	return run(ctx, graph, bound, x)
}

func run(ctx context.Context, graph *model.Graph, w model.Weights, x tensor.Tensor) ([]float32, error) {
	program, err := engine.New(graph, w, engine.Options{})
	if err != nil {
		return nil, err
	}
	plan, err := program.Plan(x.Shape, nil)
	if err != nil {
		return nil, err
	}
	session := plan.NewSession(0)
	defer session.Close()
	y, err := session.Run(ctx, x)
	return y.Clone().Data, err
}
