//go:build unix

package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// convCase is a convolution with data; the reference is computed in float64.
type convCase struct {
	Conv
	batch     int
	add, relu bool
}

func square(in, out, size, kernel, stride, padding, dilation, groups int) Conv {
	return rectangle(in, out, size, size, kernel, kernel, stride, padding, dilation, groups)
}

func rectangle(in, out, h, w, kh, kw, stride, padding, dilation, groups int) Conv {
	c := Conv{In: in, Out: out, InH: h, InW: w, KernelH: kh, KernelW: kw, Stride: stride, Padding: padding, Dilation: dilation, Groups: groups}
	c.OutH = (h+2*padding-dilation*(kh-1)-1)/stride + 1
	c.OutW = (w+2*padding-dilation*(kw-1)-1)/stride + 1
	return c
}

// directCases covers each tile remainder, odd sizes and strides, and channels that do not fill a block.
func directCases() []convCase {
	cases := []convCase{
		{square(64, 64, 9, 3, 1, 1, 1, 1), 1, true, true},
		{square(64, 128, 9, 3, 2, 1, 1, 1), 2, false, true},
		{square(20, 33, 8, 3, 1, 2, 2, 1), 1, true, false},
		{square(48, 112, 7, 1, 1, 0, 1, 1), 3, true, true},
		{square(33, 20, 11, 1, 2, 0, 1, 1), 1, false, false},
		{square(3, 40, 13, 7, 2, 3, 1, 1), 2, false, true},
		{rectangle(16, 16, 5, 10, 5, 2, 3, 1, 1, 1), 1, true, true},
		{square(528, 17, 3, 1, 1, 0, 1, 1), 2, true, true},
		{square(272, 80, 4, 3, 1, 1, 1, 1), 1, true, true},
		{square(64, 64, 6, 3, 1, 1, 1, 4), 1, true, true},
		{square(96, 192, 5, 3, 2, 1, 1, 3), 2, false, true},
		{square(32, 32, 6, 3, 1, 1, 1, 8), 1, true, true},
		{square(40, 40, 7, 3, 2, 1, 1, 5), 1, false, false},
		{square(18, 18, 5, 3, 1, 1, 1, 9), 1, false, true},
		{square(5, 5, 5, 3, 1, 1, 1, 5), 1, false, true},
	}
	for w := 1; w <= 15; w++ {
		cases = append(cases, convCase{rectangle(16, 16*(1+w%5), 1, w, 1, 1, 1, 0, 1, 1), 1 + w%2, w%2 == 0, w%3 == 0})
	}
	return cases
}

// winogradCases covers tiles that end outside the image, on each side and by each number of pixels.
func winogradCases() []convCase {
	cases := []convCase{
		{square(64, 80, 14, 3, 1, 1, 1, 1), 1, true, true},
		{square(20, 33, 9, 3, 1, 0, 1, 1), 2, true, false},
		{square(16, 128, 5, 3, 1, 2, 1, 1), 3, false, true},
		{square(528, 16, 4, 3, 1, 1, 1, 1), 1, false, true},
		{rectangle(16, 16, 3, 30, 3, 3, 1, 1, 1, 1), 1, true, true},
		{rectangle(16, 16, 61, 4, 3, 3, 1, 1, 1, 1), 2, false, false},
	}
	for n := 1; n <= 9; n++ {
		cases = append(cases, convCase{rectangle(16, 16, n, 10-n, 3, 3, 1, 1, 1, 1), 1, n%2 == 0, n%3 == 0})
	}
	return cases
}

// stemCases are first layers, of every size modulo the tiles and with borders that no pixel reaches.
func stemCases() []convCase {
	cases := []convCase{
		{square(3, 64, 23, 7, 2, 3, 1, 1), 2, false, true},
		{square(3, 32, 16, 3, 2, 1, 1, 1), 1, true, true},
		{square(1, 20, 9, 3, 1, 1, 1, 1), 1, false, false},
		{square(15, 112, 6, 2, 3, 0, 2, 1), 1, false, true},
		{square(4, 17, 2, 5, 3, 4, 1, 1), 3, true, false},
		{square(3, 16, 150, 3, 1, 1, 1, 1), 1, false, true},
	}
	for w := 1; w <= 15; w++ {
		cases = append(cases, convCase{rectangle(2, 16*(1+w%5), 2, w, 1, 2, 1, 1, 1, 1), 1, false, w%2 == 0})
	}
	return cases
}

func convCases() []convCase {
	return slices.Concat(directCases(), winogradCases(), stemCases())
}

func TestConvKernels(t *testing.T) {
	for _, k := range ConvKernels() {
		t.Run(k.Name, func(t *testing.T) {
			requireKernel(t, k.Available)
			ran := 0
			for _, c := range convCases() {
				if k.Accepts(c.Conv) {
					testConvCase(t, k, c)
					ran++
				}
			}
			if ran < 5 {
				t.Errorf("accepts only %d of the cases", ran)
			}
		})
	}
}

// requireKernel skips a test whose kernel cannot run here, except on CI.
func requireKernel(t testing.TB, available bool) {
	t.Helper()
	if available {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("CI lacks the instructions of this kernel")
	}
	t.Skip("this CPU lacks the instructions of this kernel, or RESNET_KERNEL forbids them")
}

