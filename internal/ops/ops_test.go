package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"resnet/internal/isa"
)

// vectors are used where this CPU has them.
var vectors = isa.Has(isa.AVX2)

var nan = float32(math.NaN())

// bothLayouts runs an operation on a map in each layout, with 1 to 3 parts, and wants the same bits from all.
func bothLayouts(t *testing.T, channels, area, outChannels, outArea int, run func(l Layout, dst, src []float32, part, parts int)) []float32 {
	t.Helper()
	const batch = 2
	src := randoms(rand.New(rand.NewPCG(3, 4)), batch*channels*area)
	var want []float32
	for _, l := range []Layout{NCHW, NCHW16c} {
		for parts := 1; parts <= 3; parts++ {
			dst := make([]float32, l.Len(batch, outChannels, outArea))
			for part := range parts {
				run(l, dst, inLayout(l, src, batch, channels, area), part, parts)
			}
			got := fromLayout(l, dst, batch, outChannels, outArea)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("layout %d with %d parts differs from NCHW with one", l, parts)
			}
			if l == NCHW16c {
				requireZeroPadding(t, dst, batch, outChannels, outArea)
			}
		}
	}
	return want
}

func TestReorder(t *testing.T) {
	for _, channels := range []int{1, 16, 20, 48} {
		bothLayouts(t, channels, 6, channels, 6, func(l Layout, dst, src []float32, part, parts int) {
			if l == NCHW {
				copy(dst, src)
				return
			}
			plain := make([]float32, 2*channels*6)
			for _, r := range []Reorder{
				{To: NCHW, Dst: plain, Src: src},
				{To: NCHW16c, Dst: dst, Src: plain},
			} {
				r.Batch, r.Channels, r.Area, r.Vectors = 2, channels, 6, vectors
				if r.To == NCHW {
					r.Parts = 1
				} else {
					r.Part, r.Parts = part, parts
				}
				r.Run()
			}
		})
	}
}

func TestPools(t *testing.T) {
	for _, p := range []Pool{
		{Channels: 20, InH: 7, InW: 10, OutH: 4, OutW: 5, Kernel: 3, Stride: 2, Padding: 1},
		{Channels: 3, InH: 5, InW: 3, OutH: 3, OutW: 2, Kernel: 2, Stride: 2},
		{Channels: 16, InH: 1, InW: 2, OutH: 1, OutW: 1, Kernel: 3, Stride: 2, Padding: 1},
	} {
		for name, run := range map[string]func(*Pool){"max": (*Pool).Max, "average": (*Pool).Average} {
			got := bothLayouts(t, p.Channels, p.InH*p.InW, p.Channels, p.OutH*p.OutW, func(l Layout, dst, src []float32, part, parts int) {
				p := p
				p.Layout, p.Batch, p.Dst, p.Src, p.Vectors, p.Part, p.Parts = l, 2, dst, src, vectors, part, parts
				run(&p)
			})
			src := randoms(rand.New(rand.NewPCG(3, 4)), 2*p.Channels*p.InH*p.InW)
			for i, v := range got {
				if want := poolAt(p, src, i, name == "max"); math.Abs(float64(v)-want) > 1e-6 {
					t.Fatalf("%s pool %+v: output %d is %g, want %g", name, p, i, v, want)
				}
			}
		}
	}
}

// poolAt is output i of a pool over an NCHW map.
func poolAt(p Pool, src []float32, i int, largest bool) float64 {
	plane, y, x := i/(p.OutH*p.OutW), i/p.OutW%p.OutH, i%p.OutW
	sum, n, best := 0.0, 0.0, math.Inf(-1)
	for h := y*p.Stride - p.Padding; h < y*p.Stride-p.Padding+p.Kernel; h++ {
		for w := x*p.Stride - p.Padding; w < x*p.Stride-p.Padding+p.Kernel; w++ {
			if h < 0 || w < 0 || h >= p.InH || w >= p.InW {
				continue
			}
			v := float64(src[(plane*p.InH+h)*p.InW+w])
			sum, n, best = sum+v, n+1, max(best, v)
		}
	}
	if largest {
		return best
	}
	return sum / n
}

