package main

import (
	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The constants of the transform; see the portable version.
const (
	fix0298 = 2446
	fix0390 = 3196
	fix0541 = 4433
	fix0765 = 6270
	fix0899 = 7373
	fix1175 = 9633
	fix1501 = 12299
	fix1847 = 15137
	fix1961 = 16069
	fix2053 = 16819
	fix2562 = 20995
	fix3072 = 25172
)

// idct writes the inverse DCT. In a pass, a register holds one value of each of the eight columns (then rows) as 32 bits;
// products are of two 16-bit values at once.
func idct(c *build.Context) {
	m := machine{c}
	constants := map[string]Mem{
		"even3": m.words("even3", fix0541+fix0765, fix0541), // of inputs 2 and 6
		"even2": m.words("even2", fix0541, fix0541-fix1847),
		"z3":    m.words("z3", fix1175-fix1961, fix1175), // of the sums of inputs 7, 3 and 5, 1
		"z4":    m.words("z4", fix1175, fix1175-fix0390),
		"odd0":  m.words("odd0", fix0298-fix0899, -fix0899), // of inputs 7 and 1
		"odd3":  m.words("odd3", -fix0899, fix1501-fix0899),
		"odd1":  m.words("odd1", fix2053-fix2562, -fix2562), // of inputs 5 and 3
		"odd2":  m.words("odd2", -fix2562, fix3072-fix2562),
	}
	rounds := [2]Mem{m.dwords("round1", 1<<10), m.dwords("round2", 1<<17)}
	bytes := m.shuffle("bytes", 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
	centre := m.shuffle("centre", -1)

	m.begin("idctAVX2", "func(dst *byte, stride int, coefficients *int16)",
		"idctAVX2 transforms the 64 coefficients of a block into eight rows of eight bytes, as idct does where any row of",
		"coefficients but the first is not zero.")
	dst, stride, in := m.load("dst", reg.RDI), m.load("stride", reg.RSI), m.load("coefficients", reg.RDX)

	for i := range 8 {
		m.VPMOVSXWD(at(in, 16*i), y[i])
	}
	m.pass(constants, rounds[0], 11)
	m.transposeWords()
	m.pass(constants, rounds[1], 18)

	// y0 … y3 hold two columns each, rows 0-3 in the low half: to bytes, then to rows.
	m.VPACKSSWB(y[1], y[0], y[0])
	m.VPACKSSWB(y[3], y[2], y[2])
	m.VPSHUFB(bytes, y[0], y[0])
	m.VPSHUFB(bytes, y[2], y[2])
	m.VPUNPCKLDQ(y[2], y[0], y[1]) // rows 0, 1 and 4, 5
	m.VPUNPCKHDQ(y[2], y[0], y[3]) // rows 2, 3 and 6, 7
	m.VPXOR(centre, y[1], y[1])
	m.VPXOR(centre, y[3], y[3])
	m.VEXTRACTI128(U8(1), y[1], x[4])
	m.VEXTRACTI128(U8(1), y[3], x[5])
	for i, pair := range []int{1, 3, 4, 5} {
		m.VMOVQ(x[pair], Mem{Base: dst})
		m.ADDQ(stride, dst)
		m.VMOVHPS(x[pair], Mem{Base: dst})
		if i < 3 {
			m.ADDQ(stride, dst)
		}
	}
	m.VZEROUPPER()
	m.RET()
}

// pass transforms y0 … y7, and leaves the results in y0 … y3 as 16 bits, saturated: results 2i and 2i+1 side by side in
// each half, of lanes 0-3 in the low half and 4-7 in the high one.
func (m machine) pass(constants map[string]Mem, round Mem, shift int) {
	// Even part. Sums of inputs are kept to 16 bits by the shifts.
	m.pair(y[2], y[6], y[8])
	m.VPMADDWD(constants["even3"], y[8], y[9]) // t3
	m.VPMADDWD(constants["even2"], y[8], y[8]) // t2
	m.VPADDD(y[4], y[0], y[10])
	m.VPSUBD(y[4], y[0], y[11])
	for _, r := range []reg.VecPhysical{y[10], y[11]} {
		m.VPSLLD(U8(16), r, r)
		m.VPSRAD(U8(3), r, r)
		m.VPADDD(round, r, r)
	}
	m.VPADDD(y[9], y[10], y[0]) // e0
	m.VPSUBD(y[9], y[10], y[4]) // e3
	m.VPADDD(y[8], y[11], y[2]) // e1
	m.VPSUBD(y[8], y[11], y[6]) // e2

	// Odd part.
	m.VPADDD(y[3], y[7], y[8])
	m.VPADDD(y[1], y[5], y[9])
	m.pair(y[8], y[9], y[10])
	m.VPMADDWD(constants["z3"], y[10], y[8])
	m.VPMADDWD(constants["z4"], y[10], y[9])
	m.pair(y[7], y[1], y[10])
	m.pair(y[5], y[3], y[11])
	m.VPMADDWD(constants["odd0"], y[10], y[1])
	m.VPMADDWD(constants["odd3"], y[10], y[7])
	m.VPMADDWD(constants["odd1"], y[11], y[3])
	m.VPMADDWD(constants["odd2"], y[11], y[5])
	m.VPADDD(y[8], y[1], y[1]) // o0
	m.VPADDD(y[9], y[3], y[3]) // o1
	m.VPADDD(y[8], y[5], y[5]) // o2
	m.VPADDD(y[9], y[7], y[7]) // o3

	// Results k and 7-k are the sum and the difference of e[k] and o[3-k].
	even := []reg.VecPhysical{y[0], y[2], y[6], y[4]}
	odd := []reg.VecPhysical{y[7], y[5], y[3], y[1]}
	for k := range 4 {
		m.VPSUBD(odd[k], even[k], y[15-k]) // result 7-k
		m.VPADDD(odd[k], even[k], y[8+k])  // result k
	}
	for k := range 8 {
		m.VPSRAD(U8(shift), y[8+k], y[8+k])
	}
	for k := range 4 {
		m.VPACKSSDW(y[9+2*k], y[8+2*k], y[k])
	}
}

// pair puts the low 16 bits of each lane of a and b side by side, a's lower.
func (m machine) pair(a, b, dst reg.VecPhysical) {
	m.VPSLLD(U8(16), b, dst)
	m.VPBLENDW(U8(0xAA), dst, a, dst)
}

// transposeWords makes y0 … y7 of the columns of the eight rows that pass left, widened to 32 bits.
func (m machine) transposeWords() {
	m.VPUNPCKLWD(y[1], y[0], y[4]) // rows 0, 2
	m.VPUNPCKHWD(y[1], y[0], y[5]) // rows 1, 3
	m.VPUNPCKLWD(y[3], y[2], y[6]) // rows 4, 6
	m.VPUNPCKHWD(y[3], y[2], y[7]) // rows 5, 7
	m.VPUNPCKLWD(y[5], y[4], y[8]) // rows 0-3 of columns 0, 1 and 4, 5
	m.VPUNPCKHWD(y[5], y[4], y[9]) // of columns 2, 3 and 6, 7
	m.VPUNPCKLWD(y[7], y[6], y[10])
	m.VPUNPCKHWD(y[7], y[6], y[11])
	m.VPUNPCKLQDQ(y[10], y[8], y[12]) // columns 0 and 4
	m.VPUNPCKHQDQ(y[10], y[8], y[13]) // 1 and 5
	m.VPUNPCKLQDQ(y[11], y[9], y[14]) // 2 and 6
	m.VPUNPCKHQDQ(y[11], y[9], y[15]) // 3 and 7
	for k := range 4 {
		m.VPMOVSXWD(x[12+k], y[k])
		m.VEXTRACTI128(U8(1), y[12+k], x[8])
		m.VPMOVSXWD(x[8], y[4+k])
	}
}
