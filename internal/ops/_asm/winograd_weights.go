package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winogradWeights writes the transforms of the weights. They run once a layer, in float64, so that the weights are
// rounded only once.
func winogradWeights(c *build.Context) {
	for _, outputs := range []int{2, 4} {
		weightTransform{winograd{avx2(c), outputs, outputs + 2}}.emit()
	}
}

type weightTransform struct{ winograd }

func (w weightTransform) emit() {
	name := fmt.Sprintf("winogradWeights%d%s", w.outputs, w.suffix)
	w.begin(name, "func(dst, src *float32, n, dstPoint int)", append([]string{
		fmt.Sprintf("%s transforms n 3×3 kernels of 16 output channels each, in float64. Distances are bytes. It equals", name),
		"",
		"	for i := range n {",
		"		for o := range 16 {",
		"			g := src[i][:][:][o] // [n][3][3][16]float32",
		fmt.Sprintf("			t := G * g * Gᵀ // %d×%d", w.points, w.points),
		fmt.Sprintf("			for p := range %d {", w.points*w.points),
		fmt.Sprintf("				(dst + i*64 + p*dstPoint)[o] = t[p/%d][p%%%d]", w.points, w.points),
		"			}",
		"		}",
		"	}",
	}, w.matrix()...)...)

	dst, src, n, stride, at0 := w.load("dst", reg.RDI), w.load("src", reg.RSI), w.load("n", reg.RCX), w.load("dstPoint", reg.RDX), reg.R8
	half := w.AllocLocal(w.points * 3 * 32) // G·g, [points][3] vectors of 4 float64
	constants := w.doubles()

	w.Label("kernel")
	for quarter := range 4 {
		for column := range 3 {
			for row := range 3 {
				w.VCVTPS2PD(at(src, (row*3+column)*laneBytes+quarter*16), w.vectors[row])
			}
			for i, v := range w.transform(constants) {
				w.VMOVUPD(v, half.Offset((i*3+column)*32))
			}
		}
		w.MOVQ(dst, at0)
		for row := range w.points {
			for i := range 3 {
				w.VMOVUPD(half.Offset((row*3+i)*32), w.vectors[i])
			}
			for _, v := range w.transform(constants) {
				w.VCVTPD2PSY(v, v.AsX())
				w.VMOVUPS(v.AsX(), at(at0, quarter*16))
				w.ADDQ(stride, at0)
			}
		}
	}
	w.ADDQ(I32(9*laneBytes), src)
	w.ADDQ(I32(laneBytes), dst)
	w.DECQ(n)
	w.JNZ(LabelRef("kernel"))
	w.VZEROUPPER()
	w.RET()
}

func (w weightTransform) matrix() []string {
	if w.outputs == 2 {
		return []string{"", "where G is {{1, 0, 0}, {½, ½, ½}, {½, -½, ½}, {0, 0, 1}}."}
	}
	return []string{"", "where G is {{1, 0, 0}, {-⅔, -√2/3, -⅓}, {-⅔, √2/3, -⅓}, {⅙, √2/6, ⅓}, {⅙, -√2/6, ⅓}, {0, 0, 1}}."}
}

// doubles broadcasts the constants of transform into the last registers.
func (w weightTransform) doubles() []reg.VecPhysical {
	values := []float64{0.5}
	if w.outputs == 4 {
		values = []float64{-2. / 3, -1. / 3, math.Sqrt2 / 3, 1. / 6, 1. / 3, math.Sqrt2 / 6}
	}
	regs := w.vectors[len(w.vectors)-len(values):]
	for i, v := range values {
		w.MOVQ(U64(math.Float64bits(v)), reg.RAX)
		w.VMOVQ(reg.RAX, regs[i].AsX())
		w.VBROADCASTSD(regs[i].AsX(), regs[i])
	}
	return regs
}

// transform multiplies G by the vector in the first three registers and returns the registers of the result.
func (w weightTransform) transform(c []reg.VecPhysical) []reg.VecPhysical {
	g, t := w.vectors[:3], w.vectors[3:]
	if w.outputs == 2 {
		half := c[0]
		w.VADDPD(g[2], g[0], t[0])
		w.VMULPD(half, t[0], t[0])
		w.VMULPD(half, g[1], g[1])
		w.VSUBPD(g[1], t[0], t[1])
		w.VADDPD(g[1], t[0], t[0])
		return []reg.VecPhysical{g[0], t[0], t[1], g[2]}
	}
	w.VMULPD(c[0], g[0], t[0])
	w.VFMADD231PD(c[1], g[2], t[0])
	w.VMULPD(c[2], g[1], t[1])
	w.VMULPD(c[3], g[0], t[2])
	w.VFMADD231PD(c[4], g[2], t[2])
	w.VMULPD(c[5], g[1], t[3])
	w.VADDPD(t[1], t[0], t[4])
	w.VSUBPD(t[1], t[0], t[0])
	w.VSUBPD(t[3], t[2], t[5])
	w.VADDPD(t[3], t[2], t[2])
	return []reg.VecPhysical{g[0], t[0], t[4], t[2], t[5], g[2]}
}
