package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// int8Memory writes what moves bytes: AVX2 is wide enough for every CPU.
func int8Memory(c *build.Context) {
	m := avx2(c)
	m.quantizeRGB()
	m.maxBytes()
	m.widenBytes()
}

// quantizeRGB interleaves three planes. The products are clamped before they are rounded, as no integer holds them
// otherwise; VMINPS returns the operand that is written first here where one is NaN.
func (m machine) quantizeRGB() {
	close := m.StaticGlobal("closeRGB") // 4 pixels of 4 bytes become 4 of 3
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for range 2 {
		for _, v := range []uint32{0x04020100, 0x09080605, 0x0e0d0c0a, 0x80808080} {
			m.AppendDatum(U32(v))
		}
	}
	limits := m.StaticGlobal("quantizeLimits")
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	m.AddDatum(0, F32(255))
	m.AddDatum(4, F32(-255))
	m.AddDatum(8, U32(255))

	name := "quantizeRGB" + m.suffix
	m.begin(name, "func(dst *uint8, src *float32, plane int, inverse float32, zero, n int)",
		name+" quantizes n blocks of 8 pixels. It equals",
		"",
		"	for i := range n * 8 {",
		"		for c := range 3 { // the planes are plane bytes apart",
		"			dst[3*i+c] = clamp(roundToEven(clamp(src[c][i]*inverse, -255, 255))+zero, 0, 255)",
		"		}",
		"	}",
		"",
		"and may write up to 4 bytes behind.")
	dst, src, plane, n := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("plane", reg.RDX), m.load("n", reg.RCX)
	v := m.vectors
	inverse, zero, high, low, most, order, none := v[8], v[9], v[10], v[11], v[12], v[13], v[14]
	m.VBROADCASTSS(m.param("inverse"), inverse)
	m.VPBROADCASTD(m.param("zero"), zero)
	m.VBROADCASTSS(limits, high)
	m.VBROADCASTSS(limits.Offset(4), low)
	m.VPBROADCASTD(limits.Offset(8), most)
	m.VMOVUPS(close, order)
	m.VPXOR(none, none, none)
	m.Label("block")
	for c := range 3 {
		from := Mem{Base: src}
		if c > 0 {
			from.Index, from.Scale = plane, uint8(c)
		}
		x := v[c]
		m.VMULPS(from, inverse, x)
		m.VMINPS(high, x, x)
		m.VMAXPS(low, x, x)
		m.VCVTPS2DQ(x, x)
		m.VPADDD(zero, x, x)
		m.VPMAXSD(none, x, x)
		m.VPMINSD(most, x, x)
		if c > 0 {
			m.VPSLLD(Imm(uint64(8*c)), x, x)
			m.VPOR(x, v[0], v[0])
		}
	}
	m.VPSHUFB(order, v[0], v[0])
	m.VMOVUPS(reg.X0, at(dst, 0))
	m.VEXTRACTF128(Imm(1), v[0], reg.X1)
	m.VMOVUPS(reg.X1, at(dst, 12))
	m.ADDQ(I32(24), dst)
	m.ADDQ(I32(32), src)
	m.DECQ(n)
	m.JNZ(LabelRef("block"))
	m.VZEROUPPER()
	m.RET()
}

func (m machine) maxBytes() {
	name := "maxBytes" + m.suffix
	m.begin(name, "func(dst, src *uint8, offsets *int32, taps, n int)",
		name+" takes the largest of some pixels of 64 channels, n times. It equals",
		"",
		"	for i := range n {",
		"		for c := range 64 {",
		"			for tap := range taps {",
		"				dst[i][c] = max(dst[i][c], *(src + offsets[i][tap] + c)) // dst starts as 0",
		"			}",
		"		}",
		"	}")
	dst, src, offsets, taps, n := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("offsets", reg.RDX), reg.RBX, m.load("n", reg.RCX)
	halves, offset := m.vectors[:2], reg.RAX
	m.Label("pixel")
	for _, x := range halves {
		m.VPXOR(x, x, x)
	}
	m.load("taps", taps)
	m.Label("tap")
	m.MOVLQSX(at(offsets, 0), offset)
	for i, x := range halves {
		m.VPMAXUB(Mem{Base: src, Index: offset, Scale: 1, Disp: i * m.bytes()}, x, x)
	}
	m.ADDQ(I32(4), offsets)
	m.DECQ(taps)
	m.JNZ(LabelRef("tap"))
	for i, x := range halves {
		m.VMOVUPS(x, at(dst, i*m.bytes()))
	}
	m.ADDQ(I32(64), dst)
	m.DECQ(n)
	m.JNZ(LabelRef("pixel"))
	m.VZEROUPPER()
	m.RET()
}

func (m machine) widenBytes() {
	name := "widenBytes" + m.suffix
	m.begin(name, "func(dst, src *uint8, n int)",
		name+" makes words of n blocks of 32 bytes. It equals",
		"",
		"	for i := range n * 32 {",
		"		dst[2*i], dst[2*i+1] = src[i], 0",
		"	}")
	dst, src, n := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("n", reg.RCX)
	m.Label("block")
	for i, x := range m.vectors[:2] {
		m.VPMOVZXBW(at(src, i*m.bytes()/2), x)
		m.VMOVUPS(x, at(dst, i*m.bytes()))
	}
	m.ADDQ(I32(m.bytes()), src)
	m.ADDQ(I32(2*m.bytes()), dst)
	m.DECQ(n)
	m.JNZ(LabelRef("block"))
	m.VZEROUPPER()
	m.RET()
}
