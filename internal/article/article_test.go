package article

import (
	"testing"

	"resnet/internal/tensor"
)

func TestResults(t *testing.T) {
	shape := func(c, h, w int) tensor.Shape { return tensor.Shape{1, c, h, w} }
	for _, test := range []struct {
		in, out tensor.Shape
		want    string
	}{
		{shape(64, 56, 56), shape(64, 56, 56), "planes remains same, dimensions remain same"},
		{shape(64, 56, 56), shape(256, 56, 56), "planes quadruple, dimensions remain same"},
		{shape(64, 56, 56), shape(128, 28, 28), "planes double, dimensions halve"},
		{shape(64, 57, 57), shape(128, 29, 29), "planes double, dimensions halve"}, // halved and rounded up
		{shape(64, 1, 1), shape(128, 1, 1), "planes double, dimensions remain same"},
		{shape(64, 1, 8), shape(128, 1, 4), "planes double, height remains same, width halves"},
		{shape(64, 2, 3), shape(192, 1, 2), "planes triple, dimensions halve"},
		{shape(64, 56, 56), shape(32, 14, 14), "planes halve, dimensions quarter"},
		{shape(64, 56, 56), shape(16, 19, 19), "planes quarter, dimensions shrink to 1/3"},
		{shape(64, 56, 56), shape(512, 7, 7), "planes octuple, dimensions shrink to 1/8"},
		{shape(16, 8, 8), shape(112, 8, 8), "planes grow 7-fold, dimensions remain same"},
		{shape(64, 56, 56), shape(96, 58, 58), "planes 64 -> 96, dimensions 56×56 -> 58×58"},
		{shape(64, 4, 4), shape(64, 8, 8), "planes remains same, dimensions grow 2-fold"},
	} {
		if got := AsPrinted(StageResult(test.in, test.out)); got != test.want {
			t.Errorf("%v to %v: %s, want %s", test.in, test.out, got, test.want)
		}
	}
	if got, want := AsPrinted(StemResult(shape(3, 224, 224), shape(64, 112, 112))), "Planes -> 64, dimensions get halved"; got != want {
		t.Errorf("stem: %s, want %s", got, want)
	}
	if got, want := AsPrinted(StemResult(shape(3, 32, 32), shape(16, 32, 32))), "Planes -> 16, dimensions remain same"; got != want {
		t.Errorf("stem: %s, want %s", got, want)
	}
	if got, want := PoolResult(shape(64, 112, 112), shape(64, 56, 56)), "dimensions get halved"; got != want {
		t.Errorf("pool: %s, want %s", got, want)
	}
	for _, test := range []struct {
		convolved, pooled int
		want              string
	}{
		{16, 8, "Planes → 64, dimensions get halved, then halved again by the pool"},
		{32, 16, "Planes → 64, dimensions remain the same, then by the pool dimensions get halved"},
		{16, 4, "Planes → 64, dimensions get halved, then by the pool dimensions get quartered"},
	} {
		if got := StemAndPool(shape(3, 32, 32), shape(64, test.convolved, test.convolved), shape(64, test.pooled, test.pooled)); got != test.want {
			t.Errorf("stem and pool: %s, want %s", got, test.want)
		}
	}
	if got, want := StageResult(shape(64, 4, 4), shape(64, 4, 4)), "planes remain the same, dimensions remain the same"; got != want {
		t.Errorf("in better words: %s, want %s", got, want)
	}
	if got, want := StemResult(shape(3, 32, 32), shape(16, 32, 32)), "Planes → 16, dimensions remain the same"; got != want {
		t.Errorf("in better words: %s, want %s", got, want)
	}
}

func TestTitle(t *testing.T) {
	for name, want := range map[string]string{
		"resnet34": "ResNet34", "resnet20_cifar": "ResNet20_cifar", "resnext50_32x4d": "ResNeXt50_32x4d",
		"wide_resnet50_2": "Wide_ResNet50_2", "plain34": "PlainNet34", "my": "my",
	} {
		if got := Title(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
