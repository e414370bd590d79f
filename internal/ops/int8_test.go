//go:build unix

package ops

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// int8Cases are the shapes of the kernels of floats, and some of more channels.
func int8Cases() []convCase {
	uneven := square(3, 64, 20, 7, 2, 2, 1, 1) // as TensorFlow pads: 2 before and 3 behind
	uneven.OutH, uneven.OutW = 10, 10
	return append(convCases(),
		convCase{uneven, 1, false, false},
		convCase{square(128, 192, 9, 3, 1, 1, 1, 1), 2, true, false},
		convCase{square(65, 129, 6, 1, 1, 0, 1, 1), 1, true, false},
		convCase{square(128, 256, 5, 3, 2, 1, 1, 2), 1, false, false},
		convCase{square(128, 128, 5, 3, 1, 1, 1, 32), 2, true, false},
		convCase{square(192, 192, 4, 3, 1, 1, 1, 192), 1, false, false})
}

// int8Data is a case with its inputs and what the generic kernel makes of them.
type int8Data struct {
	convCase
	src, add []uint8
	image    []float32
	param    Int8Param
	weights  Int8Weights
	want     [2][]uint8 // from bytes and from the image
	floats   [2][]float32
}

func (c convCase) int8Data(t testing.TB, rng *rand.Rand) *int8Data {
	d := &int8Data{
		convCase: c,
		src:      make([]uint8, NCHW64u8.Len(c.batch, c.In, c.InH*c.InW)),
		image:    make([]float32, c.batch*c.In*c.InH*c.InW),
		param:    Int8Param{0.02, uint8(rng.IntN(256))},
		weights:  Int8Weights{make([]int8, c.Out*c.depth()), make([]int32, c.Out), make([]float32, c.Out)},
	}
	for i := range d.src { // those of channels past c.In too: their weights are zero
		d.src[i] = [...]uint8{0, 255, uint8(rng.IntN(256)), uint8(rng.IntN(256))}[rng.IntN(4)]
	}
	for i := range d.image {
		d.image[i] = float32(rng.NormFloat64() * 2)
	}
	copy(d.image, []float32{nan, 1e30, -1e30, 0.01, 0.03})
	for o := range c.Out {
		signs := rng.IntN(3) - 1 // a third of the channels have weights of one sign
		sum := 0
		for i := range c.depth() {
			w := [...]int{-127, 127, rng.IntN(255) - 127}[rng.IntN(3)]
			if signs != 0 {
				w = signs * max(w, -w)
			}
			d.weights.Weight[o*c.depth()+i] = int8(w)
			sum += w
		}
		d.weights.Bias[o] = int32(-128*sum + rng.IntN(1000))
		d.weights.Scale[o] = 1 / float32(int(64)<<rng.IntN(8)) // a power of two, so that some values lie in the middle
		if o%3 == 0 {
			d.weights.Scale[o] = rng.Float32() / 512
		}
	}
	if c.residual {
		area := c.OutH * c.OutW
		d.add = make([]uint8, NCHW64u8.Len(c.batch, c.Out, area)) // zero past c.Out
		for i := range c.batch * c.Out * area {
			d.add[int8Index(i/area/c.Out, i/area%c.Out, i%area, c.Out, area)] = uint8(rng.IntN(256))
		}
	}
	for i, k := range []*Int8Kernel{int8Generic, int8Image} {
		d.want[i], _ = d.run(t, k, false, 1)
		_, d.floats[i] = d.run(t, k, true, 1)
	}
	return d
}

