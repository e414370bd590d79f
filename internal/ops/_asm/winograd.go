package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winogradKernels writes the transforms of F(2,3) and F(4,3): Lavin and Gray (2015), "Fast Algorithms for Convolutional
// Neural Networks". F(4,3) uses the points 0, ±√½, ±√2, ∞, which cost half the rounding error of 0, ±1, ±2, ∞.
func winogradKernels(c *build.Context) {
	for _, m := range []machine{avx2(c), avx512(c)} {
		for _, outputs := range []int{2, 4} {
			w := winograd{m, outputs, outputs + 2}
			w.input()
			w.outputColumns()
			w.outputRows()
		}
		stemTransform{winograd{m, 4, 7}}.emit()
	}
}

// winograd is F(outputs,3), one-dimensional: a tile has points = outputs+2 inputs.
type winograd struct {
	machine
	outputs, points int
}

// The constants of the transforms of F(4,3).
const (
	sqrtHalf   = 0.70710678118654752440
	sqrt2      = 1.41421356237309504880
	sqrtEighth = 0.35355339059327376220 // √½³
	sqrt8      = 2.82842712474619009760 // √2³
)

// The general registers that all transforms share.
var (
	winoCount  = reg.RCX
	winoDst    = reg.RDX
	winoDst3   = reg.RSI // winoDst + 3 strides
	winoStride = reg.RDI // between the outputs of a transform, in bytes
	winoTmp    = reg.RAX
)

// constants broadcasts values into the last registers.
func (w winograd) constants(values ...float32) []reg.VecPhysical {
	regs := w.vectors[len(w.vectors)-len(values):]
	for i, v := range values {
		w.broadcast(v, regs[i])
	}
	return regs
}

// broadcast fills a register.
func (w winograd) broadcast(value float32, v reg.VecPhysical) {
	w.MOVL(U32(math.Float32bits(value)), reg.EAX)
	w.VMOVD(reg.EAX, v.AsX())
	w.VBROADCASTSS(v.AsX(), v)
}

func (w winograd) input() {
	var constants []float32
	if w.outputs == 4 {
		constants = inputConstants
	}
	w.inputKernel(fmt.Sprintf("winogradInput%d%s", w.outputs, w.suffix), w.inputDoc(), constants, w.transformInput)
}

// inputConstants are those of transformInput of F(4,3).
var inputConstants = []float32{2.5, 2, 0.5, sqrtHalf, sqrt2}

// inputKernel emits the loops around a transform that is given its constants, works on the first registers and returns those
// that hold the results.
func (w winograd) inputKernel(name string, doc []string, values []float32, transform func(constants []reg.VecPhysical) []reg.VecPhysical) {
	w.begin(name, "func(dst, src, zeros *float32, offsets *int32, rows, count, srcRow, srcStep, dstRow, dstStride int)",
		append([]string{
			fmt.Sprintf("%s transforms vectors of 16 channels along one axis of the tiles. Distances are bytes. It equals", name),
			"",
			"	for row := range rows {",
			"		for i := range count {",
			fmt.Sprintf("			for p := range %d {", w.points),
			"				d[p] = (src + offsets[p] + row*srcRow + i*srcStep)[:16] // zeros + i*srcStep, where the offset is negative",
			"			}",
		}, append(doc,
			fmt.Sprintf("			for p := range %d {", w.points),
			"				(dst + row*dstRow + i*64 + p*dstStride)[:16] = t[p]",
			"			}",
			"		}",
			"	}")...)...)

	pointers := []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14}[:w.points]
	index, offsets := reg.RBX, reg.R15
	bases := []reg.GPPhysical{winoDst, winoDst3, offsets}[:(w.points+2)/3] // the offsets have been read by then
	constants := w.constants(values...)
	w.load("dstStride", winoStride)

	w.Label("row")
	w.load("offsets", offsets)
	w.load("src", winoTmp)
	for p := range w.points {
		w.MOVLQSX(at(offsets, 4*p), index)
		w.LEAQ(Mem{Base: winoTmp, Index: index, Scale: 1}, pointers[p])
		w.TESTQ(index, index)
		w.CMOVQLT(w.param("zeros"), pointers[p])
	}
	w.load("dst", winoDst)
	for i := 1; i < len(bases); i++ {
		w.third(bases[i-1], winoStride, bases[i])
	}
	w.load("count", winoCount)
	w.XORQ(index, index)

	w.Label("vector")
	for half := range w.perBlock() {
		disp := half * w.bytes()
		for p := range w.points {
			w.VMOVUPS(Mem{Base: pointers[p], Index: index, Scale: 1, Disp: disp}, w.vectors[p])
		}
		for p, v := range transform(constants) {
			w.VMOVUPS(v, strided(winoStride, p, disp, bases...))
		}
	}
	w.ADDQ(w.param("srcStep"), index)
	for _, b := range bases {
		w.ADDQ(I32(laneBytes), b)
	}
	w.DECQ(winoCount)
	w.JNZ(LabelRef("vector"))

	w.advance("src", "srcRow")
	w.advance("dst", "dstRow")
	w.DECQ(w.param("rows"))
	w.JNZ(LabelRef("row"))
	w.VZEROUPPER()
	w.RET()
}

