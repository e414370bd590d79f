//go:build amd64 && !purego && !noasm

package ops

import (
	"math"
	"testing"
	"time"

	"resnet/internal/isa"
)

// benchLayers are the convolutions of ResNet-50 and of its relatives, each shape once.
var benchLayers = []struct {
	name string
	Conv
}{
	{"fc", square(2048, 1000, 1, 1, 1, 0, 1, 1)},
	{"conv1", square(3, 64, 224, 7, 2, 3, 1, 1)},
	{"layer1_1x1_64_64", square(64, 64, 56, 1, 1, 0, 1, 1)},
	{"layer1_1x1_64_256", square(64, 256, 56, 1, 1, 0, 1, 1)},
	{"layer1_1x1_256_64", square(256, 64, 56, 1, 1, 0, 1, 1)},
	{"layer1_3x3_64", square(64, 64, 56, 3, 1, 1, 1, 1)},
	{"layer2_1x1_256_128", square(256, 128, 56, 1, 1, 0, 1, 1)},
	{"layer2_3x3s2_128", square(128, 128, 56, 3, 2, 1, 1, 1)},
	{"layer2_1x1s2_256_512", square(256, 512, 56, 1, 2, 0, 1, 1)},
	{"layer2_1x1_128_512", square(128, 512, 28, 1, 1, 0, 1, 1)},
	{"layer2_1x1_512_128", square(512, 128, 28, 1, 1, 0, 1, 1)},
	{"layer2_3x3_128", square(128, 128, 28, 3, 1, 1, 1, 1)},
	{"layer3_1x1_512_256", square(512, 256, 28, 1, 1, 0, 1, 1)},
	{"layer3_3x3s2_256", square(256, 256, 28, 3, 2, 1, 1, 1)},
	{"layer3_1x1s2_512_1024", square(512, 1024, 28, 1, 2, 0, 1, 1)},
	{"layer3_1x1_256_1024", square(256, 1024, 14, 1, 1, 0, 1, 1)},
	{"layer3_1x1_1024_256", square(1024, 256, 14, 1, 1, 0, 1, 1)},
	{"layer3_3x3_256", square(256, 256, 14, 3, 1, 1, 1, 1)},
	{"layer4_1x1_1024_512", square(1024, 512, 14, 1, 1, 0, 1, 1)},
	{"layer4_3x3s2_512", square(512, 512, 14, 3, 2, 1, 1, 1)},
	{"layer4_1x1s2_1024_2048", square(1024, 2048, 14, 1, 2, 0, 1, 1)},
	{"layer4_1x1_512_2048", square(512, 2048, 7, 1, 1, 0, 1, 1)},
	{"layer4_1x1_2048_512", square(2048, 512, 7, 1, 1, 0, 1, 1)},
	{"layer4_3x3_512", square(512, 512, 7, 3, 1, 1, 1, 1)},
	{"resnext_layer1_3x3_128", square(128, 128, 56, 3, 1, 1, 1, 32)},
	{"resnext_layer2_3x3_256", square(256, 256, 28, 3, 1, 1, 1, 32)},
	{"resnext_layer3_3x3_512", square(512, 512, 14, 3, 1, 1, 1, 32)},
	{"resnext_layer4_3x3_1024", square(1024, 1024, 7, 3, 1, 1, 1, 32)},
}

// BenchmarkConv runs each kernel on each layer with one thread. GFLOP/s and the share of the measured peak count the
// direct convolution's operations in the fastest run.
func BenchmarkConv(b *testing.B) {
	for _, layer := range benchLayers {
		for _, k := range fastConvs {
			if !isa.Allows(k.Level) || !k.Accepts(layer.Conv) {
				continue
			}
			b.Run(layer.name+"/"+k.Name, func(b *testing.B) {
				c := layer.Conv
				blocks := blocksOf(c.Out) * lanes
				a := ConvArgs{
					Conv: c, Batch: 1, ReLU: true, Parts: 1,
					Dst:     make([]float32, blocks*c.OutH*c.OutW),
					Src:     make([]float32, blocksOf(c.In)*lanes*c.InH*c.InW),
					Weights: make([]float32, k.PackedLen(c)),
					Bias:    make([]float32, blocks),
					Scratch: make([]float32, k.ScratchLen(c)),
				}
				for _, x := range [][]float32{a.Dst, a.Src, a.Weights, a.Bias, a.Scratch} {
					fill(x, 0.01) // pages of zeros that nobody wrote to would share one page of memory
				}
				flops := 2 * float64(c.OutH*c.OutW*c.Out*c.In/c.Groups*c.KernelH*c.KernelW)
				best, peak := math.Inf(1), PeakGFLOPS()
				for b.Loop() {
					start := time.Now()
					k.Run(&a)
					best = min(best, float64(time.Since(start).Nanoseconds()))
				}
				b.ReportMetric(best/1e3, "best-us")
				b.ReportMetric(flops/best, "GFLOP/s")
				b.ReportMetric(100*flops/best/max(peak, PeakGFLOPS()), "%peak")
			})
		}
	}
}
