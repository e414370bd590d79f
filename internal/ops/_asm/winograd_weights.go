package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winogradWeights writes the transforms of the weights. Those that run once a layer work in float64, so that the weights are
// rounded only once; the one that runs whenever the weights are used, in float32.
func winogradWeights(c *build.Context) {
	for _, outputs := range []int{2, 4} {
		weightTransform{winograd{avx2(c), outputs, outputs + 2}}.emit()
	}
	weightTransform{winograd{avx512(c), 4, 6}}.emitLate()
}

type weightTransform struct{ winograd }

func (w weightTransform) emit() {
	name := fmt.Sprintf("winogradWeights%d%s", w.outputs, w.suffix)
	w.beginTransform(name, "float64")

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
	w.nextKernel(src, dst, n)
}

func (w weightTransform) beginTransform(name, precision string) {
	w.begin(name, "func(dst, src *float32, n, dstPoint int)", append([]string{
		fmt.Sprintf("%s transforms n 3×3 kernels of 16 output channels each, in %s. Distances are bytes. It equals", name, precision),
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
}

// nextKernel ends the loop over the kernels, and the function.
func (w weightTransform) nextKernel(src, dst, n reg.GPPhysical) {
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

// emitLate writes the transform of F(4,3) that keeps all of a kernel in registers.
func (w weightTransform) emitLate() {
	name := fmt.Sprintf("winogradLateWeights%d%s", w.outputs, w.suffix)
	w.beginTransform(name, "float32")

	src, n := w.load("src", reg.RSI), w.load("n", reg.RCX)
	w.load("dstPoint", winoStride)
	row, row3, dst, nextRow := reg.R8, reg.R9, w.load("dst", reg.R10), reg.R11
	w.XORQ(nextRow, nextRow)
	for range w.points {
		w.ADDQ(winoStride, nextRow)
	}
	var values []float32
	for _, v := range w.values() {
		values = append(values, float32(v))
	}
	constants := w.constants(values...)
	half := w.vectors[:3*w.points] // G·g, (points, 3)
	free := w.vectors[3*w.points : len(w.vectors)-len(values)]

	w.Label("kernel")
	for column := range 3 {
		var t []reg.VecPhysical
		for point := range w.points {
			t = append(t, half[3*point+column])
		}
		w.VMOVUPS(at(src, column*laneBytes), t[0])
		w.VMOVUPS(at(src, (3+column)*laneBytes), free[0])
		w.VMOVUPS(at(src, (6+column)*laneBytes), t[w.points-1])
		w.transformLate(constants, free[0], t)
	}
	w.MOVQ(dst, row)
	w.third(row, winoStride, row3)
	for point := range w.points {
		g, t := half[3*point:][:3], free[point%2*4:]
		t = append(append([]reg.VecPhysical{g[0]}, t[:w.points-2]...), g[2])
		w.transformLate(constants, g[1], t)
		for i, v := range t {
			w.VMOVUPS(v, strided(winoStride, i, 0, row, row3))
		}
		if point < w.points-1 {
			w.ADDQ(nextRow, row)
			w.ADDQ(nextRow, row3)
		}
	}
	w.nextKernel(src, dst, n)
}

// transformLate multiplies G by the first register of t, middle, and the last of t, into the registers of t.
func (w weightTransform) transformLate(c []reg.VecPhysical, middle reg.VecPhysical, t []reg.VecPhysical) {
	first, last := t[0], t[len(t)-1]
	// pair turns the even part, in t[i], and the odd one, factor·middle, into their difference or sum and the other.
	pair := func(i int, factor reg.VecPhysical) {
		w.VMOVAPS(t[i], t[i+1])
		w.VFMADD231PS(factor, middle, t[i])
		w.VFNMADD231PS(factor, middle, t[i+1])
	}
	w.VMULPS(c[0], first, t[1])
	w.VFMADD231PS(c[1], last, t[1])
	pair(1, c[2])
	w.VMULPS(c[3], first, t[3])
	w.VFMADD231PS(c[4], last, t[3])
	pair(3, c[5])
}

// values are the constants of the transform. The first root's is negative, so that the pair comes in the order of G's rows.
func (w weightTransform) values() []float64 {
	if w.outputs == 2 {
		return []float64{0.5}
	}
	return []float64{-2. / 3, -1. / 3, -math.Sqrt2 / 3, 1. / 6, 1. / 3, math.Sqrt2 / 6}
}

// doubles broadcasts the constants of transform into the last registers.
func (w weightTransform) doubles() []reg.VecPhysical {
	values := w.values()
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
	w.VSUBPD(t[1], t[0], t[4])
	w.VADDPD(t[1], t[0], t[0])
	w.VSUBPD(t[3], t[2], t[5])
	w.VADDPD(t[3], t[2], t[2])
	return []reg.VecPhysical{g[0], t[0], t[4], t[2], t[5], g[2]}
}