func testConvCase(t *testing.T, k *ConvKernel, c convCase) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	x := randoms(rng, c.batch*c.In*c.InH*c.InW)
	w := randoms(rng, c.Out*c.In/c.Groups*c.KernelH*c.KernelW)
	bias := randoms(rng, c.Out)
	outArea := c.OutH * c.OutW
	var add []float32
	if c.add {
		add = randoms(rng, c.batch*c.Out*outArea)
	}
	want, scale := convReference(c, x, w, bias, add)

	packed := make([]float32, k.PackedLen(c.Conv))
	for i := range packed {
		packed[i] = float32(math.NaN())
	}
	k.Pack(packed, w, c.Conv)
	var first []float32
	for _, parts := range []int{1, 2, 3} {
		for _, atEnd := range []bool{true, false} {
			args := ConvArgs{
				Conv: c.Conv, Batch: c.batch, ReLU: c.relu, Parts: parts,
				Src:     guard(t, inLayout(k.In, x, c.batch, c.In, c.InH*c.InW), atEnd),
				Weights: guard(t, packed, atEnd),
				Bias:    guard(t, append(bias[:c.Out:c.Out], make([]float32, -c.Out&(lanes-1))...), atEnd),
				Dst:     guard(t, inLayout(k.Out, make([]float32, len(want)), c.batch, c.Out, outArea), atEnd),
			}
			if c.add {
				args.Add = guard(t, inLayout(k.Out, add, c.batch, c.Out, outArea), atEnd)
			}
			for i := range args.Dst {
				args.Dst[i] = float32(math.NaN())
			}
			for args.Part = range parts {
				args.Scratch = guard(t, make([]float32, k.ScratchLen(c.Conv)), atEnd)
				k.Run(&args)
			}
			got := fromLayout(k.Out, args.Dst, c.batch, c.Out, outArea)
			compare(t, fmt.Sprintf("%s %+v parts %d", k.Name, c, parts), got, want, scale)
			if first == nil {
				first = got
			}
			if !slices.Equal(got, first) {
				t.Fatalf("%s %+v: %d parts give other bits than one", k.Name, c, parts)
			}
			if k.Out == NCHW16c {
				requireZeroPadding(t, args.Dst, c.batch, c.Out, outArea)
			}
		}
	}
}

// convReference also returns, for each output, the sum of the magnitudes that were added: errors are relative to it.
func convReference(c convCase, x, w, bias, add []float32) (out, scale []float64) {
	inG, outG := c.In/c.Groups, c.Out/c.Groups
	for n := range c.batch {
		for o := range c.Out {
			for oh := range c.OutH {
				for ow := range c.OutW {
					sum, size := float64(bias[o]), math.Abs(float64(bias[o]))
					for i := range inG {
						for kh := range c.KernelH {
							for kw := range c.KernelW {
								h, v := oh*c.Stride-c.Padding+kh*c.Dilation, ow*c.Stride-c.Padding+kw*c.Dilation
								if h < 0 || v < 0 || h >= c.InH || v >= c.InW {
									continue
								}
								p := float64(x[((n*c.In+o/outG*inG+i)*c.InH+h)*c.InW+v]) *
									float64(w[((o*inG+i)*c.KernelH+kh)*c.KernelW+kw])
								sum, size = sum+p, size+math.Abs(p)
							}
						}
					}
					if add != nil {
						a := float64(add[len(out)])
						sum, size = sum+a, size+math.Abs(a)
					}
					if c.relu && sum < 0 {
						sum = 0
					}
					out, scale = append(out, sum), append(scale, size)
				}
			}
		}
	}
	return out, scale
}

func compare(t *testing.T, what string, got []float32, want, scale []float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(float64(got[i])-want[i]) <= 2e-6*scale[i]) {
			t.Fatalf("%s: output %d is %g, want %g (magnitudes sum to %g)", what, i, got[i], want[i], scale[i])
		}
	}
}

func randoms(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = rng.Float32()*2 - 1
	}
	return v
}

func guard(t *testing.T, data []float32, atEnd bool) []float32 {
	t.Helper()
	g := guarded(t, len(data), atEnd)
	copy(g, data)
	return g
}

// inLayout copies an NCHW map into a layout.
func inLayout(l Layout, x []float32, batch, channels, area int) []float32 {
	if l == NCHW {
		return append([]float32(nil), x...)
	}
	blocks := blocksOf(channels)
	out := make([]float32, batch*blocks*area*lanes)
	for n := range batch {
		for c := range channels {
			for p := range area {
				out[((n*blocks+c/lanes)*area+p)*lanes+c%lanes] = x[(n*channels+c)*area+p]
			}
		}
	}
	return out
}

// fromLayout is the inverse of inLayout.
func fromLayout(l Layout, x []float32, batch, channels, area int) []float32 {
	if l == NCHW {
		return x
	}
	blocks := blocksOf(channels)
	out := make([]float32, batch*channels*area)
	for n := range batch {
		for c := range channels {
			for p := range area {
				out[(n*channels+c)*area+p] = x[((n*blocks+c/lanes)*area+p)*lanes+c%lanes]
			}
		}
	}
	return out
}

func requireZeroPadding(t *testing.T, x []float32, batch, channels, area int) {
	t.Helper()
	blocks := blocksOf(channels)
	for n := range batch {
		for c := channels; c < blocks*lanes; c++ {
			for p := range area {
				if v := x[((n*blocks+c/lanes)*area+p)*lanes+c%lanes]; v != 0 {
					t.Fatalf("padded channel %d holds %g at pixel %d", c, v, p)
				}
			}
		}
	}
}
