package draw

import (
	"testing"

	"resnet/internal/model"
)

// TestShortcutMeaning: the legend names the average pools that stand on shortcuts.
func TestShortcutMeaning(t *testing.T) {
	averaged := builtin(t, "resnet20_cifar").Spec
	averaged.Pad.Pool = model.PoolAverage
	g, err := model.Build(averaged)
	if err != nil {
		t.Fatal(err)
	}
	pooledPad, err := NewNet(g, g.InputShape(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		kind string
		nets []*Net
		want string
	}{
		{model.ShortcutIdentity, []*Net{builtin(t, "resnet50")}, "identity: x as it is"},
		{model.ShortcutProjection, []*Net{builtin(t, "resnet50")}, "projection: 1×1 convolution, batch norm"},
		{model.ShortcutProjection, []*Net{builtin(t, "resnet50d")}, "projection: average pool if strided, 1×1 convolution, batch norm"},
		{model.ShortcutProjection, []*Net{builtin(t, "resnet50"), builtin(t, "resnet50d")}, "projection: in some nets average pool, 1×1 convolution, batch norm"},
		{model.ShortcutPad, []*Net{builtin(t, "resnet20_cifar")}, "pad: every n-th pixel (n the stride), missing planes zero"},
		{model.ShortcutPad, []*Net{pooledPad}, "pad: average of n×n pixels (n the stride), missing planes zero"},
		{model.ShortcutPad, []*Net{builtin(t, "resnet20_cifar"), pooledPad}, "pad: every n-th pixel or the average of n×n (n the stride), missing planes zero"},
	} {
		var blocks []block
		for _, n := range test.nets {
			blocks = append(blocks, n.allBlocks()...)
		}
		if got := shortcutMeaning(test.kind, blocks); got != test.want {
			t.Errorf("%s: %q, want %q", test.kind, got, test.want)
		}
	}
}