// advance adds one parameter to another.
func (w winograd) advance(pointer, step string) {
	w.load(step, winoTmp)
	w.ADDQ(winoTmp, w.param(pointer))
}

func (w winograd) inputDoc() []string {
	if w.outputs == 2 {
		return []string{"			t := {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]}"}
	}
	return []string{
		"			t := {",
		"				d[0] - 2.5*d[2] + d[4],",
		"				(d[4] - 2*d[2]) + √½*(d[3]-2*d[1]),",
		"				(d[4] - 2*d[2]) - √½*(d[3]-2*d[1]),",
		"				(d[4] - d[2]/2) + √2*(d[3]-d[1]/2),",
		"				(d[4] - d[2]/2) - √2*(d[3]-d[1]/2),",
		"				d[1] - 2.5*d[3] + d[5],",
		"			}",
	}
}

// transformInput works on the first registers and returns those that hold the results.
func (w winograd) transformInput(constants []reg.VecPhysical) []reg.VecPhysical {
	d := w.vectors
	if w.outputs == 2 {
		w.VSUBPS(d[2], d[0], d[0])
		w.VADDPS(d[1], d[2], d[4])
		w.VSUBPS(d[1], d[2], d[5])
		w.VSUBPS(d[3], d[1], d[3])
		return []reg.VecPhysical{d[0], d[4], d[5], d[3]}
	}
	twoHalf, two, half, root, root2 := constants[0], constants[1], constants[2], constants[3], constants[4]
	w.VADDPS(d[4], d[0], d[0])
	w.VFNMADD231PS(twoHalf, d[2], d[0])
	w.VADDPS(d[1], d[5], d[5])
	w.VFNMADD231PS(twoHalf, d[3], d[5])

	even, odd := d[6], d[7] // of ±√½
	w.VMOVAPS(d[4], even)
	w.VFNMADD231PS(two, d[2], even)
	w.VMOVAPS(d[3], odd)
	w.VFNMADD231PS(two, d[1], odd)
	w.VFNMADD231PS(half, d[2], d[4]) // even and odd of ±√2
	w.VFNMADD231PS(half, d[1], d[3])

	w.VMOVAPS(even, d[1])
	w.VFMADD231PS(root, odd, d[1])
	w.VFNMADD231PS(root, odd, even)
	w.VMOVAPS(d[4], d[2])
	w.VFMADD231PS(root2, d[3], d[2])
	w.VFNMADD231PS(root2, d[3], d[4])
	return []reg.VecPhysical{d[0], d[1], even, d[2], d[4], d[5]}
}