func TestGlobalPool(t *testing.T) {
	got := bothLayouts(t, 20, 12, 20, 1, func(l Layout, dst, src []float32, part, parts int) {
		p := Pool{Layout: l, Batch: 2, Channels: 20, InH: 3, InW: 4, Dst: dst, Src: src, Vectors: vectors, Part: part, Parts: parts}
		p.Global()
	})
	src := randoms(rand.New(rand.NewPCG(3, 4)), 2*20*12)
	for i, v := range got {
		want := 0.0
		for _, x := range src[i*12:][:12] {
			want += float64(x) / 12
		}
		if math.Abs(float64(v)-want) > 1e-6 {
			t.Errorf("mean %d is %g, want %g", i, v, want)
		}
	}
}

func TestNaNPasses(t *testing.T) {
	p := Pool{Batch: 1, Channels: 1, InH: 1, InW: 3, OutH: 1, OutW: 3, Kernel: 3, Stride: 1, Padding: 1,
		Src: []float32{nan, 1, 2}, Dst: make([]float32, 3), Parts: 1}
	p.Max()
	if got := fmt.Sprint(p.Dst); got != "[NaN NaN 2]" {
		t.Errorf("max pool: %s, want [NaN NaN 2]", got)
	}
	p.Padding, p.OutW, p.Src = 1, 3, []float32{-3, -1, -2}
	p.Max()
	if got := fmt.Sprint(p.Dst); got != "[-1 -1 -1]" {
		t.Errorf("max pool of negative values: %s, want [-1 -1 -1]: padding must not win", got)
	}
	x := []float32{nan, -1, float32(math.Inf(1)), 3}
	ReLU(x, x, vectors, 0, 1)
	if got := fmt.Sprint(x); got != "[NaN 0 +Inf 3]" {
		t.Errorf("ReLU: %s, want [NaN 0 +Inf 3]", got)
	}
}

func TestBatchNorm(t *testing.T) {
	const channels, area = 20, 5
	rng := rand.New(rand.NewPCG(5, 6))
	scale, shift := make([]float32, 32), make([]float32, 32)
	copy(scale, randoms(rng, channels))
	copy(shift, randoms(rng, channels))
	got := bothLayouts(t, channels, area, channels, area, func(l Layout, dst, src []float32, part, parts int) {
		b := BatchNorm{Layout: l, Batch: 2, Channels: channels, Area: area, Dst: dst, Src: src, Scale: scale, Shift: shift, Vectors: vectors, Part: part, Parts: parts}
		b.Run()
	})
	src := randoms(rand.New(rand.NewPCG(3, 4)), 2*channels*area)
	for i, v := range got {
		c := i / area % channels
		if want := float64(src[i])*float64(scale[c]) + float64(shift[c]); math.Abs(float64(v)-want) > 1e-6 {
			t.Fatalf("output %d is %g, want %g", i, v, want)
		}
	}
}

func TestPad(t *testing.T) {
	const in, out, before = 10, 24, 7
	got := bothLayouts(t, in, 5*4, out, 3*2, func(l Layout, dst, src []float32, part, parts int) {
		p := Pad{Layout: l, Batch: 2, In: in, Out: out, InH: 5, InW: 4, OutH: 3, OutW: 2, Stride: 2, Before: before,
			Dst: dst, Src: src, Part: part, Parts: parts}
		p.Run()
	})
	src := randoms(rand.New(rand.NewPCG(3, 4)), 2*in*5*4)
	for i, v := range got {
		n, c, y, x := i/(out*6), i/6%out-before, i/2%3, i%2
		want := float32(0)
		if c >= 0 && c < in {
			want = src[((n*in+c)*5+2*y)*4+2*x]
		}
		if v != want {
			t.Fatalf("output %d is %g, want %g", i, v, want)
		}
	}
}

func TestAddSharesOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{0, 1, 15, 16, 17, 100} {
		a, b, dst := randoms(rng, n), randoms(rng, n), make([]float32, n)
		for part := range 3 {
			Add(dst, a, b, vectors, part, 3)
		}
		for i, v := range dst {
			if v != a[i]+b[i] {
				t.Fatalf("%d values: sum %d is %g, want %g", n, i, v, a[i]+b[i])
			}
		}
	}
}

// TestChecksLengths wants a panic before an operation reads or writes past a slice, also where the memory behind it goes
// on: assembly would not notice.
func TestChecksLengths(t *testing.T) {
	buffer := make([]float32, 4096)
	short := func(n int) []float32 { return buffer[:n-1] }
	for _, layout := range []Layout{NCHW, NCHW16c} {
		n := layout.Len(2, 20, 15)
		out := layout.Len(2, 20, 6)
		all := buffer
		pool := Pool{Layout: layout, Batch: 2, Channels: 20, InH: 3, InW: 5, OutH: 2, OutW: 3, Kernel: 3, Stride: 2, Padding: 1, Dst: all, Src: all, Parts: 1}
		pad := Pad{Layout: layout, Batch: 2, In: 20, Out: 24, InH: 3, InW: 5, OutH: 2, OutW: 3, Stride: 2, Dst: all, Src: all, Parts: 1}
		norm := BatchNorm{Layout: layout, Batch: 2, Channels: 20, Area: 15, Dst: all, Src: all, Scale: all, Shift: all, Parts: 1}
		reorder := Reorder{To: layout, Batch: 2, Channels: 20, Area: 15, Dst: all, Src: all, Parts: 1}
		for name, run := range map[string]func(){
			"pool, destination":       func() { p := pool; p.Dst = short(out); p.Max() },
			"pool, source":            func() { p := pool; p.Src = short(n); p.Average() },
			"pool, part":              func() { p := pool; p.Part = 1; p.Max() },
			"global, destination":     func() { p := pool; p.Dst = short(layout.Len(2, 20, 1)); p.Global() },
			"global, source":          func() { p := pool; p.Src = short(n); p.Global() },
			"pad, destination":        func() { p := pad; p.Dst = short(layout.Len(2, 24, 6)); p.Run() },
			"pad, source":             func() { p := pad; p.Src = short(n); p.Run() },
			"pad, stride":             func() { p := pad; p.Stride = 3; p.Run() },
			"batch norm, source":      func() { b := norm; b.Src = short(n); b.Run() },
			"batch norm, scale":       func() { b := norm; b.Scale = short(20); b.Run() },
			"batch norm, shift":       func() { b := norm; b.Shift = short(20); b.Run() },
			"reorder, destination":    func() { r := reorder; r.Dst = short(n); r.Run() },
			"reorder, source":         func() { r := reorder; r.Src = short(min(n, NCHW.Len(2, 20, 15))); r.Run() },
			"ReLU":                    func() { ReLU(short(64), all[:64], false, 0, 1) },
			"ReLU, part":              func() { ReLU(all[:64], all[:64], false, 1, 1) },
			"add, first summand":      func() { Add(all[:64], short(64), all[:64], false, 0, 1) },
			"add, second summand":     func() { Add(all[:64], all[:64], short(64), false, 0, 1) },
			"batch norm, destination": func() { b := norm; b.Dst = short(n); b.Run() },
		} {
			t.Run(name, func(t *testing.T) {
				defer func() {
					if message, ok := recover().(string); !ok || !strings.HasPrefix(message, "ops: ") {
						t.Errorf("layout %d: panic %v, want one of the check", layout, message)
					}
				}()
				run()
			})
		}
	}
}
