package ops

import "testing"

// TestLoadSplit wants two threads to share the pixels of maps that are large beside the weights, so that each reads what it has
// written, and the channels where the weights are most of what is read.
func TestLoadSplit(t *testing.T) {
	pointwise := func(in, out, size int) load {
		weights := in * out
		return load{
			pixels: size * size, panels: out / 64, flops: float64(2 * weights * size * size),
			input: float64(4 * in * size * size), weights: float64(4 * weights),
		}
	}
	winograd := func(channels, size int) load {
		tiles := (size + 3) / 4 * ((size + 3) / 4)
		weights := 36 * channels * channels
		return load{
			pixels: tiles, panels: channels / 64, flops: float64(2 * weights * tiles), transform: float64(6 * 36 * tiles * channels / lanes),
			input: float64(4 * channels * size * size), weights: float64(4 * weights),
		}
	}
	for _, tt := range []struct {
		name string
		load
		parts int
		want  grid
	}{
		{"1×1 at 56×56", pointwise(256, 64, 56), 2, grid{2, 1}},
		{"1×1 at 14×14", pointwise(1024, 256, 14), 2, grid{2, 1}},
		{"1×1 at 7×7", pointwise(2048, 512, 7), 2, grid{1, 2}},
		{"one pixel", pointwise(2048, 1024, 1), 3, grid{1, 3}},
		{"one panel", pointwise(64, 64, 7), 2, grid{2, 1}},
		{"Winograd at 28×28", winograd(128, 28), 2, grid{2, 1}},
		{"Winograd at 14×14", winograd(256, 14), 2, grid{1, 2}},
		{"four threads", pointwise(512, 2048, 7), 4, grid{1, 4}},
		{"one thread", pointwise(512, 2048, 7), 1, grid{1, 1}},
	} {
		if got := tt.split(tt.parts); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
