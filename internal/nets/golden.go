package nets

import (
	"context"
	"fmt"
	"math"

	"resnet/internal/weights"
)

// CheckBuiltin runs the network of a set that is inside the binary, and compares its logits with PyTorch's: the result is
// the largest difference as a share of the largest logit.
func CheckBuiltin(ctx context.Context, s weights.Set) (float64, error) {
	input, want, err := weights.Golden(s.Name)
	if err != nil {
		return 0, err
	}
	o := &Opener{}
	n, err := o.OpenGraph(ctx, Choice{Net: s.Arch})
	if err == nil { // not by its name, which a file may have too
		n, err = o.openSource(ctx, n, &weights.Source{Name: s.Name}, Choice{})
	}
	if err != nil {
		return 0, err
	}
	defer n.Close()
	p, err := n.Predictor(ctx, PredictorOptions{})
	if err != nil {
		return 0, err
	}
	defer p.Close()
	got, err := p.Predict(ctx, input)
	if err != nil {
		return 0, err
	}
	if len(got.Logits.Data) != len(want) {
		return 0, fmt.Errorf("%d logits, want %d", len(got.Logits.Data), len(want))
	}
	largest, difference := 0.0, 0.0
	for i, w := range want {
		largest = math.Max(largest, math.Abs(w))
		difference = math.Max(difference, math.Abs(float64(got.Logits.Data[i])-w))
	}
	return difference / largest, nil
}
