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
	m.affine(false, false)
	m.affine(false, true)
	m.affine(true, false)
	m.affine(true, true)
}

// eachBlock emits a loop over blocks, and the return.
func (m machine) eachBlock(count reg.GPPhysical, pointers []reg.GPPhysical, body func(v, distance int)) {
	m.blocks(count, pointers, body)
	m.VZEROUPPER()
	m.RET()
}

// blocks emits a loop over blocks of 16 floats that all pointers move along; body gets the distance of a vector.
func (m machine) blocks(count reg.GPPhysical, pointers []reg.GPPhysical, body func(v, distance int)) {
	m.Label("block")
	for v := range m.perBlock() {
		body(v, v*m.bytes())
	}
	for _, p := range pointers {
		m.ADDQ(I32(laneBytes), p)
	}
	m.DECQ(count)
	m.JNZ(LabelRef("block"))
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

// affine emits the batch norm; with add it adds a second source, with relu it clamps.
func (m machine) affine(add, relu bool) {
	name, params, sum := "affine", "dst, src", "float32(src[i]*scale[i%16]) + shift[i%16]"
	if add {
		name, params, sum = name+"Add", params+", add", sum+" + add[i]"
	}
	if relu {
		name, sum = name+"ReLU", "max(0, "+sum+") // NaN passes"
	}
	name += m.suffix
	m.begin(name, "func("+params+", scale, shift *float32, n int)",
		fmt.Sprintf("%s scales and shifts n pixels of 16 channels, rounding twice. It equals", name),
		"",
		"	for i := range n * 16 {",
		"		dst[i] = "+sum,
		"	}")
	dst, src, n := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("n", reg.RCX)
	pointers := []reg.GPPhysical{dst, src}
	if add {
		pointers = append(pointers, m.load("add", reg.RBX))
	}
	scales, shifts := m.channels("scale", 2), m.channels("shift", 4)
	zero := m.vectors[6]
	if relu {
		m.VXORPS(zero, zero, zero)
	}
	m.eachBlock(n, pointers, func(v, distance int) {
		x := m.vectors[v]
		m.VMULPS(at(src, distance), scales[v], x)
		m.VADDPS(shifts[v], x, x)
		if add {
			m.VADDPS(at(reg.RBX, distance), x, x)
		}
		if relu {
			m.VMAXPS(x, zero, x)
		}
		m.VMOVUPS(x, at(dst, distance))
	})
}

// channels loads a parameter of 16 channels into the registers from one on.
func (m machine) channels(param string, first int) []reg.VecPhysical {
	m.load(param, reg.RAX)
	registers := m.vectors[first:][:m.perBlock()]
	for v, r := range registers {
		m.VMOVUPS(at(reg.RAX, v*m.bytes()), r)
	}
	return registers
}
