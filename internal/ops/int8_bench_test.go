//go:build amd64 && !purego && !noasm

package ops

import (
	"math"
	"testing"
	"time"

	"resnet/internal/isa"
)

// BenchmarkInt8 runs each kernel of bytes on each layer with one thread, with a residual where the network has one.
func BenchmarkInt8(b *testing.B) {
	for _, layer := range benchLayers {
		for _, k := range fastInt8 {
			if !isa.Allows(k.Level) || !k.Accepts(layer.Conv) || k.Image != (layer.In == 3) {
				continue
			}
			b.Run(layer.name+"/"+k.Name, func(b *testing.B) {
				c := layer.Conv
				a := Int8Args{
					Conv: c, Batch: 1, Parts: 1, Param: Int8Param{0.02, 100}, AddScale: 0.5,
					Dst:     make([]uint8, NCHW64u8.Len(1, c.Out, c.OutH*c.OutW)),
					Src:     make([]uint8, NCHW64u8.Len(1, c.In, c.InH*c.InW)),
					Image:   make([]float32, c.In*c.InH*c.InW),
					Weights: make([]byte, k.PackedLen(c)+64),
					Scratch: make([]byte, k.ScratchLen(c)),
				}
				if c.KernelH == 1 && c.Out == 4*c.In {
					a.Add = make([]uint8, len(a.Dst))
				}
				for _, x := range [][]byte{a.Dst, a.Src, a.Weights, a.Add, a.Scratch} {
					fillBytes(x, 1)
				}
				fill(a.Image, 0.01)
				ops := 2 * float64(c.OutH*c.OutW*c.Out*c.In/c.Groups*c.KernelH*c.KernelW)
				best := math.Inf(1)
				for b.Loop() {
					start := time.Now()
					k.Run(&a)
					best = min(best, float64(time.Since(start).Nanoseconds()))
				}
				b.ReportMetric(best/1e3, "best-us")
				b.ReportMetric(ops/best, "GOP/s")
				b.ReportMetric(100*ops/best/PeakInt8(), "%peak")
			})
		}
	}
}
