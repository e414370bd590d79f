package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// linearDots writes the dot products of the fully connected layer, of one row of weights and of several that share the
// input.
func linearDots(c *build.Context) {
	for _, m := range []machine{avx2(c), avx512(c)} {
		for _, rows := range []int{1, 4} {
			linearDot(m, rows)
		}
	}
}

func linearDot(m machine, rows int) {
	name := fmt.Sprintf("linearDot%d%s", rows, m.suffix)
	m.begin(name, "func(sums, x, weights *float32, n, stride int)",
		fmt.Sprintf("%s adds up the products of x with each of %d rows of weights in 16 sums. It equals", name, rows),
		"",
		"	for i := range n { // blocks of 16",
		fmt.Sprintf("		for row := range %d {", rows),
		"			for k := range 16 {",
		fmt.Sprintf("				sums[row][k] += x[i][k] * weights[row*stride+i*16+k] // sums: [%d][16]float32, from zero", rows),
		"			}",
		"		}",
		"	}")

	x, count, tmp := m.load("x", reg.RAX), m.load("n", reg.RCX), reg.RDX
	m.load("stride", tmp)
	m.SHLQ(Imm(2), tmp)
	pointers := []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11}[:rows]
	m.load("weights", pointers[0])
	for i := 1; i < rows; i++ {
		m.LEAQ(Mem{Base: pointers[i-1], Index: tmp, Scale: 1}, pointers[i])
	}
	per := m.perBlock()
	sums, inputs := m.vectors[:rows*per], m.vectors[rows*per:][:per]
	for _, s := range sums {
		m.VXORPS(s, s, s)
	}

	m.Label("block")
	for v, in := range inputs {
		m.VMOVUPS(at(x, v*m.bytes()), in)
	}
	for row, p := range pointers {
		for v, in := range inputs {
			m.VFMADD231PS(at(p, v*m.bytes()), in, sums[row*per+v])
		}
		m.ADDQ(I32(laneBytes), p)
	}
	m.ADDQ(I32(laneBytes), x)
	m.DECQ(count)
	m.JNZ(LabelRef("block"))

	m.load("sums", x)
	for i, s := range sums {
		m.VMOVUPS(s, at(x, i*m.bytes()))
	}
	m.VZEROUPPER()
	m.RET()
}
