package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// stemTransform is the transforms of F(4,4), one-dimensional, whose points are those of F(4,3) and one more: 3. It is to be
// used with F(4,3), so that sums at the points of both can be added before the output transform.
type stemTransform struct{ winograd }

func (w stemTransform) emit() {
	w.input()
	w.output()
}

// input uses that Lavin and Gray's polynomials of the inputs are those of F(4,3) times x-3, and for the point 3 that of ∞.
func (w stemTransform) input() {
	w.inputKernel("winogradInput44"+w.suffix, []string{
		"			for p := range 6 {",
		"				u[p] = d[p+1] - 3*d[p]",
		"			}",
		"			t := {F(4,3)'s t of u…, d[1] - 2.5*d[3] + d[5]}",
	}, append([]float32{3}, inputConstants...), func(constants []reg.VecPhysical) []reg.VecPhysical {
		d, last := w.vectors, w.vectors[9]
		three, twoHalf := constants[0], constants[1]
		w.VADDPS(d[1], d[5], last)
		w.VFNMADD231PS(twoHalf, d[3], last)
		for p := 5; p >= 0; p-- {
			w.VFNMADD231PS(three, d[p], d[p+1])
		}
		u := w.winograd
		u.vectors = d[1:]
		return append(u.transformInput(constants[1:]), last)
	})
}

// stemAhead is how far before a pixel is written its place is fetched, in bytes: the outputs of a first layer are more than a
// second-level cache holds.
const stemAhead = 8 * laneBytes

// output is the whole output transform, down the rows of pixels, with the epilogue of the convolution.
func (w stemTransform) output() {
	name := "winogradOutput44" + w.suffix
	w.begin(name, "func(dst, src, bias, add *float32, rows, pixels, srcStride, dstRow int, floor float32)",
		append([]string{
			fmt.Sprintf("%s transforms vectors of 16 channels into up to 4 rows of pixels. Distances are bytes. It equals", name),
			"",
			"	for i := range pixels {",
			"		for p := range 7 {",
			"			m[p] = (src + p*srcStride + i*64)[:16]",
			"		}",
		}, append(w.outputDoc(),
			"		for p := range rows {",
			"			at := p*dstRow + i*64",
			"			(dst + at)[:16] = max(y[p] + 3ᵖ*m[6] + bias + (add + at)[:16], floor) // add unless nil; floor is 0 or -Inf",
			"		}",
			"	}")...)...)

	sources := []reg.GPPhysical{reg.R8, reg.R9, reg.R15}
	stride, bias, rows := reg.R10, reg.R12, reg.RBX
	dsts := []reg.GPPhysical{winoDst, winoDst3}
	adds := []reg.GPPhysical{reg.R11, reg.R13}
	constants := w.outputConstants()
	floor, last := w.vectors[8], w.vectors[9]
	w.VBROADCASTSS(w.param("floor"), floor)
	w.load("bias", bias)
	w.load("rows", rows)
	w.load("srcStride", stride)
	w.load("dstRow", winoStride)
	w.load("src", sources[0])
	w.third(sources[0], stride, sources[1])
	w.third(sources[1], stride, sources[2])
	w.load("dst", dsts[0])
	w.third(dsts[0], winoStride, dsts[1])
	w.load("add", adds[0])
	w.third(adds[0], winoStride, adds[1])
	w.load("pixels", winoCount)

	w.Label("vector")
	for half := range w.perBlock() {
		disp := half * w.bytes()
		for p := range w.points - 1 {
			w.VMOVUPS(strided(stride, p, disp, sources...), w.vectors[p])
		}
		w.VMOVUPS(strided(stride, w.points-1, disp, sources...), last)
		done := fmt.Sprintf("done%d", half)
		free := w.vectors[1]
		for p, v := range w.transformOutput(constants) {
			if p > 0 {
				w.CMPQ(rows, Imm(uint64(p)))
				w.JLE(LabelRef(done))
				w.VADDPS(last, last, free)
				w.VADDPS(free, last, last)
			}
			w.VADDPS(last, v, v)
			w.VADDPS(at(bias, disp), v, v)
			w.CMPQ(w.param("add"), Imm(0))
			plain := fmt.Sprintf("plain%d_%d", half, p)
			w.JE(LabelRef(plain))
			w.VADDPS(strided(winoStride, p, disp, adds...), v, v)
			w.Label(plain)
			w.VMAXPS(v, floor, v)
			w.VMOVUPS(v, strided(winoStride, p, disp, dsts...))
			w.PREFETCHT1(strided(winoStride, p, disp+stemAhead, dsts...))
		}
		w.Label(done)
	}
	for _, pointers := range [][]reg.GPPhysical{sources, dsts, adds} {
		for _, pointer := range pointers {
			w.ADDQ(I32(laneBytes), pointer)
		}
	}
	w.DECQ(winoCount)
	w.JNZ(LabelRef("vector"))
	w.VZEROUPPER()
	w.RET()
}
