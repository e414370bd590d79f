package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normGradients writes what batch norms with the statistics of the batch need, and the gradient of a ReLU. Their speed is
// that of memory, as that of the other operations on each value.
func normGradients(c *build.Context) {
	m := avx2(c)
	m.moments()
	m.reluGradient()
	for _, relu := range []bool{false, true} {
		m.normSums(relu)
		m.normGradient(relu)
	}
}

// notLessOrEqual is the predicate of VCMPPS that is true of what is greater, and of NaN.
const notLessOrEqual = U8(0x16)

// sums loads, and stores, the 16 sums that begin at a distance.
func (m machine) sums(pointer reg.GPPhysical, first, distance int) (registers []reg.VecPhysical, store func()) {
	registers = m.vectors[first:][:m.perBlock()]
	for v, r := range registers {
		m.VMOVUPS(at(pointer, distance+v*m.bytes()), r)
	}
	return registers, func() {
		for v, r := range registers {
			m.VMOVUPS(r, at(pointer, distance+v*m.bytes()))
		}
	}
}

func (m machine) moments() {
	name := "moments" + m.suffix
	m.begin(name, "func(sums, src, shift *float32, n int)",
		fmt.Sprintf("%s adds up n pixels of 16 channels and their squares, less a shift. It equals", name),
		"",
		"	for i := range n * 16 {",
		"		d := src[i] - shift[i%16]",
		"		sums[i%16] += d",
		"		sums[16+i%16] += float32(d * d)",
		"	}")
	sums, src, n := m.load("sums", reg.RDI), m.load("src", reg.RSI), m.load("n", reg.RCX)
	shifts := m.channels("shift", 4)
	first, storeFirst := m.sums(sums, 6, 0)
	second, storeSecond := m.sums(sums, 8, laneBytes)
	m.blocks(n, []reg.GPPhysical{src}, func(v, distance int) {
		x := m.vectors[v]
		m.VMOVUPS(at(src, distance), x)
		m.VSUBPS(shifts[v], x, x)
		m.VADDPS(x, first[v], first[v])
		m.VMULPS(x, x, x)
		m.VADDPS(x, second[v], second[v])
	})
	storeFirst()
	storeSecond()
	m.VZEROUPPER()
	m.RET()
}

func (m machine) reluGradient() {
	name := "reluGradient" + m.suffix
	m.begin(name, "func(dst, grad, y *float32, n int)",
		fmt.Sprintf("%s passes n blocks of 16 gradients where a ReLU did. It equals", name),
		"",
		"	for i := range n * 16 {",
		"		dst[i] = !(y[i] <= 0) ? grad[i] : 0",
		"	}")
	dst, grad, y, n := m.load("dst", reg.RDI), m.load("grad", reg.RSI), m.load("y", reg.RDX), m.load("n", reg.RCX)
	zero := m.vectors[4]
	m.VXORPS(zero, zero, zero)
	m.eachBlock(n, []reg.GPPhysical{dst, grad, y}, func(v, distance int) {
		mask := m.vectors[v]
		m.VMOVUPS(at(y, distance), mask)
		m.VCMPPS(notLessOrEqual, zero, mask, mask)
		m.VANDPS(at(grad, distance), mask, mask)
		m.VMOVUPS(mask, at(dst, distance))
	})
}

// through loads a gradient; behind a ReLU it is zero where x·scale + shift was clamped.
func (m machine) through(relu bool, grad reg.GPPhysical, distance int, x, g reg.VecPhysical, scale, shift, zero reg.VecPhysical) {
	if !relu {
		m.VMOVUPS(at(grad, distance), g)
		return
	}
	m.VMULPS(scale, x, g)
	m.VADDPS(shift, g, g)
	m.VCMPPS(notLessOrEqual, zero, g, g)
	m.VANDPS(at(grad, distance), g, g)
}

// throughDoc is the first line of what through computes.
func throughDoc(relu bool) string {
	if relu {
		return "		g := !(float32(x[i]*scale[i%16]) + shift[i%16] <= 0) ? grad[i] : 0"
	}
	return "		g := grad[i]"
}

func (m machine) normSums(relu bool) {
	name, params := "normSums", "sums, x, grad, mean"
	if relu {
		name, params = name+"ReLU", params+", scale, shift"
	}
	name += m.suffix
	m.begin(name, "func("+params+" *float32, n int)",
		fmt.Sprintf("%s adds up the gradients of n pixels of 16 channels, and their products with what was normalized. It equals", name),
		"",
		"	for i := range n * 16 {",
		throughDoc(relu),
		"		sums[i%16] += g",
		"		sums[16+i%16] += float32(g * (x[i] - mean[i%16]))",
		"	}")
	sums, src, grad, n := m.load("sums", reg.RDI), m.load("x", reg.RSI), m.load("grad", reg.RDX), m.load("n", reg.RCX)
	means := m.channels("mean", 4)
	first, storeFirst := m.sums(sums, 6, 0)
	second, storeSecond := m.sums(sums, 8, laneBytes)
	scales, shifts, zero := means, means, m.vectors[14]
	if relu {
		scales, shifts = m.channels("scale", 10), m.channels("shift", 12)
		m.VXORPS(zero, zero, zero)
	}
	m.blocks(n, []reg.GPPhysical{src, grad}, func(v, distance int) {
		x, g := m.vectors[v], m.vectors[2+v]
		m.VMOVUPS(at(src, distance), x)
		m.through(relu, grad, distance, x, g, scales[v], shifts[v], zero)
		m.VADDPS(g, first[v], first[v])
		m.VSUBPS(means[v], x, x)
		m.VMULPS(g, x, x)
		m.VADDPS(x, second[v], second[v])
	})
	storeFirst()
	storeSecond()
	m.VZEROUPPER()
	m.RET()
}

func (m machine) normGradient(relu bool) {
	name, params := "normGradient", "dst, x, grad, mean, scale, slope, offset"
	if relu {
		name, params = name+"ReLU", params+", shift"
	}
	name += m.suffix
	m.begin(name, "func("+params+" *float32, n int)",
		fmt.Sprintf("%s is the gradient of what a batch norm read, of n pixels of 16 channels. It equals", name),
		"",
		"	for i := range n * 16 {",
		throughDoc(relu),
		"		dst[i] = float32(g*scale[i%16]) + (float32((x[i]-mean[i%16])*slope[i%16]) + offset[i%16])",
		"	}")
	dst, src, grad, n := m.load("dst", reg.RDI), m.load("x", reg.RSI), m.load("grad", reg.RDX), m.load("n", reg.RCX)
	means, scales, slopes, offsets := m.channels("mean", 4), m.channels("scale", 6), m.channels("slope", 8), m.channels("offset", 10)
	shifts, zero := means, m.vectors[14]
	if relu {
		shifts = m.channels("shift", 12)
		m.VXORPS(zero, zero, zero)
	}
	m.eachBlock(n, []reg.GPPhysical{dst, src, grad}, func(v, distance int) {
		x, g := m.vectors[v], m.vectors[2+v]
		m.VMOVUPS(at(src, distance), x)
		m.through(relu, grad, distance, x, g, scales[v], shifts[v], zero)
		m.VMULPS(scales[v], g, g)
		m.VSUBPS(means[v], x, x)
		m.VMULPS(slopes[v], x, x)
		m.VADDPS(offsets[v], x, x)
		m.VADDPS(x, g, g)
		m.VMOVUPS(g, at(dst, distance))
	})
}
