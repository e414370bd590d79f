package main

import (
	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// jpegRows writes upsampling and colour conversion, whose loops run along a row.
func jpegRows(c *build.Context) {
	m := machine{c}
	m.upsampleH2V1()
	m.upsampleH2V2()
	m.convertYCbCr()
}

func (m machine) upsampleH2V1() {
	one, two := m.words("one", 1), m.words("two", 2)
	m.begin("upsampleH2V1AVX2", "func(dst, src *byte, n int)",
		"upsampleH2V1AVX2 makes 32·n samples of 16·n, and looks at one more on either side. It equals",
		"",
		"	for i := range 16 * n {",
		"		dst[2*i] = (3*src[i] + src[i-1] + 1) >> 2",
		"		dst[2*i+1] = (3*src[i] + src[i+1] + 2) >> 2",
		"	}")
	dst, src, n := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("n", reg.RCX)
	m.VMOVDQU(one, y[14])
	m.VMOVDQU(two, y[15])
	m.Label("block")
	m.VPMOVZXBW(at(src, 0), y[0])
	m.VPMOVZXBW(at(src, -1), y[1])
	m.VPMOVZXBW(at(src, 1), y[2])
	m.VPADDW(y[0], y[0], y[3])
	m.VPADDW(y[3], y[0], y[0])
	m.VPADDW(y[14], y[1], y[1])
	m.VPADDW(y[15], y[2], y[2])
	m.VPADDW(y[0], y[1], y[1])
	m.VPADDW(y[0], y[2], y[2])
	m.VPSRLW(U8(2), y[1], y[1])
	m.VPSRLW(U8(2), y[2], y[2])
	m.VPSLLW(U8(8), y[2], y[2])
	m.VPOR(y[2], y[1], y[1])
	m.VMOVDQU(y[1], Mem{Base: dst})
	m.ADDQ(I8(16), src)
	m.ADDQ(I8(32), dst)
	m.DECQ(n)
	m.JNZ(LabelRef("block"))
	m.VZEROUPPER()
	m.RET()
}

func (m machine) upsampleH2V2() {
	seven, eight := m.words("seven", 7), m.words("eight", 8)
	m.begin("upsampleH2V2AVX2", "func(dst, near, far *byte, n int)",
		"upsampleH2V2AVX2 makes 32·n samples of 16·n in each of two rows, and looks at one more on either side. It equals",
		"",
		"	for i := range 16 * n {",
		"		sum := func(i int) int { return 3*near[i] + far[i] }",
		"		dst[2*i] = (3*sum(i) + sum(i-1) + 8) >> 4",
		"		dst[2*i+1] = (3*sum(i) + sum(i+1) + 7) >> 4",
		"	}")
	dst, near, far, n := m.load("dst", reg.RDI), m.load("near", reg.RSI), m.load("far", reg.RDX), m.load("n", reg.RCX)
	m.VMOVDQU(seven, y[14])
	m.VMOVDQU(eight, y[15])
	m.Label("block")
	for i, offset := range []int{0, -1, 1} {
		m.VPMOVZXBW(at(near, offset), y[i])
		m.VPMOVZXBW(at(far, offset), y[3+i])
		m.VPADDW(y[i], y[i], y[6])
		m.VPADDW(y[6], y[i], y[i])
		m.VPADDW(y[3+i], y[i], y[i])
	}
	m.VPADDW(y[0], y[0], y[6])
	m.VPADDW(y[6], y[0], y[0])
	m.VPADDW(y[15], y[1], y[1])
	m.VPADDW(y[14], y[2], y[2])
	m.VPADDW(y[0], y[1], y[1])
	m.VPADDW(y[0], y[2], y[2])
	m.VPSRLW(U8(4), y[1], y[1])
	m.VPSRLW(U8(4), y[2], y[2])
	m.VPSLLW(U8(8), y[2], y[2])
	m.VPOR(y[2], y[1], y[1])
	m.VMOVDQU(y[1], Mem{Base: dst})
	m.ADDQ(I8(16), near)
	m.ADDQ(I8(16), far)
	m.ADDQ(I8(32), dst)
	m.DECQ(n)
	m.JNZ(LabelRef("block"))
	m.VZEROUPPER()
	m.RET()
}

// convertYCbCr computes in 16 bits. With x = Cr - 128, (91881·x + 2¹⁵) >> 16 is x + ((26345·x + 2¹⁵) >> 16), and the last
// term is (high(26345·2x) + 1) >> 1, high being the upper 16 bits of a product. Blue: 116130 = 2·2¹⁶ - 14942. Green:
// 46802 = 2¹⁶ - 18734.
func (m machine) convertYCbCr() {
	bias := m.words("bias", 128)
	red, blue := m.words("red", 26345), m.words("blue", -14942)
	green := m.words("green", -22554, 18734)
	round := m.dwords("roundGreen", 1<<15)
	ones := m.words("ones", 1)
	// Where the bytes of R, G and B go in the three registers of RGB.
	var to [3][3]Mem
	for r := range 3 {
		for c := range 3 {
			indices := make([]int, 16)
			for i := range indices {
				indices[i] = -1
				if at := 16*r + i; at%3 == c {
					indices[i] = at / 3
				}
			}
			to[r][c] = m.shuffle(sprintf("to%d%c", r, "RGB"[c]), indices...)
		}
	}

	m.begin("convertYCbCrAVX2", "func(dst, y, cb, cr *byte, n int)",
		"convertYCbCrAVX2 converts 16·n pixels as convertYCbCr does.")
	dst, luma, cb, cr, n := m.load("dst", reg.RDI), m.load("y", reg.RSI), m.load("cb", reg.RDX), m.load("cr", reg.R8), m.load("n", reg.RCX)
	m.VMOVDQU(bias, y[15])
	m.VMOVDQU(ones, y[14])
	m.Label("block")
	m.VPMOVZXBW(at(luma, 0), y[0])
	m.VPMOVZXBW(at(cb, 0), y[1])
	m.VPMOVZXBW(at(cr, 0), y[2])
	m.VPSUBW(y[15], y[1], y[1])
	m.VPSUBW(y[15], y[2], y[2])

	m.VPADDW(y[2], y[2], y[3])
	m.VPMULHW(red, y[3], y[3])
	m.VPADDW(y[14], y[3], y[3])
	m.VPSRAW(U8(1), y[3], y[3])
	m.VPADDW(y[2], y[3], y[3])
	m.VPADDW(y[0], y[3], y[3]) // red

	m.VPADDW(y[1], y[1], y[4])
	m.VPMULHW(blue, y[4], y[5])
	m.VPADDW(y[14], y[5], y[5])
	m.VPSRAW(U8(1), y[5], y[5])
	m.VPADDW(y[4], y[5], y[5])
	m.VPADDW(y[0], y[5], y[5]) // blue

	m.VPUNPCKLWD(y[2], y[1], y[6])
	m.VPUNPCKHWD(y[2], y[1], y[7])
	for _, r := range []reg.VecPhysical{y[6], y[7]} {
		m.VPMADDWD(green, r, r)
		m.VPADDD(round, r, r)
		m.VPSRAD(U8(16), r, r)
	}
	m.VPACKSSDW(y[7], y[6], y[6])
	m.VPSUBW(y[2], y[6], y[6])
	m.VPADDW(y[0], y[6], y[4]) // green

	for _, i := range []int{3, 4, 5} { // to bytes
		m.VEXTRACTI128(U8(1), y[i], x[7])
		m.VPACKUSWB(x[7], x[i], x[i])
	}
	for r := range 3 {
		for c := range 3 {
			m.VPSHUFB(to[r][c], x[3+c], x[8+c])
		}
		m.VPOR(x[8], x[9], x[8])
		m.VPOR(x[10], x[8], x[8])
		m.VMOVDQU(x[8], at(dst, 16*r))
	}
	m.ADDQ(I8(16), luma)
	m.ADDQ(I8(16), cb)
	m.ADDQ(I8(16), cr)
	m.ADDQ(I8(48), dst)
	m.DECQ(n)
	m.JNZ(LabelRef("block"))
	m.VZEROUPPER()
	m.RET()
}
