package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwise writes the operations whose speed is that of memory: AVX2 is wide enough for every CPU.
func elementwise(c *build.Context) {
	m := avx2(c)
	m.relu()
	m.add()
	m.affine()
}

// eachBlock emits a loop over blocks of 16 floats that all pointers move along; body gets the distance of a vector.
func (m machine) eachBlock(count reg.GPPhysical, pointers []reg.GPPhysical, body func(v, distance int)) {
	m.Label("block")
	for v := range m.perBlock() {
		body(v, v*m.bytes())
	}
	for _, p := range pointers {
		m.ADDQ(I32(laneBytes), p)
	}
	m.DECQ(count)
	m.JNZ(LabelRef("block"))
	m.VZEROUPPER()
	m.RET()
}

// relu lets NaN pass: where one operand is NaN, VMAXPS returns the one that is written first here.
func (m machine) relu() {
	name := "relu" + m.suffix
	m.begin(name, "func(dst, src *float32, n int)",
		fmt.Sprintf("%s clamps n blocks of 16 floats. It equals", name),
		"",
		"	for i := range n * 16 {",
		"		dst[i] = src[i] < 0 ? 0 : src[i]",
		"	}")
	dst, src, n := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("n", reg.RCX)
	zero := m.vectors[2]
	m.VXORPS(zero, zero, zero)
	m.eachBlock(n, []reg.GPPhysical{dst, src}, func(v, distance int) {
		x := m.vectors[v]
		m.VMOVUPS(at(src, distance), x)
		m.VMAXPS(x, zero, x)
		m.VMOVUPS(x, at(dst, distance))
	})
}

func (m machine) add() {
	name := "add" + m.suffix
	m.begin(name, "func(dst, a, b *float32, n int)",
		fmt.Sprintf("%s adds n blocks of 16 floats. It equals", name),
		"",
		"	for i := range n * 16 {",
		"		dst[i] = a[i] + b[i]",
		"	}")
	dst, a, b, n := m.load("dst", reg.RDI), m.load("a", reg.RSI), m.load("b", reg.RDX), m.load("n", reg.RCX)
	m.eachBlock(n, []reg.GPPhysical{dst, a, b}, func(v, distance int) {
		x := m.vectors[v]
		m.VMOVUPS(at(a, distance), x)
		m.VADDPS(at(b, distance), x, x)
		m.VMOVUPS(x, at(dst, distance))
	})
}

func (m machine) affine() {
	name := "affine" + m.suffix
	m.begin(name, "func(dst, src, scale, shift *float32, n int)",
		fmt.Sprintf("%s scales and shifts n pixels of 16 channels, rounding twice. It equals", name),
		"",
		"	for i := range n * 16 {",
		"		dst[i] = float32(src[i]*scale[i%16]) + shift[i%16]",
		"	}")
	dst, src, n := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("n", reg.RCX)
	scales, shifts := m.vectors[2:][:m.perBlock()], m.vectors[4:][:m.perBlock()]
	m.load("scale", reg.RAX)
	m.load("shift", reg.RDX)
	for v := range m.perBlock() {
		m.VMOVUPS(at(reg.RAX, v*m.bytes()), scales[v])
		m.VMOVUPS(at(reg.RDX, v*m.bytes()), shifts[v])
	}
	m.eachBlock(n, []reg.GPPhysical{dst, src}, func(v, distance int) {
		x := m.vectors[v]
		m.VMULPS(at(src, distance), scales[v], x)
		m.VADDPS(shifts[v], x, x)
		m.VMOVUPS(x, at(dst, distance))
	})
}
