package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"resnet/internal/isa"
)

// gradientConvs are layers of all kinds, odd ones among them.
var gradientConvs = []Conv{
	{In: 16, Out: 16, InH: 9, InW: 8, KernelH: 3, KernelW: 3, Stride: 1, Padding: 1, Dilation: 1, Groups: 1},
	{In: 3, Out: 20, InH: 12, InW: 11, KernelH: 7, KernelW: 7, Stride: 2, Padding: 3, Dilation: 1, Groups: 1},
	{In: 20, Out: 37, InH: 8, InW: 9, KernelH: 3, KernelW: 3, Stride: 2, Padding: 1, Dilation: 1, Groups: 1},
	{In: 32, Out: 16, InH: 7, InW: 7, KernelH: 1, KernelW: 1, Stride: 2, Padding: 0, Dilation: 1, Groups: 1},
	{In: 17, Out: 5, InH: 9, InW: 9, KernelH: 3, KernelW: 3, Stride: 1, Padding: 2, Dilation: 2, Groups: 1},
	{In: 32, Out: 32, InH: 5, InW: 6, KernelH: 3, KernelW: 3, Stride: 1, Padding: 1, Dilation: 1, Groups: 8},
	{In: 32, Out: 64, InH: 5, InW: 6, KernelH: 3, KernelW: 3, Stride: 2, Padding: 1, Dilation: 1, Groups: 2},
	{In: 12, Out: 18, InH: 5, InW: 5, KernelH: 3, KernelW: 3, Stride: 1, Padding: 1, Dilation: 1, Groups: 6},
	{In: 24, Out: 24, InH: 4, InW: 6, KernelH: 5, KernelW: 5, Stride: 3, Padding: 2, Dilation: 1, Groups: 24},
	{In: 70, Out: 10, InH: 1, InW: 1, KernelH: 1, KernelW: 1, Stride: 1, Padding: 0, Dilation: 1, Groups: 1},
}

func (c Conv) sized() Conv {
	c.OutH = (c.InH+2*c.Padding-c.Dilation*(c.KernelH-1)-1)/c.Stride + 1
	c.OutW = (c.InW+2*c.Padding-c.Dilation*(c.KernelW-1)-1)/c.Stride + 1
	return c
}

// conv64 is a convolution in float64, which nothing here shares code with.
func conv64(c Conv, batch int, src, weights []float64) []float64 {
	dst := make([]float64, batch*c.Out*c.OutH*c.OutW)
	inG, outG := c.In/c.Groups, c.Out/c.Groups
	for at := range dst {
		n, o, y, x := at/(c.Out*c.OutH*c.OutW), at/(c.OutH*c.OutW)%c.Out, at/c.OutW%c.OutH, at%c.OutW
		for i := range inG {
			for kh := range c.KernelH {
				for kw := range c.KernelW {
					h, w := y*c.Stride-c.Padding+kh*c.Dilation, x*c.Stride-c.Padding+kw*c.Dilation
					if h >= 0 && h < c.InH && w >= 0 && w < c.InW {
						dst[at] += src[((n*c.In+o/outG*inG+i)*c.InH+h)*c.InW+w] * weights[((o*inG+i)*c.KernelH+kh)*c.KernelW+kw]
					}
				}
			}
		}
	}
	return dst
}

func random64(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(9, seed))
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(float32(rng.NormFloat64()))
	}
	return x
}

