//go:build amd64 && !purego && !noasm

package ops

import (
	"math/rand/v2"
	"testing"
)

// FuzzMemoryKernels wants the bits of the portable loops from the pools, reorders and elementwise operations of any shape.
func FuzzMemoryKernels(f *testing.F) {
	requireAVX2(f)
	f.Add(uint64(1), uint8(20), uint8(7), uint8(9), uint8(3), uint8(2), uint8(1))
	f.Add(uint64(2), uint8(16), uint8(1), uint8(70), uint8(2), uint8(2), uint8(0))
	f.Fuzz(func(t *testing.T, seed uint64, channels, h, w, kernel, stride, padding uint8) {
		number := func(v uint8, most int) int { return 1 + int(v)%most }
		p := Pool{Layout: NCHW16c, Batch: 2, Channels: number(channels, 40), InH: number(h, 20), InW: number(w, 140),
			Kernel: number(kernel, 5), Stride: number(stride, 3), Parts: 1}
		p.Padding = int(padding) % (p.Kernel/2 + 1)
		p.OutH = (p.InH+2*p.Padding-p.Kernel)/p.Stride + 1
		p.OutW = (p.InW+2*p.Padding-p.Kernel)/p.Stride + 1
		if p.InH+2*p.Padding < p.Kernel || p.InW+2*p.Padding < p.Kernel {
			t.Skip("the window is larger than the padded input")
		}
		for _, c := range shapeCases(p) {
			testMemoryCase(t, c, rand.New(rand.NewPCG(seed, 1)))
		}
	})
}
