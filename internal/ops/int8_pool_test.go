package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"resnet/internal/isa"
)

// TestInt8Max wants each window's largest byte, from vectors and from the portable loop, of any number of parts.
func TestInt8Max(t *testing.T) {
	for _, p := range []Int8Pool{
		{Batch: 2, Channels: 100, InH: 9, InW: 7, OutH: 5, OutW: 4, Kernel: 3, Stride: 2, Padding: 1},
		{Batch: 1, Channels: 3, InH: 4, InW: 4, OutH: 2, OutW: 2, Kernel: 2, Stride: 2},
		{Batch: 1, Channels: 64, InH: 1, InW: 1, OutH: 1, OutW: 1, Kernel: 3, Stride: 2, Padding: 1},
	} {
		p.Src = int8Map(p.Batch, p.Channels, p.InH*p.InW)
		for _, p.Vectors = range []bool{false, isa.Has(isa.AVX2)} {
			for p.Parts = 1; p.Parts <= 3; p.Parts++ {
				p.Dst = make([]uint8, NCHW64u8.Len(p.Batch, p.Channels, p.OutH*p.OutW))
				for p.Part = range p.Parts {
					p.Max()
				}
				for i := range p.Batch * p.Channels * p.OutH * p.OutW {
					n, c, y, x := i/p.OutW/p.OutH/p.Channels, i/p.OutW/p.OutH%p.Channels, i/p.OutW%p.OutH, i%p.OutW
					want := uint8(0)
					for row := max(0, y*p.Stride-p.Padding); row < min(p.InH, y*p.Stride-p.Padding+p.Kernel); row++ {
						for col := max(0, x*p.Stride-p.Padding); col < min(p.InW, x*p.Stride-p.Padding+p.Kernel); col++ {
							want = max(want, p.Src[int8Index(n, c, row*p.InW+col, p.Channels, p.InH*p.InW)])
						}
					}
					if got := p.Dst[int8Index(n, c, y*p.OutW+x, p.Channels, p.OutH*p.OutW)]; got != want {
						t.Fatalf("%d×%d: image %d, channel %d, row %d, column %d is %d, want %d", p.InH, p.InW, n, c, y, x, got, want)
					}
				}
			}
		}
	}
}

// TestInt8Mean wants the exact sum, scaled once and rounded to even, also of more pixels than 16 bits can sum.
func TestInt8Mean(t *testing.T) {
	for _, area := range []int{1, 49, 256, 257, 1000} {
		p := Int8Pool{Batch: 2, Channels: 70, InH: 1, InW: area, OutH: 1, OutW: 1, From: Int8Param{0.5, 7}, To: Int8Param{0.25, 9}, Parts: 2}
		p.Src, p.Dst = int8Map(2, 70, area), make([]uint8, NCHW64u8.Len(2, 70, 1))
		for p.Part = range p.Parts {
			p.Global()
		}
		for i := range 2 * 70 {
			sum := 0
			for pixel := range area {
				sum += int(p.Src[int8Index(i/70, i%70, pixel, 70, area)]) - 7
			}
			want := saturate(math.RoundToEven(float64(float32(sum)*float32(2/float64(area)))) + 9)
			if got := p.Dst[int8Index(i/70, i%70, 0, 70, 1)]; got != want {
				t.Fatalf("%d pixels: mean %d is %d, want %d", area, i, got, want)
			}
		}
		if got := p.Dst[int8Index(0, 70, 0, 70, 1)]; got != 0 {
			t.Errorf("%d pixels: a channel that does not exist has mean %d", area, got)
		}
	}
}

// int8Map draws a feature map, whose channels past the last are zero.
func int8Map(batch, channels, area int) []uint8 {
	rng := rand.New(rand.NewPCG(31, uint64(area)))
	m := make([]uint8, NCHW64u8.Len(batch, channels, area))
	for i := range batch * channels * area {
		m[int8Index(i/area/channels, i/area%channels, i%area, channels, area)] = uint8(rng.IntN(256))
	}
	return m
}

// TestInt8Reorder quantizes floats of both layouts and brings back what the bytes stand for.
func TestInt8Reorder(t *testing.T) {
	const batch, channels, area = 2, 70, 9
	bytes := int8Map(batch, channels, area)
	for _, layout := range []Layout{NCHW, NCHW16c} {
		r := Int8Reorder{
			Layout: layout, Batch: batch, Channels: channels, Area: area, Param: Int8Param{0.125, 3}, Parts: 3,
			Bytes: bytes, Floats: make([]float32, layout.Len(batch, channels, area)),
		}
		for r.Part = range r.Parts {
			r.Dequantize()
		}
		plain := r.Floats
		if layout == NCHW16c {
			plain = make([]float32, NCHW.Len(batch, channels, area))
			(&Reorder{To: NCHW, Batch: batch, Channels: channels, Area: area, Dst: plain, Src: r.Floats, Parts: 1}).Run()
		}
		for i, v := range plain {
			q := bytes[int8Index(i/area/channels, i/area%channels, i%area, channels, area)]
			if want := (float32(q) - 3) / 8; v != want {
				t.Fatalf("layout %d: value %d is %g, want %g", layout, i, v, want)
			}
		}
		r.Bytes = make([]uint8, len(bytes))
		fillBytes(r.Bytes, 0xee)
		for r.Part = range r.Parts {
			r.Quantize()
		}
		if d := firstDifference(r.Bytes, bytes); d != "no difference" {
			t.Errorf("layout %d: %s", layout, d)
		}
	}
}

func TestQuantize(t *testing.T) {
	p := Int8Param{0.5, 100}
	for x, want := range map[float32]uint8{
		0: 100, 1: 102, 0.25: 100, 0.75: 102, 1e30: 255, -1e30: 0, float32(math.Inf(1)): 255, float32(math.Inf(-1)): 0, float32(math.NaN()): 255,
	} {
		if got := p.Quantize(x, 2); got != want {
			t.Errorf("quantize %g: %d, want %d", x, got, want)
		}
	}
}

func firstDifference[T comparable](got, want []T) string {
	for i := range want {
		if got[i] != want[i] {
			return fmt.Sprintf("output %d is %v, want %v", i, got[i], want[i])
		}
	}
	return "no difference"
}
