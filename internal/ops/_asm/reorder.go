package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// reorders writes the copies between NCHW and NCHW16c, as transpositions of 8 channels × 8 pixels.
func reorders(c *build.Context) {
	m := avx2(c)
	m.reorder("block", "dst[i*16+c] = src[c*plane+i]")
	m.reorder("unblock", "dst[c*plane+i] = src[i*16+c]")
}

func (m machine) reorder(name, equals string) {
	m.begin(name+m.suffix, "func(dst, src *float32, n, plane int)",
		fmt.Sprintf("%s reorders 8·n pixels of 16 channels, whose planes have plane floats each. It equals", name+m.suffix),
		"",
		"	for i := range 8 * n {",
		"		for c := range 16 {",
		"			"+equals,
		"		}",
		"	}")
	n, stride, blocked, plain := m.load("n", reg.RCX), m.load("plane", reg.RDX), reg.RSI, reg.RDI
	if name == "block" {
		blocked, plain = plain, blocked
	}
	m.load("dst", reg.RDI)
	m.load("src", reg.RSI)
	m.SHLQ(Imm(2), stride)
	bases := [2][3]reg.GPPhysical{{plain, reg.R8, reg.R9}, {reg.R10, reg.R11, reg.R12}} // planes 0, 3, 6, 8, 11, 14
	m.LEAQ(Mem{Base: plain, Index: stride, Scale: 8}, bases[1][0])
	for _, b := range bases {
		m.third(b[0], stride, b[1])
		m.third(b[1], stride, b[2])
	}
	channel := func(half, i int) Mem { return strided(stride, i, 0, bases[half][:]...) }
	pixel := func(half, i int) Mem { return at(blocked, i*laneBytes+half*m.bytes()) }
	from, to := pixel, channel
	if name == "block" {
		from, to = channel, pixel
	}

	m.Label("pixels")
	for half := range 2 {
		for i := range 8 {
			m.VMOVUPS(from(half, i), m.vectors[i])
		}
		for i, v := range m.transpose() {
			m.VMOVUPS(v, to(half, i))
		}
	}
	m.ADDQ(I32(8*laneBytes), blocked)
	for _, b := range bases {
		for _, p := range b {
			m.ADDQ(I32(8*4), p)
		}
	}
	m.DECQ(n)
	m.JNZ(LabelRef("pixels"))
	m.VZEROUPPER()
	m.RET()
}

// transpose transposes the 8×8 floats of the first eight registers and returns the registers of the result.
func (m machine) transpose() []reg.VecPhysical {
	a, b := m.vectors[:8], m.vectors[8:16]
	for i := 0; i < 8; i += 2 { // pairs of rows: columns 0 1 | 4 5 and 2 3 | 6 7
		m.VUNPCKLPS(a[i+1], a[i], b[i])
		m.VUNPCKHPS(a[i+1], a[i], b[i+1])
	}
	for i := 0; i < 8; i += 4 { // fours of rows: one column below 4, one above
		for j := range 2 {
			m.VSHUFPS(Imm(0x44), b[i+2+j], b[i+j], a[i+2*j])
			m.VSHUFPS(Imm(0xEE), b[i+2+j], b[i+j], a[i+2*j+1])
		}
	}
	for i := range 4 {
		m.VPERM2F128(Imm(0x20), a[4+i], a[i], b[i])
		m.VPERM2F128(Imm(0x31), a[4+i], a[i], b[4+i])
	}
	return b
}
