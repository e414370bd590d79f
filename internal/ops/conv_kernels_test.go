//go:build unix

package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// convCase is a convolution with data; the reference is computed in float64.
type convCase struct {
	Conv
	batch          int
	residual, relu bool
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
		{square(17, 33, 16, 3, 1, 1, 1, 1), 2, true, true}, // the largest maps of F(1×2)
		{rectangle(1, 16, 1, rowsArea, 3, 3, 1, 1, 1, 1), 2, false, true},
		{rectangle(16, 1, rowsArea, 1, 3, 3, 1, 1, 1, 1), 2, true, false},
		{square(48, 112, 5, 3, 1, 1, 1, 1), 2, false, true}, // panels of 4, 2 and 1 blocks
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
	cases = append(cases, convCase{rectangle(1, 16, 5, 2*stemColumns+5, 7, 7, 2, 3, 1, 1), 1, true, true}) // several segments of columns
	for n := 1; n <= 8; n++ {                                                                              // 7×7 of stride 2, which have a Winograd kernel
		cases = append(cases, convCase{rectangle(1+n%4, 16*(1+n%5)+n, n+3, 24-2*n, 7, 7-n%2, 2, 3-n%3, 1, 1), 1 + n%2, n%2 == 0, n%3 == 0})
	}
	for w := 1; w <= 15; w++ {
		cases = append(cases, convCase{rectangle(2, 16*(1+w%5), 2, w, 1, 2, 1, 1, 1, 1), 1, false, w%2 == 0})
	}
	return cases
}

// groupedCases have 4 and 8 channels a group.
func groupedCases() []convCase {
	var cases []convCase
	for w := 1; w <= 13; w += 2 {
		cases = append(cases,
			convCase{rectangle(40, 40, 3, w, 3, 3, 1+w%2, 1, 1, 10), 2, w%4 == 1, w%3 == 0},
			convCase{rectangle(40, 40, 3, w+1, 3, 3, 1+w%2, 1, 1, 5), 2, w%4 == 3, w%3 == 0})
	}
	for w := 1; w <= 29; w += 2 { // rows of one tile and of several
		groups := 5 * (1 + w/2%2)
		cases = append(cases,
			convCase{rectangle(40, 40, 1+w%4, w, 3, 3, 1, 1, 1, groups), 2, w%4 == 1, w%3 == 0},
			convCase{rectangle(40, 40, 1+w%3, w+1, 3, 3, 1, 1, 1, 15-groups), 1, w%4 == 3, w%3 == 1})
	}
	return cases
}

func linearCases() []convCase {
	return []convCase{
		{square(2048, 10, 1, 1, 1, 0, 1, 1), 2, false, false},
		{square(33, 33, 1, 1, 1, 0, 1, 1), 3, true, true},
		{square(1, 1, 1, 1, 1, 0, 1, 1), 1, true, true},
		{square(15, 3, 1, 1, 1, 0, 1, 1), 1, false, true},
		{square(32, 75, 1, 1, 1, 0, 1, 1), 1, true, true},
	}
}

func convCases() []convCase {
	return slices.Concat(directCases(), winogradCases(), stemCases(), groupedCases(), linearCases())
}

// TestConvKernels runs all kernels of the build, those that the CPU cannot run in an emulator.
func TestConvKernels(t *testing.T) {
	for _, k := range testKernels(t) {
		t.Run(k.Name, func(t *testing.T) {
			ran := 0
			for _, c := range allConvs() {
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

// convData is a case with its inputs and what comes out.
type convData struct {
	convCase
	x, w, bias, add []float32
	want, scale     []float64
}

// allConvs are the cases with their data, which every kernel's test shares.
var allConvs = sync.OnceValue(func() []convData {
	var all []convData
	for i, c := range convCases() {
		all = append(all, c.data(rand.New(rand.NewPCG(1, uint64(i)))))
	}
	return all
})

// data draws the inputs of a case and computes what comes out.
func (c convCase) data(rng *rand.Rand) convData {
	d := convData{
		convCase: c,
		x:        randoms(rng, c.batch*c.In*c.InH*c.InW),
		w:        randoms(rng, c.Out*c.In/c.Groups*c.KernelH*c.KernelW),
		bias:     randoms(rng, c.Out),
	}
	if c.residual {
		d.add = randoms(rng, c.batch*c.Out*c.OutH*c.OutW)
	}
	d.want, d.scale = convReference(c, d.x, d.w, d.bias, d.add)
	return d
}

// testConvCase wants the reference's numbers from any number of parts, and the same bits from all, in the place of the
// residual too, and from the images of the batch one by one. Memory ends at an unreadable page on either side.
func testConvCase(t *testing.T, k *ConvKernel, c convData) {
	t.Helper()
	outArea := c.OutH * c.OutW
	packed := make([]float32, k.PackedLen(c.Conv))
	fill(packed, nan)
	k.Pack(packed, c.w, c.Conv)
	run := func(batch, parts int, x, add []float32) []float32 {
		atEnd := parts != 2
		args := ConvArgs{
			Conv: c.Conv, Batch: batch, ReLU: c.relu, Parts: parts,
			Src:     guard(t, inLayout(k.In, x, batch, c.In, c.InH*c.InW), atEnd),
			Weights: guard(t, packed, atEnd),
			Bias:    guard(t, append(c.bias[:c.Out:c.Out], make([]float32, -c.Out&(lanes-1))...), atEnd),
			Dst:     guarded(t, k.Out.Len(batch, c.Out, outArea), atEnd),
			Scratch: guarded(t, k.ScratchLen(c.Conv), atEnd),
		}
		if add != nil {
			args.Add = guard(t, inLayout(k.Out, add, batch, c.Out, outArea), atEnd)
		}
		fill(args.Dst, nan)
		if parts%2 == 0 && add != nil && k.InPlace(c.Conv) {
			args.Dst = args.Add
		}
		for args.Part = range parts {
			fill(args.Scratch, nan)
			k.Run(&args)
		}
		if k.Out == NCHW16c {
			requireZeroPadding(t, args.Dst, batch, c.Out, outArea)
		}
		return fromLayout(k.Out, args.Dst, batch, c.Out, outArea)
	}

	got := run(c.batch, 1, c.x, c.add)
	compare(t, fmt.Sprintf("%+v", c.convCase), got, c.want, c.scale)
	for parts := 2; parts <= 4; parts++ {
		if !slices.Equal(run(c.batch, parts, c.x, c.add), got) {
			t.Errorf("%+v: %d parts change bits", c.convCase, parts)
		}
	}
	for n := 0; c.batch > 1 && n < c.batch; n++ {
		image := func(x []float32) []float32 { return x[len(x)/c.batch*n:][:len(x)/c.batch] }
		if !slices.Equal(run(1, 1, image(c.x), image(c.add)), image(got)) {
			t.Errorf("%+v: image %d alone has other bits than in the batch", c.convCase, n)
		}
	}
}

func fill(x []float32, v float32) {
	for i := range x {
		x[i] = v
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
