//go:build amd64 && !purego && !noasm

package ops

import (
	"math/rand/v2"
	"testing"
)

// memoryCase is an operation on src that fills dst; both are its own to size.
type memoryCase struct {
	name     string
	src, dst int
	run      func(dst, src []float32, vectors bool)
}

// memoryCases covers each remainder of the blocks that the vector loops take.
func memoryCases() []memoryCase {
	var cases []memoryCase
	for n := 1; n <= 50; n += 7 {
		cases = append(cases, shapeCases(Pool{Channels: 20, InH: 1, InW: n, OutH: 1, OutW: n, Kernel: 1, Stride: 1})...)
	}
	for _, p := range []Pool{
		{InH: 7, InW: 140, OutH: 4, OutW: 70, Kernel: 3, Stride: 2, Padding: 1},
		{InH: 5, InW: 3, OutH: 3, OutW: 2, Kernel: 2, Stride: 2},
		{InH: 1, InW: 2, OutH: 1, OutW: 1, Kernel: 3, Stride: 2, Padding: 1},
		{InH: 4, InW: 4, OutH: 1, OutW: 1, Kernel: 4, Stride: 1},
	} {
		p.Channels = 16
		cases = append(cases, shapeCases(p)...)
	}
	return cases
}

// shapeCases lists the operations on two images of p's shape.
func shapeCases(p Pool) []memoryCase {
	p.Layout, p.Batch, p.Parts = NCHW16c, 2, 1
	area, n := p.InH*p.InW, p.InH*p.InW*p.Channels
	blocked := NCHW16c.Len(2, p.Channels, area)
	scale := make([]float32, blocksOf(p.Channels)*lanes)
	fill(scale, 0.3)
	pool := func(name string, outArea int, run func(*Pool)) memoryCase {
		return memoryCase{name, blocked, NCHW16c.Len(2, p.Channels, outArea), func(dst, src []float32, vectors bool) {
			p := p
			p.Dst, p.Src, p.Vectors = dst, src, vectors
			run(&p)
		}}
	}
	affine := func(name string, add, relu bool) memoryCase {
		return memoryCase{name, 2 * blocked, blocked, func(dst, src []float32, vectors bool) {
			b := BatchNorm{Layout: NCHW16c, Batch: 2, Channels: p.Channels, Area: area, Dst: dst, Src: src[:blocked], Scale: scale, Shift: scale, ReLU: relu, Vectors: vectors, Parts: 1}
			if add {
				b.Add = src[blocked:]
			}
			b.Run()
		}}
	}
	return []memoryCase{
		{"relu", n, n, func(dst, src []float32, vectors bool) { ReLU(dst, src, vectors, 0, 1) }},
		{"add", 2 * n, n, func(dst, src []float32, vectors bool) { Add(dst, src[:n], src[n:], vectors, 0, 1) }},
		{"batch norm", blocked, blocked, func(dst, src []float32, vectors bool) {
			b := BatchNorm{Layout: NCHW16c, Batch: 2, Channels: p.Channels, Area: area, Dst: dst, Src: src, Scale: scale, Shift: scale, Vectors: vectors, Parts: 1}
			b.Run()
		}},
		affine("batch norm, ReLU", false, true),
		affine("batch norm, add", true, false),
		affine("batch norm, add, ReLU", true, true),
		{"gradient of a ReLU", 2 * n, n, func(dst, src []float32, vectors bool) { ReLUGradient(dst, src[:n], src[n:], vectors, 0, 1) }},
		{"to NCHW16c", 2 * n, blocked, func(dst, src []float32, vectors bool) {
			r := Reorder{To: NCHW16c, Batch: 2, Channels: p.Channels, Area: area, Dst: dst, Src: src, Vectors: vectors, Parts: 1}
			r.Run()
		}},
		{"to NCHW", blocked, 2 * n, func(dst, src []float32, vectors bool) {
			r := Reorder{To: NCHW, Batch: 2, Channels: p.Channels, Area: area, Dst: dst, Src: src, Vectors: vectors, Parts: 1}
			r.Run()
		}},
		pool("global pool", 1, (*Pool).Global),
		pool("max pool", p.OutH*p.OutW, (*Pool).Max),
		pool("average pool", p.OutH*p.OutW, (*Pool).Average),
	}
}

func TestMemoryKernels(t *testing.T) {
	requireAVX2(t)
	for i, c := range memoryCases() {
		testMemoryCase(t, c, rand.New(rand.NewPCG(8, uint64(i))))
	}
}

// testMemoryCase wants the bits of the portable loops, NaN where they have NaN, from the vector loops, in memory that ends
// at an unreadable page on either side.
func testMemoryCase(t *testing.T, c memoryCase, rng *rand.Rand) {
	t.Helper()
	src := randoms(rng, c.src)
	for j := 0; j < len(src); j += 37 {
		src[j] = nan
	}
	want := make([]float32, c.dst)
	c.run(want, src, false)
	for _, atEnd := range []bool{true, false} {
		got := guarded(t, c.dst, atEnd)
		fill(got, -7)
		c.run(got, guard(t, src, atEnd), true)
		for j := range want {
			if got[j] != want[j] && (got[j] == got[j] || want[j] == want[j]) {
				t.Fatalf("%s %d → %d: output %d is %g, want %g", c.name, c.src, c.dst, j, got[j], want[j])
			}
		}
	}
}

// TestWindowsOutside falls back to the portable loop where a window has no pixel of the input.
func TestWindowsOutside(t *testing.T) {
	for _, p := range []Pool{
		{InH: 2, InW: 2, OutH: 4, OutW: 4, Kernel: 1, Stride: 1, Padding: 1},
		{InH: 2, InW: 2, OutH: 2, OutW: 2, Kernel: 1, Stride: 3},
	} {
		p.Layout, p.Batch, p.Channels, p.Parts = NCHW16c, 1, lanes, 1
		p.Src, p.Dst = make([]float32, p.InH*p.InW*lanes), make([]float32, p.OutH*p.OutW*lanes)
		if p.maxBlocks() {
			t.Errorf("%d×%d windows of %d×%d: computed by vectors", p.OutH, p.OutW, p.InH, p.InW)
		}
	}
}