func to32(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// differences is the gradient of the sum of f's products with grad, by central differences in float64, for some of x. f takes
// what it reads from x.
func differences(x, grad []float64, step float64, f func() []float64) []float32 {
	product := func() float64 {
		sum := 0.0
		for i, v := range f() {
			sum += v * grad[i]
		}
		return sum
	}
	result := make([]float32, len(x))
	every := max(1, len(x)/12)
	for i, v := range x {
		if i%every != 0 {
			result[i] = float32(math.NaN()) // not known
			continue
		}
		x[i] = v + step
		above := product()
		x[i] = v - step
		result[i] = float32((above - product()) / (2 * step))
		x[i] = v
	}
	return result
}

func requireNear(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) < len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	largest := 0.0
	for _, v := range want {
		if v == v {
			largest = max(largest, math.Abs(float64(v)))
		}
	}
	for i, v := range want {
		if v != v {
			continue
		}
		if d := math.Abs(float64(got[i]) - float64(v)); !(d <= tolerance*largest) {
			t.Fatalf("%s: value %d is %g, want %g (the largest is %g)", what, i, got[i], v, largest)
		}
	}
}

// arranged copies an NCHW map into a layout, and planes back.
func arranged(l Layout, x []float32, batch, channels, area int) []float32 {
	if l == NCHW {
		return slices.Clone(x)
	}
	dst := make([]float32, l.Len(batch, channels, area))
	(&Reorder{To: l, Batch: batch, Channels: channels, Area: area, Dst: dst, Src: x, Parts: 1}).Run()
	return dst
}

func plain(l Layout, x []float32, batch, channels, area int) []float32 {
	if l == NCHW {
		return slices.Clone(x)
	}
	dst := make([]float32, batch*channels*area)
	(&Reorder{To: NCHW, Batch: batch, Channels: channels, Area: area, Dst: dst, Src: x, Parts: 1}).Run()
	return dst
}

// TestWeightGradient compares every kernel with finite differences in float64, and wants the same bits of any number of parts.
func TestWeightGradient(t *testing.T) {
	for i, c := range gradientConvs {
		c = c.sized()
		const batch = 5
		src, weights := random64(batch*c.In*c.InH*c.InW, uint64(i)), random64(c.Out*c.depth(), 100+uint64(i))
		grad := random64(batch*c.Out*c.OutH*c.OutW, 200+uint64(i))
		want := differences(weights, grad, 1, func() []float64 { return conv64(c, batch, src, weights) })
		for _, k := range GradientKernels() {
			if !k.Accepts(c) || !isa.Has(k.Level) {
				continue
			}
			var first []float32
			for _, parts := range []int{1, 2, 7} {
				got := weightGradient(k, c, batch, to32(src), to32(grad), parts)
				requireNear(t, fmt.Sprintf("%s of %+v", k.Name, c), got, want, 2e-6)
				if first == nil {
					first = got
				}
				if !slices.Equal(got, first) {
					t.Fatalf("%s of %+v: other bits with %d parts", k.Name, c, parts)
				}
			}
		}
	}
}

func weightGradient(k *GradientKernel, c Conv, batch int, src, grad []float32, parts int) []float32 {
	a := GradientArgs{
		Conv: c, Batch: batch, Sums: make([]float32, k.SumsLen(c, batch)),
		Src: arranged(k.Layout, src, batch, c.In, c.InH*c.InW), Grad: arranged(k.Layout, grad, batch, c.Out, c.OutH*c.OutW), Parts: parts,
	}
	for a.Part = range parts {
		k.Run(&a)
	}
	dst := make([]float32, c.Out*c.depth())
	for part := range parts {
		k.Add(dst, a.Sums, c, batch, part, parts)
	}
	return dst
}

