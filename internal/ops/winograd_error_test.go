//go:build amd64 && !purego && !noasm

package ops

import (
	"math"
	"math/rand/v2"
	"testing"

	"resnet/internal/isa"
)

// TestWinogradError bounds what the Winograd kernels cost in accuracy, in the layers of a ResNet: the root mean square of
// their errors in units of the direct kernel's. F(2×2) comes to 0.6 in all of them, as it adds fewer products in a row,
// F(1×2) to 0.75; F(4×4) to 1.8, in whichever precision its weights are transformed, and to twice that with the points 0, ±1,
// ±2, ∞. In a first layer of 7×7, whose sums are short, one-dimensional F(4,4) comes to 2.4.
func TestWinogradError(t *testing.T) {
	requireAVX2(t)
	for _, c := range []Conv{ // of few outputs: more change nothing
		square(3, lanes, 112, 7, 2, 3, 1, 1),
		square(64, lanes, 56, 3, 1, 1, 1, 1), square(128, lanes, 28, 3, 1, 1, 1, 1),
		square(256, lanes, 14, 3, 1, 1, 1, 1), square(512, lanes, 7, 3, 1, 1, 1, 1),
	} {
		rng := rand.New(rand.NewPCG(3, 4))
		c := convCase{Conv: c, batch: 1}
		d := convData{convCase: c, x: normals(rng, c.In*c.InH*c.InW), w: normals(rng, c.Out*c.depth()), bias: make([]float32, c.Out)}
		d.want, _ = convReference(c, d.x, d.w, d.bias, nil)
		rms := func(k *ConvKernel) float64 {
			a := argsOf(k, d)
			k.Run(&a)
			sum := 0.0
			for i, y := range fromLayout(k.Out, a.Dst, 1, c.Out, c.OutH*c.OutW) {
				sum += math.Pow(float64(y)-d.want[i], 2)
			}
			return math.Sqrt(sum / float64(len(d.want)))
		}
		directAVX2 := kernelNamed(t, "direct-avx2")
		direct := rms(directAVX2)
		type bound struct {
			kernel *ConvKernel
			most   float64
		}
		kernels := []bound{{kernelNamed(t, "winogradstem-avx2"), 2.5}, {kernelNamed(t, "winograd2-avx2"), 0.75}, {kernelNamed(t, "winograd4-avx2"), 2.2}}
		if isa.Has(isa.AVX512) {
			kernels = append(kernels, bound{kernelNamed(t, "winogradstem-avx512"), 2.5}, bound{kernelNamed(t, "winograd1x2-avx512"), 0.9}, bound{newLate("winograd4late-avx512", winogradF4AVX512), 2.2})
		}
		for _, w := range kernels {
			if !w.kernel.Accepts(c.Conv) {
				continue
			}
			ratio := rms(w.kernel) / direct
			t.Logf("%d channels of %d×%d, %s: %.2f times the error of %s (%.3g)", c.In, c.InH, c.InW, w.kernel.Name, ratio, directAVX2.Name, direct)
			if ratio > w.most {
				t.Errorf("%s: %.2f times the error of %s, want %g at most", w.kernel.Name, ratio, directAVX2.Name, w.most)
			}
		}
	}
}

func kernelNamed(t *testing.T, name string) *ConvKernel {
	t.Helper()
	for _, k := range ConvKernels() {
		if k.Name == name {
			return k
		}
	}
	t.Fatalf("no kernel %s", name)
	return nil
}

func normals(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}
