//go:build amd64 && !purego && !noasm

package ops

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// memoryCase is an operation on src that fills dst; both are its own to size.
type memoryCase struct {
	name     string
	src, dst int
	run      func(dst, src []float32)
}

// memoryCases covers each remainder of the blocks that the vector loops take.
func memoryCases() []memoryCase {
	var cases []memoryCase
	for n := 1; n <= 50; n += 7 {
		area := n
		scale := make([]float32, lanes)
		fill(scale, 0.3)
		cases = append(cases,
			memoryCase{"relu", n, n, func(dst, src []float32) { ReLU(dst, src, 0, 1) }},
			memoryCase{"add", 2 * n, n, func(dst, src []float32) { Add(dst, src[:n], src[n:], 0, 1) }},
			memoryCase{"batch norm", lanes * n, lanes * n, func(dst, src []float32) {
				b := BatchNorm{Layout: NCHW16c, Batch: 1, Channels: lanes, Area: area, Dst: dst, Src: src, Scale: scale, Shift: scale, Parts: 1}
				b.Run()
			}},
			memoryCase{"to NCHW16c", 2 * 20 * n, 2 * 32 * n, func(dst, src []float32) {
				r := Reorder{To: NCHW16c, Batch: 2, Channels: 20, Area: area, Dst: dst, Src: src, Parts: 1}
				r.Run()
			}},
			memoryCase{"to NCHW", 2 * 32 * n, 2 * 20 * n, func(dst, src []float32) {
				r := Reorder{To: NCHW, Batch: 2, Channels: 20, Area: area, Dst: dst, Src: src, Parts: 1}
				r.Run()
			}},
			memoryCase{"global pool", 32 * n, 32, func(dst, src []float32) {
				p := Pool{Layout: NCHW16c, Batch: 2, Channels: 16, InH: 1, InW: n, Dst: dst, Src: src, Parts: 1}
				p.Global()
			}},
		)
	}
	for _, p := range []Pool{
		{InH: 7, InW: 140, OutH: 4, OutW: 70, Kernel: 3, Stride: 2, Padding: 1},
		{InH: 5, InW: 3, OutH: 3, OutW: 2, Kernel: 2, Stride: 2},
		{InH: 1, InW: 2, OutH: 1, OutW: 1, Kernel: 3, Stride: 2, Padding: 1},
		{InH: 4, InW: 4, OutH: 1, OutW: 1, Kernel: 4, Stride: 1},
	} {
		p.Layout, p.Batch, p.Channels, p.Parts = NCHW16c, 2, 20, 1
		for name, run := range map[string]func(*Pool){"max pool": (*Pool).Max, "average pool": (*Pool).Average} {
			cases = append(cases, memoryCase{name, 64 * p.InH * p.InW, 64 * p.OutH * p.OutW, func(dst, src []float32) {
				p := p
				p.Dst, p.Src = dst, src
				run(&p)
			}})
		}
	}
	return cases
}

// TestMemoryKernels wants the bits of the portable loops, NaN where they have NaN, from the vector loops, in memory that
// ends at an unreadable page on either side.
func TestMemoryKernels(t *testing.T) {
	requireAVX2(t)
	defer func(old bool) { vectors = old }(vectors)
	for i, c := range memoryCases() {
		src := randoms(rand.New(rand.NewPCG(8, uint64(i))), c.src)
		for j := 0; j < len(src); j += 37 {
			src[j] = nan
		}
		want := make([]float32, c.dst)
		vectors = false
		c.run(want, src)
		vectors = true
		for _, atEnd := range []bool{true, false} {
			got := guarded(t, c.dst, atEnd)
			fill(got, -7)
			c.run(got, guard(t, src, atEnd))
			for j := range want {
				if fmt.Sprint(got[j]) != fmt.Sprint(want[j]) {
					t.Fatalf("%s %d → %d: output %d is %g, want %g", c.name, c.src, c.dst, j, got[j], want[j])
				}
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