// TestTurned compares the gradient of the input, by every kernel that computes convolutions, with finite differences in float64.
func TestTurned(t *testing.T) {
	for i, c := range gradientConvs {
		c = c.sized()
		const batch = 2
		src, weights := random64(batch*c.In*c.InH*c.InW, uint64(i)), random64(c.Out*c.depth(), 100+uint64(i))
		grad := random64(batch*c.Out*c.OutH*c.OutW, 200+uint64(i))
		want := differences(src, grad, 1, func() []float64 { return conv64(c, batch, src, weights) })
		spread := Spread{Layout: NCHW, Batch: batch, Channels: c.Out, InH: c.OutH, InW: c.OutW, Stride: c.Stride, Src: to32(grad), Parts: 1}
		spread.OutH, spread.OutW = (c.OutH-1)*c.Stride+1, (c.OutW-1)*c.Stride+1
		spread.Dst = make([]float32, batch*c.Out*spread.OutH*spread.OutW)
		spread.Run()
		turned, ok := c.Turned(spread.OutH, spread.OutW)
		if !ok {
			t.Fatalf("%+v has no turned convolution", c)
		}
		turnedWeights := make([]float32, len(weights))
		c.Turn(turnedWeights, to32(weights))
		for _, k := range testKernels(t) {
			if !k.Accepts(turned) {
				continue
			}
			packed := make([]float32, k.PackedLen(turned))
			k.Pack(packed, turnedWeights, turned)
			dst := make([]float32, k.Out.Len(batch, turned.Out, c.InH*c.InW))
			k.Run(&ConvArgs{
				Conv: turned, Batch: batch, Dst: dst, Src: arranged(k.In, spread.Dst, batch, c.Out, spread.OutH*spread.OutW), Weights: packed,
				Bias: make([]float32, NormRow(turned.Out)), Scratch: make([]float32, k.ScratchLen(turned)+1), Parts: 1,
			})
			requireNear(t, fmt.Sprintf("%s of %+v", k.Name, turned), plain(k.Out, dst, batch, c.In, c.InH*c.InW), want, 1e-5)
		}
	}
}

// backward is an operation on maps of 2 images and 20 channels with its way back.
type backward struct {
	name     string
	in, out  [2]int // rows and columns
	channels int    // that come out
	forward  func(x []float64) []float64
	gradient func(l Layout, dst, grad, x []float32, part, parts int)
}

// window pools with the weights that reduce gives it of each window's values and places.
func window(p Pool, reduce func(values []float64) float64) func([]float64) []float64 {
	return func(x []float64) []float64 {
		dst := make([]float64, 2*20*p.OutH*p.OutW)
		for at := range dst {
			plane, y, col := at/(p.OutH*p.OutW), at/p.OutW%p.OutH, at%p.OutW
			var values []float64
			for h := y*p.Stride - p.Padding; h < y*p.Stride-p.Padding+p.Kernel; h++ {
				for w := col*p.Stride - p.Padding; w < col*p.Stride-p.Padding+p.Kernel; w++ {
					if h >= 0 && h < p.InH && w >= 0 && w < p.InW {
						values = append(values, x[(plane*p.InH+h)*p.InW+w])
					}
				}
			}
			dst[at] = reduce(values)
		}
		return dst
	}
}

