//go:build unix

package ops

import (
	"math/rand/v2"
	"testing"
)

// FuzzConv wants the reference's numbers from every kernel that accepts a layer of any shape.
func FuzzConv(f *testing.F) {
	kernels := testKernels(f)
	for _, c := range convCases() {
		f.Add(uint8(c.In), uint8(c.Out), uint8(c.InH), uint8(c.InW), uint8(c.KernelH), uint8(c.KernelW),
			uint8(c.Stride), uint8(c.Padding), uint8(c.Dilation), uint8(c.Groups), uint8(c.batch), c.residual, c.relu)
	}
	f.Fuzz(func(t *testing.T, in, out, h, w, kh, kw, stride, padding, dilation, groups, batch uint8, residual, relu bool) {
		number := func(v uint8, most int) int { return 1 + int(v)%most }
		g := number(groups, 12)
		c := convCase{
			Conv: rectangle(g*number(in, 80/g+1), g*number(out, 160/g+1), number(h, 20), number(w, 20),
				number(kh, 7), number(kw, 7), number(stride, 3), int(padding)%4, number(dilation, 3), g),
			batch: number(batch, 3), residual: residual, relu: relu,
		}
		if c.OutH < 1 || c.OutW < 1 {
			t.Skip("the kernel is larger than the padded input")
		}
		d := c.data(rand.New(rand.NewPCG(11, uint64(in)<<8|uint64(out))))
		for _, k := range kernels {
			if k.Accepts(c.Conv) {
				testConvCase(t, k, d)
			}
		}
	})
}
