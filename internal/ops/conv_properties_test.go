//go:build unix

package ops

import (
	"testing"

	"resnet/internal/isa"
)

// firstCase is the first case that a kernel accepts, with its result clamped.
func firstCase(t *testing.T, k *ConvKernel) convData {
	t.Helper()
	for _, c := range allConvs() {
		if k.Accepts(c.Conv) && c.relu {
			return c
		}
	}
	t.Fatalf("%s accepts no case", k.Name)
	return convData{}
}

// argsOf is a call of a kernel on a case, in one part.
func argsOf(k *ConvKernel, c convData) ConvArgs {
	a := ConvArgs{
		Conv: c.Conv, Batch: c.batch, ReLU: c.relu, Parts: 1,
		Src:     inLayout(k.In, c.x, c.batch, c.In, c.InH*c.InW),
		Weights: make([]float32, k.PackedLen(c.Conv)),
		Bias:    make([]float32, blocksOf(c.Out)*lanes),
		Dst:     make([]float32, k.Out.Len(c.batch, c.Out, c.OutH*c.OutW)),
		Scratch: make([]float32, k.ScratchLen(c.Conv)),
	}
	k.Pack(a.Weights, c.w, c.Conv)
	return a
}

// TestConvNaNPasses wants NaN from NaN inputs, in spite of ReLU, and of weights of zero too.
func TestConvNaNPasses(t *testing.T) {
	for _, k := range testKernels(t) {
		c := firstCase(t, k)
		a := argsOf(k, c)
		fill(a.Src, nan)
		fill(a.Weights, 0)
		k.Run(&a)
		if out := fromLayout(k.Out, a.Dst, c.batch, c.Out, c.OutH*c.OutW); out[0] == out[0] {
			t.Errorf("%s: ReLU of NaN is %g", k.Name, out[0])
		}
	}
}

func TestConvDoesNotAllocate(t *testing.T) {
	for _, k := range ConvKernels() {
		if !isa.Allows(k.Level) || k.Name == "generic" {
			continue // gonum's Gemm allocates
		}
		a := argsOf(k, firstCase(t, k))
		if n := testing.AllocsPerRun(3, func() { k.Run(&a) }); n != 0 {
			t.Errorf("%s: %g allocations a run", k.Name, n)
		}
	}
}

// TestConvChecksLengths wants a panic before a kernel reads or writes past a slice.
func TestConvChecksLengths(t *testing.T) {
	for _, k := range ConvKernels() {
		if !isa.Allows(k.Level) {
			continue
		}
		for name, shorten := range map[string]func(*ConvArgs){
			"source":      func(a *ConvArgs) { a.Src = a.Src[1:] },
			"destination": func(a *ConvArgs) { a.Dst = a.Dst[1:] },
			"residual":    func(a *ConvArgs) { a.Add = a.Dst[1:] },
			"weights":     func(a *ConvArgs) { a.Weights = a.Weights[1:] },
			"bias":        func(a *ConvArgs) { a.Bias = a.Bias[:a.Out-1] },
			"scratch":     func(a *ConvArgs) { a.Scratch = a.Scratch[:max(1, len(a.Scratch))-1] },
			"part":        func(a *ConvArgs) { a.Part = a.Parts },
		} {
			a := argsOf(k, firstCase(t, k))
			if name == "scratch" && len(a.Scratch) == 0 {
				continue
			}
			shorten(&a)
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic where the %s is wrong", k.Name, name)
					}
				}()
				k.Run(&a)
			}()
		}
	}
}

// TestChooseConv names the kernels' families for layers whose choice is deliberate.
func TestChooseConv(t *testing.T) {
	if len(fastConvs) == 0 || !directAvailable() {
		t.Skip("only the generic kernel is available")
	}
	smallest := "winograd2"
	if isa.Allows(isa.AVX512) {
		smallest = "winograd1x2"
	}
	for _, tt := range []struct {
		name  string
		conv  Conv
		exact bool
		want  string
	}{
		{"first layer", square(3, 64, 224, 7, 2, 3, 1, 1), false, "winogradstem"},
		{"first layer, exact", square(3, 64, 224, 7, 2, 3, 1, 1), true, "stem"},
		{"first layer of 3×3", square(3, 32, 224, 3, 2, 1, 1, 1), false, "stem"},
		{"fully connected", square(2048, 1000, 1, 1, 1, 0, 1, 1), false, "linear"},
		{"1×1", square(256, 64, 56, 1, 1, 0, 1, 1), false, "direct"},
		{"3×3, stride 2", square(128, 128, 56, 3, 2, 1, 1, 1), false, "direct"},
		{"3×3 at 14×14", square(256, 256, 14, 3, 1, 1, 1, 1), false, "winograd4"},
		{"3×3 at 7×7", square(512, 512, 7, 3, 1, 1, 1, 1), false, smallest},
		{"3×3 at 9×40", rectangle(64, 64, 9, 40, 3, 3, 1, 1, 1, 1), false, "winograd2"},
		{"3×3, exact", square(256, 256, 14, 3, 1, 1, 1, 1), true, "direct"},
		{"dilated", square(256, 256, 14, 3, 1, 2, 2, 1), false, "direct"},
		{"4 channels a group", square(128, 128, 56, 3, 1, 1, 1, 32), false, "grouped4"},
		{"8 channels a group", square(256, 256, 28, 3, 1, 1, 1, 32), false, "grouped8"},
		{"16 channels a group", square(512, 512, 14, 3, 1, 1, 1, 32), false, "direct"},
		{"3 channels a group", square(96, 96, 14, 3, 1, 1, 1, 32), false, "generic"},
	} {
		if got := ChooseConv(tt.conv, tt.exact, isa.Allowed()).family(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func directAvailable() bool {
	for _, k := range fastConvs {
		if k.family() == "direct" && isa.Allows(k.Level) {
			return true
		}
	}
	return false
}
