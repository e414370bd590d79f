package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// weightTiles writes the products that the gradient of a convolution's weights sums: of some input channels with 16 output
// channels, over the pixels of a rectangle. The sums stay in registers.
func weightTiles(c *build.Context) {
	avx2(c).weightTile(4)
	avx512(c).weightTile(4)
	avx512(c).weightTile(16)
}

func (m machine) weightTile(inputs int) {
	name := fmt.Sprintf("weightTile%d%s", inputs, m.suffix)
	m.begin(name, "func(sums, x, grad *float32, rows, columns, xStep, xRow, gradRow int)",
		fmt.Sprintf("%s adds the products of %d input and 16 output channels. It equals", name, inputs),
		"",
		"	for r := range rows {",
		"		for c := range columns {",
		fmt.Sprintf("			for i := range %d {", inputs),
		"				for o := range 16 {",
		"					sums[i][o] += x[i] * grad[o] // of x + r*xRow + c*xStep and grad + r*gradRow + c*64, bytes",
		"				}",
		"			}",
		"		}",
		"	}")
	sums, x, grad := m.load("sums", reg.RDI), m.load("x", reg.RSI), m.load("grad", reg.RDX)
	rows, columns := m.load("rows", reg.R8), m.load("columns", reg.R9)
	xStep, xRow, gradRow := m.load("xStep", reg.R10), m.load("xRow", reg.R11), m.load("gradRow", reg.R12)
	per := m.perBlock()
	acc := m.vectors[:inputs*per]
	gradient := m.vectors[inputs*per:][:per]
	for i, r := range acc {
		m.VMOVUPS(at(sums, i*m.bytes()), r)
	}
	m.Label("row")
	m.MOVQ(x, reg.RAX)
	m.MOVQ(grad, reg.RBX)
	m.MOVQ(columns, reg.RCX)
	m.Label("pixel")
	for v, r := range gradient {
		m.VMOVUPS(at(reg.RBX, v*m.bytes()), r)
	}
	for i := range inputs {
		m.weightProducts(acc[i*per:][:per], gradient, at(reg.RAX, 4*i))
	}
	m.ADDQ(xStep, reg.RAX)
	m.ADDQ(I32(laneBytes), reg.RBX)
	m.DECQ(reg.RCX)
	m.JNZ(LabelRef("pixel"))
	m.ADDQ(xRow, x)
	m.ADDQ(gradRow, grad)
	m.DECQ(rows)
	m.JNZ(LabelRef("row"))
	for i, r := range acc {
		m.VMOVUPS(r, at(sums, i*m.bytes()))
	}
	m.VZEROUPPER()
	m.RET()
}

// weightProducts adds the products of one input with the gradient's registers.
func (m machine) weightProducts(acc, gradient []reg.VecPhysical, input Mem) {
	if len(acc) == 1 {
		m.VFMADD231PS_BCST(input, gradient[0], acc[0])
		return
	}
	x := m.vectors[len(m.vectors)-1]
	m.VBROADCASTSS(input, x)
	for v := range acc {
		m.VFMADD231PS(x, gradient[v], acc[v])
	}
}