func mean64(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func backwards() []backward {
	pool := Pool{Batch: 2, Channels: 20, InH: 7, InW: 6, OutH: 4, OutW: 3, Kernel: 3, Stride: 2, Padding: 1}
	whole := Pool{Batch: 2, Channels: 20, InH: 3, InW: 3, OutH: 1, OutW: 1, Kernel: 3, Stride: 1}
	blurred := pool
	pools := func(name string, p Pool, forward func([]float64) []float64, run func(*Pool, []float32)) backward {
		return backward{name, [2]int{p.InH, p.InW}, [2]int{p.OutH, p.OutW}, 20, forward, func(l Layout, dst, grad, x []float32, part, parts int) {
			p := p
			p.Layout, p.Dst, p.Src, p.Part, p.Parts = l, dst, x, part, parts
			run(&p, grad)
		}}
	}
	pad := Pad{Batch: 2, In: 20, Out: 45, InH: 7, InW: 6, OutH: 4, OutW: 3, Stride: 2, Before: 7}
	return []backward{
		pools("max", pool, window(pool, func(v []float64) float64 { return slices.Max(v) }), (*Pool).MaxGradient),
		pools("average", pool, window(pool, mean64), (*Pool).AverageGradient),
		pools("global", whole, window(whole, mean64), (*Pool).GlobalGradient),
		pools("blur", blurred, func(x []float64) []float64 {
			p := blurred
			p.Layout, p.Src, p.Dst, p.Parts = NCHW, to32(x), make([]float32, 2*20*12), 1
			p.Blur()
			return to64(p.Dst)
		}, (*Pool).BlurGradient),
		{"pad", [2]int{7, 6}, [2]int{4, 3}, 45, func(x []float64) []float64 {
			p := pad
			p.Layout, p.Src, p.Dst, p.Parts = NCHW, to32(x), make([]float32, 2*45*12), 1
			p.Run()
			return to64(p.Dst)
		}, func(l Layout, dst, grad, _ []float32, part, parts int) {
			p := pad
			p.Layout, p.Src, p.Dst, p.Part, p.Parts = l, dst, grad, part, parts
			p.Gradient()
		}},
		{"relu", [2]int{5, 4}, [2]int{5, 4}, 20, func(x []float64) []float64 {
			y := slices.Clone(x)
			for i := range y {
				y[i] = max(0, y[i])
			}
			return y
		}, func(_ Layout, dst, grad, x []float32, part, parts int) { ReLUGradient(dst, grad, x, true, part, parts) }},
	}
}

func to64(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestGradients compares the ways back with finite differences, in both layouts and in several parts.
func TestGradients(t *testing.T) {
	for i, b := range backwards() {
		in, out := b.in[0]*b.in[1], b.out[0]*b.out[1]
		x, grad := random64(2*20*in, uint64(i)), random64(2*b.channels*out, 100+uint64(i))
		step, tolerance := 1e-6, 1e-6
		if b.name == "blur" || b.name == "pad" {
			step = 1 // the way there is in float32, and linear
		}
		want := differences(x, grad, step, func() []float64 { return b.forward(x) })
		for _, l := range []Layout{NCHW, NCHW16c} {
			dst := make([]float32, l.Len(2, 20, in))
			for part := range 3 {
				b.gradient(l, dst, arranged(l, to32(grad), 2, b.channels, out), arranged(l, to32(x), 2, 20, in), part, 3)
			}
			requireNear(t, b.name, plain(l, dst, 2, 20, in), want, tolerance)
		}
	}
}

// norm64 is a batch norm with the statistics of the batch, and perhaps a ReLU.
func norm64(batch, channels, area int, x, weight, bias []float64, relu bool) []float64 {
	y := make([]float64, len(x))
	for c := range channels {
		sum, squares, n := 0.0, 0.0, float64(batch*area)
		each := func(f func(i int)) {
			for b := range batch {
				for p := range area {
					f((b*channels+c)*area + p)
				}
			}
		}
		each(func(i int) { sum += x[i] })
		each(func(i int) { squares += (x[i] - sum/n) * (x[i] - sum/n) })
		each(func(i int) {
			y[i] = (x[i]-sum/n)/math.Sqrt(squares/n+1e-5)*weight[c] + bias[c]
			if relu {
				y[i] = max(0, y[i])
			}
		})
	}
	return y
}

// TestNormGradient compares a batch norm in training, its output and the gradients of all that it reads, with finite differences
// in float64: in both layouts, portable and with vectors, far from zero too.
func TestNormGradient(t *testing.T) {
	const batch, channels, area = 3, 20, 310
	for _, relu := range []bool{false, true} {
		x, grad := random64(batch*channels*area, 1), random64(batch*channels*area, 2)
		weight, bias := random64(channels, 3), random64(channels, 4)
		for i := range x {
			x[i] += float64(i / area % channels * 10)
		}
		forward := func() []float64 { return norm64(batch, channels, area, x, weight, bias, relu) }
		wantY, wantX := to32(forward()), differences(x, grad, 1e-6, forward)
		wantWeight, wantBias := differences(weight, grad, 1e-6, forward), differences(bias, grad, 1e-6, forward)
		for _, l := range []Layout{NCHW, NCHW16c} {
			for _, vectors := range []bool{false, isa.Has(isa.AVX2)} {
				var bits []float32
				for parts := 1; parts < 4; parts += 2 {
					n := newNormRun(l, vectors, relu, to32(x), to32(grad), to32(weight), to32(bias), batch, channels, area, parts)
					what := fmt.Sprintf("layout %d, vectors %t, ReLU %t", l, vectors, relu)
					requireNear(t, what+": output", plain(l, n.y, batch, channels, area), wantY, 1e-5)
					requireNear(t, what+": gradient of the input", plain(l, n.dst, batch, channels, area), wantX, 2e-5)
					requireNear(t, what+": gradient of the weight", n.params.GradWeight, wantWeight, 1e-5)
					requireNear(t, what+": gradient of the bias", n.params.GradBias, wantBias, 1e-5)
					if bits == nil {
						bits = n.dst
					}
					if !slices.Equal(bits, n.dst) {
						t.Fatalf("%s: other bits with %d parts", what, parts)
					}
				}
			}
		}
	}
}

// normRun is a batch norm there and back.
type normRun struct {
	y, dst []float32
	params NormParams
}

func newNormRun(l Layout, vectors, relu bool, x, grad, weight, bias []float32, batch, channels, area, parts int) normRun {
	n := NormPass{
		Layout: l, Batch: batch, Channels: channels, Area: area, Src: arranged(l, x, batch, channels, area),
		Stats: make([]float32, NormStats*NormRow(channels)), ReLU: relu, Vectors: vectors, Parts: parts,
	}
	r := normRun{y: make([]float32, len(n.Src)), dst: make([]float32, len(n.Src))}
	r.params = NormParams{Weight: weight, Bias: bias, Eps: 1e-5, Momentum: 0.1}
	for _, p := range []*[]float32{&r.params.RunningMean, &r.params.RunningVar, &r.params.GradWeight, &r.params.GradBias} {
		*p = make([]float32, channels)
	}
	all := func(f func()) {
		for n.Part = range parts {
			f()
		}
	}
	sums := make([]float32, n.SumsLen())
	all(func() { n.Moments(sums) })
	n.Statistics(sums, r.params)
	row := NormRow(channels)
	all(func() {
		(&BatchNorm{
			Layout: l, Batch: batch, Channels: channels, Area: area, Dst: r.y, Src: n.Src, Scale: n.Stats[NormScale*row:], Shift: n.Stats[NormShift*row:],
			ReLU: relu, Vectors: vectors, Part: n.Part, Parts: parts,
		}).Run()
	})
	n.Grad = arranged(l, grad, batch, channels, area)
	all(func() { n.Sums(sums) })
	gradients := make([]float32, NormGradients*row)
	n.Gradients(gradients, sums, r.params)
	all(func() { n.Input(r.dst, gradients) })
	return r
}

// TestCrossEntropy compares the gradient with finite differences of the loss.
func TestCrossEntropy(t *testing.T) {
	const classes = 5
	logits := to32(random64(3*classes, 1))
	for _, smoothing := range []float64{0, 0.1} {
		c := CrossEntropy{Classes: classes, Smoothing: smoothing, Logits: logits, Labels: []int32{4, 0, 2}}
		got := make([]float32, 3*classes)
		c.Gradient(got)
		x := to64(logits)
		want := differences(x, []float64{1}, 1e-6, func() []float64 {
			sum := 0.0
			for n, label := range c.Labels {
				total := 0.0
				for _, v := range x[n*classes:][:classes] {
					total += math.Exp(v)
				}
				for i, v := range x[n*classes:][:classes] {
					p := smoothing / classes
					if int(label) == i {
						p += 1 - smoothing
					}
					sum -= p * (v - math.Log(total))
				}
			}
			return []float64{sum / 3}
		})
		requireNear(t, "cross entropy", got, want, 1e-6)
	}
}