// run computes a case with a kernel, in memory that ends at an unreadable page on either side.
func (d *int8Data) run(t testing.TB, k *Int8Kernel, floats bool, parts int) ([]uint8, []float32) {
	t.Helper()
	atEnd := parts != 2
	packed := guardedOf[byte](t, k.PackedLen(d.Conv), atEnd)
	fillBytes(packed, 0xee)
	k.Pack(packed, d.weights, d.Conv)
	args := Int8Args{
		Conv: d.Conv, Batch: d.batch, Param: d.param, Weights: packed, AddScale: 0.75, Parts: parts,
		Scratch: guardedOf[byte](t, k.ScratchLen(d.Conv), atEnd),
	}
	if k.Image {
		args.Image = guarded(t, len(d.image), atEnd)
		copy(args.Image, d.image)
	} else {
		args.Src = guardedBytes(t, d.src, atEnd)
	}
	if floats {
		args.Floats = guarded(t, d.batch*d.Out*d.OutH*d.OutW, atEnd)
		fill(args.Floats, nan)
	} else {
		args.Dst = guardedOf[byte](t, NCHW64u8.Len(d.batch, d.Out, d.OutH*d.OutW), atEnd)
		fillBytes(args.Dst, 0xee)
		if d.add != nil {
			args.Add = guardedBytes(t, d.add, atEnd)
			if parts == 3 { // in the place of the residual
				args.Dst = args.Add
			}
		}
	}
	for args.Part = range parts {
		fillBytes(args.Scratch, 0xee)
		k.Run(&args)
	}
	return args.Dst, args.Floats
}

func guardedBytes(t testing.TB, data []byte, atEnd bool) []byte {
	g := guardedOf[byte](t, len(data), atEnd)
	copy(g, data)
	return g
}

// allInt8 are the cases with their data.
func allInt8(t testing.TB) []*int8Data {
	var all []*int8Data
	for i, c := range int8Cases() {
		all = append(all, c.int8Data(t, rand.New(rand.NewPCG(22, uint64(i)))))
	}
	return all
}

// TestInt8Generic computes a convolution from the definition.
func TestInt8Generic(t *testing.T) {
	for _, d := range allInt8(t) {
		c, got, floats := d.convCase, d.want[0], d.floats[0]
		x := make([]float32, c.batch*c.In*c.InH*c.InW)
		area, outArea := c.InH*c.InW, c.OutH*c.OutW
		for n := range c.batch {
			for ch := range c.In {
				for p := range area {
					x[(n*c.In+ch)*area+p] = float32(d.src[int8Index(n, ch, p, c.In, area)]) - float32(d.param.Zero)
				}
			}
		}
		w, bias := make([]float32, len(d.weights.Weight)), make([]float32, c.Out)
		for i, v := range d.weights.Weight {
			w[i] = float32(v)
		}
		plain := c
		plain.relu = false
		sums, _ := convReference(plain, x, w, bias, nil) // exact: integers of less than 53 bits
		for n := range c.batch {
			for o := range c.Out {
				sum := int64(d.weights.Bias[o]) // with the zero point, which padding has
				for _, v := range d.weights.Weight[o*c.depth():][:c.depth()] {
					sum += int64(v) * int64(d.param.Zero)
				}
				for p := range outArea {
					j := (n*c.Out+o)*outArea + p
					total, add, at := int32(sum+int64(sums[j])), uint8(0), int8Index(n, o, p, c.Out, outArea)
					if d.add != nil {
						add = d.add[at]
					}
					if want := Int8Sum(total, d.weights.Scale[o], add, 0.75); got[at] != want {
						t.Fatalf("%+v: image %d, channel %d, pixel %d is %d, want %d", c, n, o, p, got[at], want)
					}
					if want := float32(total) * d.weights.Scale[o]; floats[j] != want {
						t.Fatalf("%+v: image %d, channel %d, pixel %d is %g, want %g", c, n, o, p, floats[j], want)
					}
				}
			}
		}
	}
}

// TestInt8Kernels wants the bytes of the generic kernel from all kernels of the build, those that the CPU cannot run in an
// emulator, and from any number of parts.
func TestInt8Kernels(t *testing.T) {
	data := allInt8(t)
	for _, k := range testInt8Kernels(t) {
		t.Run(k.Name, func(t *testing.T) {
			ran := 0
			for _, d := range data {
				if k.Accepts(d.Conv) {
					testInt8Case(t, k, d)
					ran++
				}
			}
			if ran < 5 {
				t.Errorf("accepts only %d of the cases", ran)
			}
		})
	}
}