// transformOutput works on the first registers and returns those that hold the results.
func (w winograd) transformOutput(constants []reg.VecPhysical) []reg.VecPhysical {
	m := w.vectors
	if w.outputs == 2 {
		w.VADDPS(m[1], m[0], m[0])
		w.VADDPS(m[2], m[0], m[0])
		w.VSUBPS(m[2], m[1], m[1])
		w.VSUBPS(m[3], m[1], m[1])
		return []reg.VecPhysical{m[0], m[1]}
	}
	two, half, root, root2, rootEighth, root8 := constants[0], constants[1], constants[2], constants[3], constants[4], constants[5]
	sum, sum2 := m[6], m[7]
	w.VADDPS(m[2], m[1], sum)
	w.VSUBPS(m[2], m[1], m[1])
	w.VADDPS(m[4], m[3], sum2)
	w.VSUBPS(m[4], m[3], m[3])

	w.VADDPS(sum, m[0], m[0])
	w.VADDPS(sum2, m[0], m[0])
	w.VMULPS(root, m[1], m[2])
	w.VFMADD231PS(root2, m[3], m[2])
	w.VMULPS(half, sum, sum)
	w.VFMADD231PS(two, sum2, sum)
	w.VFMADD231PS(rootEighth, m[1], m[5])
	w.VFMADD231PS(root8, m[3], m[5])
	return []reg.VecPhysical{m[0], m[2], sum, m[5]}
}

func (w winograd) outputConstants() []reg.VecPhysical {
	if w.outputs == 2 {
		return nil
	}
	return w.constants(2, 0.5, sqrtHalf, sqrt2, sqrtEighth, sqrt8)
}

func (w winograd) outputDoc() []string {
	if w.outputs == 2 {
		return []string{"			y := {m[0] + m[1] + m[2], m[1] - m[2] - m[3]}"}
	}
	return []string{
		"			y := {",
		"				m[0] + (m[1] + m[2]) + (m[3] + m[4]),",
		"				√½*(m[1]-m[2]) + √2*(m[3]-m[4]),",
		"				(m[1]+m[2])/2 + (m[3]+m[4])*2,",
		"				m[5] + √⅛*(m[1]-m[2]) + √8*(m[3]-m[4]),",
		"			}",
	}
}

// outputColumns is the first of the two passes of the output transform.
func (w winograd) outputColumns() {
	name := fmt.Sprintf("winogradOutputColumns%d%s", w.outputs, w.suffix)
	w.begin(name, "func(dst, src *float32, rows, count, srcRow, srcStride, dstRow, dstStride int)",
		append([]string{
			fmt.Sprintf("%s transforms vectors of 16 channels along the first axis of the tiles. Distances are bytes. It equals", name),
			"",
			"	for row := range rows {",
			"		for i := range count {",
			fmt.Sprintf("			for p := range %d {", w.points),
			"				m[p] = (src + p*srcStride + row*srcRow + i*64)[:16]",
			"			}",
		}, append(w.outputDoc(),
			fmt.Sprintf("			for p := range %d {", w.outputs),
			"				(dst + row*dstRow + i*64 + p*dstStride)[:16] = y[p]",
			"			}",
			"		}",
			"	}")...)...)

	src, src3, stride := reg.R8, reg.R9, reg.R10
	constants := w.outputConstants()
	w.load("srcStride", stride)
	w.load("dstStride", winoStride)

	w.Label("row")
	w.load("src", src)
	w.third(src, stride, src3)
	w.load("dst", winoDst)
	w.third(winoDst, winoStride, winoDst3)
	w.load("count", winoCount)

	w.Label("vector")
	for half := range w.perBlock() {
		disp := half * w.bytes()
		for p := range w.points {
			w.VMOVUPS(strided(stride, p, disp, src, src3), w.vectors[p])
		}
		for p, v := range w.transformOutput(constants) {
			w.VMOVUPS(v, strided(winoStride, p, disp, winoDst, winoDst3))
		}
	}
	for _, r := range []reg.GPPhysical{src, src3, winoDst, winoDst3} {
		w.ADDQ(I32(laneBytes), r)
	}
	w.DECQ(winoCount)
	w.JNZ(LabelRef("vector"))

	w.advance("src", "srcRow")
	w.advance("dst", "dstRow")
	w.DECQ(w.param("rows"))
	w.JNZ(LabelRef("row"))
	w.VZEROUPPER()
	w.RET()
}

