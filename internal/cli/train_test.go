package cli

import (
	"testing"
	"time"

	"resnet/internal/train"
)

// TestTrainWords: what stands beside the bar leaves room for it.
func TestTrainWords(t *testing.T) {
	status := train.Status{Epoch: 3, Batch: 5, Batches: 10, Loss: 1.25, Error: 0.4, PerSecond: 950}
	for _, test := range []struct {
		columns int
		many    bool
		want    string
	}{
		{200, true, "resnet20_cifar, epoch 3/6, loss 1.250, error 40.0 %, 7m0s left, 950 images/s"},
		{0, false, "epoch 3/6, loss 1.250, error 40.0 %, 7m0s left, 950 images/s"},
		{60, true, "resnet20_cifar, epoch 3/6, loss 1.250"},
		{10, false, "epoch 3/6"},
	} {
		tr := &training{f: &factory{columns: test.columns}, many: test.many, config: &trainConfig{net: "resnet20_cifar", recipe: train.Recipe{Epochs: 6}}}
		b := &trainBar{t: tr, first: 3}
		if got := b.words(status, time.Minute); got != test.want {
			t.Errorf("%d columns: got %q, want %q", test.columns, got, test.want)
		}
	}
}