func testInt8Case(t *testing.T, k *Int8Kernel, d *int8Data) {
	t.Helper()
	from := 0
	if k.Image {
		from = 1
	}
	for parts := 1; parts <= 3; parts++ {
		if got, _ := d.run(t, k, false, parts); !slices.Equal(got, d.want[from]) {
			t.Fatalf("%+v: %d parts: %s", d.convCase, parts, firstDifference(got, d.want[from]))
		}
	}
	if _, got := d.run(t, k, true, 2); !slices.Equal(got, d.floats[from]) {
		t.Fatalf("%+v: %s", d.convCase, firstDifference(got, d.floats[from]))
	}
}

// FuzzInt8 wants the bytes of the generic kernel for a layer of any shape.
func FuzzInt8(f *testing.F) {
	kernels := testInt8Kernels(f)
	for i, c := range int8Cases() {
		f.Add(uint64(i), uint8(c.In), uint8(c.Out), uint8(c.InH), uint8(c.InW), uint8(c.KernelH), uint8(c.KernelW),
			uint8(c.Stride), uint8(c.Padding), uint8(c.Dilation), uint8(c.Groups), uint8(c.batch), c.residual)
	}
	f.Fuzz(func(t *testing.T, seed uint64, in, out, h, w, kh, kw, stride, padding, dilation, groups, batch uint8, residual bool) {
		number := func(v uint8, most int) int { return 1 + int(v)%most }
		g := number(groups, 12)
		c := convCase{
			Conv: rectangle(g*number(in, 80/g+1), g*number(out, 160/g+1), number(h, 20), number(w, 20),
				number(kh, 7), number(kw, 7), number(stride, 3), int(padding)%4, number(dilation, 3), g),
			batch: number(batch, 3), residual: residual,
		}
		if c.OutH < 1 || c.OutW < 1 {
			t.Skip("the kernel is larger than the padded input")
		}
		d := c.int8Data(t, rand.New(rand.NewPCG(23, seed)))
		for _, k := range kernels {
			if k.Accepts(c.Conv) {
				testInt8Case(t, k, d)
			}
		}
	})
}

// TestInt8LargestSums wants the generic kernel's sums where they are as large as any, with the most inputs that a kernel
// of Winograd takes.
func TestInt8LargestSums(t *testing.T) {
	c := square(int8WinogradMost-1, 2, 5, 3, 1, 1, 1, 1)
	src := make([]uint8, NCHW64u8.Len(1, c.In, c.InH*c.InW))
	fillBytes(src, 255)
	w := Int8Weights{make([]int8, c.Out*c.depth()), make([]int32, c.Out), []float32{1, 1}}
	for i := range w.Weight {
		w.Weight[i] = -128
		if i >= c.depth() {
			w.Weight[i] = 127
		}
	}
	var want []float32
	for _, k := range append([]*Int8Kernel{int8Generic}, testInt8Kernels(t)...) {
		if k.Image || !k.Accepts(c) {
			continue
		}
		a := Int8Args{
			Conv: c, Batch: 1, Parts: 1, Src: src, Floats: make([]float32, c.Out*c.OutH*c.OutW),
			Weights: make([]byte, k.PackedLen(c)), Scratch: make([]byte, k.ScratchLen(c)),
		}
		k.Pack(a.Weights, w, c)
		k.Run(&a)
		if want == nil {
			want = a.Floats
		}
		if !slices.Equal(a.Floats, want) {
			t.Errorf("%s: %v, want %v", k.Name, a.Floats, want)
		}
	}
	if middle := float32(-255 * 128 * c.depth()); want[12] != middle {
		t.Errorf("the middle pixel is %v, want %v", want[12], middle)
	}
}