// outputRows is the second pass of the output transform, with the epilogue of the convolution.
func (w winograd) outputRows() {
	name := fmt.Sprintf("winogradOutputRows%d%s", w.outputs, w.suffix)
	w.begin(name, "func(dst, src, bias, add *float32, rows, pixels, srcRow, srcStride, dstRow int, floor float32)",
		append([]string{
			fmt.Sprintf("%s transforms vectors of 16 channels along the second axis of the tiles and writes rows", name),
			"of pixels, the last tile as far as they go. Distances are bytes. It equals",
			"",
			"	for row := range rows {",
			fmt.Sprintf("		for i := range (pixels + %d) / %d {", w.outputs-1, w.outputs),
			fmt.Sprintf("			for p := range %d {", w.points),
			"				m[p] = (src + p*srcStride + row*srcRow + i*64)[:16]",
			"			}",
		}, append(w.outputDoc(),
			fmt.Sprintf("			for p := range min(%d, pixels-%d*i) {", w.outputs, w.outputs),
			fmt.Sprintf("				at := row*dstRow + (%d*i+p)*64", w.outputs),
			"				(dst + at)[:16] = max(y[p] + bias + (add + at)[:16], floor) // add unless nil; floor is 0 or -Inf",
			"			}",
			"		}",
			"	}")...)...)

	src, src3, stride, add, bias := reg.R8, reg.R9, reg.R10, reg.R11, reg.R12
	constants := w.outputConstants()
	floor := w.vectors[8]
	w.VBROADCASTSS(w.param("floor"), floor)
	w.load("srcStride", stride)
	w.load("bias", bias)

	w.Label("row")
	w.load("src", src)
	w.third(src, stride, src3)
	w.load("dst", winoDst)
	w.load("add", add)
	w.load("pixels", winoCount)

	w.Label("vector")
	for half := range w.perBlock() {
		disp := half * w.bytes()
		for p := range w.points {
			w.VMOVUPS(strided(stride, p, disp, src, src3), w.vectors[p])
		}
		done := fmt.Sprintf("done%d", half)
		for p, v := range w.transformOutput(constants) {
			if p > 0 {
				w.CMPQ(winoCount, Imm(uint64(p)))
				w.JLE(LabelRef(done))
			}
			w.VADDPS(at(bias, disp), v, v)
			w.TESTQ(add, add)
			plain := fmt.Sprintf("plain%d_%d", half, p)
			w.JZ(LabelRef(plain))
			w.VADDPS(at(add, p*laneBytes+disp), v, v)
			w.Label(plain)
			w.VMAXPS(v, floor, v)
			w.VMOVUPS(v, at(winoDst, p*laneBytes+disp))
		}
		w.Label(done)
	}
	w.ADDQ(I32(laneBytes), src)
	w.ADDQ(I32(laneBytes), src3)
	w.ADDQ(I32(w.outputs*laneBytes), winoDst)
	w.TESTQ(add, add)
	w.JZ(LabelRef("next"))
	w.ADDQ(I32(w.outputs*laneBytes), add)
	w.Label("next")
	w.SUBQ(Imm(uint64(w.outputs)), winoCount)
	w.JG(LabelRef("vector"))

	w.advance("src", "srcRow")
	w.advance("dst", "dstRow")
	w.CMPQ(w.param("add"), Imm(0))
	w.JE(LabelRef("last"))
	w.advance("add", "dstRow")
	w.Label("last")
	w.DECQ(w.param("rows"))
	w.JNZ(LabelRef("row"))
	w.VZEROUPPER()
	w.RET()
}
