package random

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"resnet/internal/model"
)

func TestLn(t *testing.T) {
	for x := 1e-300; x < 1e300; x *= 1.37 {
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 4e-15*max(1, math.Abs(want)) {
			t.Errorf("ln(%g) = %.17g, want %.17g", x, got, want)
		}
	}
}

func TestWeightsStatistics(t *testing.T) {
	g, err := model.Build(model.Spec{Layers: []int{1, 1}}.Default())
	if err != nil {
		t.Fatal(err)
	}
	w := Weights(g.Graph, 0)
	info, _ := w.Info("layer2.0.conv2.weight")
	dst := make([]float32, info.Shape.Elements())
	if err := w.Read("layer2.0.conv2.weight", dst); err != nil {
		t.Fatal(err)
	}
	mean, square := 0.0, 0.0
	for _, v := range dst {
		mean += float64(v) / float64(len(dst))
		square += float64(v) * float64(v) / float64(len(dst))
	}
	want := math.Sqrt(2.0 / (128 * 9))
	if math.Abs(mean) > want/100 || math.Abs(math.Sqrt(square)-want) > want/100 {
		t.Errorf("mean %g, std %g; want 0 and %g", mean, math.Sqrt(square), want)
	}
}

// TestInput: the noise does not depend on how it is shared out, and ends with the context.
func TestInput(t *testing.T) {
	long := make([]float32, 1<<20+7)
	if err := Input(t.Context(), long, 5); err != nil {
		t.Fatal(err)
	}
	want := make([]float32, len(long))
	noise{rand.NewPCG(5, math.MaxUint64)}.normal(want, 1)
	if !slices.Equal(long, want) {
		t.Error("the noise of two chunks is another than in one go")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Input(ctx, long, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
