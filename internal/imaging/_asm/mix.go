package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const precisionBits = 22

// mix writes the two passes of a resize.
func mix(c *build.Context) {
	m := machine{c}
	half := m.dwords("half", 1<<(precisionBits-1))
	m.mixRows(half)
	m.mixColumns(half)
}

func (m machine) mixRows(half Mem) {
	m.begin("mixRowsAVX2", "func(dst *byte, rows **byte, weights *int32, taps, n int)",
		"mixRowsAVX2 makes n blocks of 32 bytes. It equals",
		"",
		"	for i := range 32 * n {",
		"		sum := int32(1 << 21)",
		"		for k := range taps {",
		"			sum += weights[k] * int32(rows[k][i])",
		"		}",
		"		dst[i] = clip8(sum)",
		"	}")
	dst, rows, weights, n := m.load("dst", reg.RDI), m.load("rows", reg.RSI), m.load("weights", reg.RDX), m.load("n", reg.RCX)
	taps := m.load("taps", reg.R8)
	offset, k, row := reg.RAX, reg.RBX, reg.R9
	m.XORQ(offset, offset)

	m.Label("block")
	for i := range 4 {
		m.VMOVDQU(half, y[i])
	}
	m.XORQ(k, k)
	m.Label("tap")
	m.MOVQ(Mem{Base: rows, Index: k, Scale: 8}, row)
	m.VPBROADCASTD(Mem{Base: weights, Index: k, Scale: 4}, y[8])
	for i := range 4 {
		m.VPMOVZXBD(Mem{Base: row, Index: offset, Scale: 1, Disp: 8 * i}, y[4+i])
		m.VPMULLD(y[8], y[4+i], y[4+i])
		m.VPADDD(y[4+i], y[i], y[i])
	}
	m.INCQ(k)
	m.CMPQ(k, taps)
	m.JNE(LabelRef("tap"))

	for i := range 4 {
		m.VPSRAD(U8(precisionBits), y[i], y[i])
	}
	// Both packings work within halves: the dwords come out as 0 2 4 6 1 3 5 7 of the eight groups of four.
	m.VPACKSSDW(y[1], y[0], y[0])
	m.VPACKSSDW(y[3], y[2], y[2])
	m.VPACKUSWB(y[2], y[0], y[0])
	m.VMOVDQU(m.order(), y[1])
	m.VPERMD(y[0], y[1], y[0])
	m.VMOVDQU(y[0], Mem{Base: dst, Index: offset, Scale: 1})
	m.ADDQ(I8(32), offset)
	m.DECQ(n)
	m.JNZ(LabelRef("block"))
	m.VZEROUPPER()
	m.RET()
}

// order undoes what two packings within halves do to groups of four bytes.
func (m machine) order() Mem {
	g := m.StaticGlobal("order")
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		m.AddDatum(4*i, U32(v))
	}
	return g
}

// mixColumns keeps the three channels of a pixel, and the first of the next, in the lanes of a register.
func (m machine) mixColumns(half Mem) {
	m.begin("mixColumnsAVX2", "func(dst, src *byte, first, count, weights *int32, taps, n int)",
		"mixColumnsAVX2 makes n pixels of three bytes. It reads one byte more than it should. It equals",
		"",
		"	for i := range n {",
		"		for c := range 3 {",
		"			sum := int32(1 << 21)",
		"			for k := range int(count[i]) {",
		"				sum += weights[i*taps+k] * int32(src[3*(int(first[i])+k)+c])",
		"			}",
		"			dst[3*i+c] = clip8(sum)",
		"		}",
		"	}")
	dst, src, first, count := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("first", reg.R8), m.load("count", reg.R9)
	weights, taps, n := m.load("weights", reg.RDX), m.load("taps", reg.R10), m.load("n", reg.RCX)
	m.SHLQ(U8(2), taps)
	in, k, w := reg.RAX, reg.RBX, reg.R11

	m.Label("pixel")
	m.MOVLQSX(Mem{Base: first}, in)
	m.LEAQ(Mem{Base: in, Index: in, Scale: 2}, in)
	m.ADDQ(src, in)
	m.MOVLQSX(Mem{Base: count}, k)
	m.MOVQ(weights, w)
	m.VMOVDQU(half, x[0])
	m.VPXOR(x[1], x[1], x[1])
	m.SUBQ(I8(2), k)
	m.JL(LabelRef("last"))
	m.Label("pair")
	for i := range 2 {
		m.VPMOVZXBD(at(in, 3*i), x[2+i])
		m.VPBROADCASTD(at(w, 4*i), x[4+i])
		m.VPMULLD(x[4+i], x[2+i], x[2+i])
		m.VPADDD(x[2+i], x[i], x[i])
	}
	m.ADDQ(I8(6), in)
	m.ADDQ(I8(8), w)
	m.SUBQ(I8(2), k)
	m.JGE(LabelRef("pair"))
	m.Label("last")
	m.ADDQ(I8(2), k)
	m.JZ(LabelRef("store"))
	m.VPMOVZXBD(at(in, 0), x[2])
	m.VPBROADCASTD(at(w, 0), x[4])
	m.VPMULLD(x[4], x[2], x[2])
	m.VPADDD(x[2], x[0], x[0])

	m.Label("store")
	m.VPADDD(x[1], x[0], x[0])
	m.VPSRAD(U8(precisionBits), x[0], x[0])
	m.VPACKSSDW(x[0], x[0], x[0])
	m.VPACKUSWB(x[0], x[0], x[0])
	m.VPEXTRW(U8(0), x[0], Mem{Base: dst})
	m.VPEXTRB(U8(2), x[0], at(dst, 2))
	m.ADDQ(I8(3), dst)
	m.ADDQ(I8(4), first)
	m.ADDQ(I8(4), count)
	m.ADDQ(taps, weights)
	m.DECQ(n)
	m.JNZ(LabelRef("pixel"))
	m.RET()
}
