package jpeg

import "encoding/binary"

// The constants of the accurate integer IDCT (Loeffler, Ligtenberg and Moschytz 1989), with 13 fractional bits.
const (
	constBits = 13
	pass1Bits = 2

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

// transform is the inverse DCT of a block of dequantised coefficients into the component's plane. nonzero has a bit for
// each coefficient that was not zero before it was dequantised, at least.
func (c *component) transform(coefficients *block, nonzero uint64, y, x int) {
	offset := y%(2*c.v)*8*c.stride + 8*x
	dst := c.plane[offset : offset+7*c.stride+8]
	switch {
	case nonzero&^1 == 0:
		fillBlock(dst, c.stride, idctDC(coefficients[0]))
	case (nonzero>>8 != 0 || fitsPass(coefficients)) && idctFast(dst, c.stride, coefficients):
	default:
		idct(dst, c.stride, coefficients, nonzero)
	}
}

// fitsPass reports whether the first row, alone in its block, passes the columns without wrapping.
func fitsPass(coefficients *block) bool {
	for _, v := range coefficients[:8] {
		if v != v<<pass1Bits>>pass1Bits {
			return false
		}
	}
	return true
}

// idctDC is the sample that all 64 have where there is only DC.
func idctDC(dc int16) byte {
	return clampSample((int32(dc<<pass1Bits)<<constBits + 1<<17) >> 18)
}

func fillBlock(dst []byte, stride int, v byte) {
	eight := uint64(v) * 0x0101010101010101
	for y := range 8 {
		binary.LittleEndian.PutUint64(dst[y*stride:], eight)
	}
}

// idct does the columns, then the rows. Sums that libjpeg-turbo's vector code keeps in 16 bits are kept so here (they
// differ only for coefficients that no encoder writes): products and sums of two wrap, results of the first pass
// saturate, but for blocks of the first row alone, where they wrap.
func idct(dst []byte, stride int, coefficients *block, nonzero uint64) {
	var work [64]int32
	for x := range 8 {
		column := nonzero >> x & 0x0101010101010101
		in := coefficients[x:]
		out := work[x:]
		if column&^1 == 0 {
			v := int32(in[0] << pass1Bits)
			if nonzero>>8 != 0 {
				v = saturate16(int32(in[0]) << pass1Bits)
			}
			for y := 0; y < 64; y += 8 {
				out[y] = v
			}
			continue
		}
		p := oneDimension(int32(in[0]), int32(in[8]), int32(in[16]), int32(in[24]), int32(in[32]), int32(in[40]), int32(in[48]), int32(in[56]))
		for y := range 8 {
			out[8*y] = saturate16((p[y] + 1<<(constBits-pass1Bits-1)) >> (constBits - pass1Bits))
		}
	}
	for y := range 8 {
		in := work[8*y : 8*y+8]
		p := oneDimension(in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7])
		out := dst[y*stride : y*stride+8]
		for x := range 8 {
			out[x] = clampSample((p[x] + 1<<(constBits+pass1Bits+2)) >> (constBits + pass1Bits + 3))
		}
	}
}

// oneDimension is the transform of eight values, with 13 more fractional bits.
func oneDimension(i0, i1, i2, i3, i4, i5, i6, i7 int32) [8]int32 {
	z1 := (i2 + i6) * fix0541
	t2 := z1 - i6*fix1847
	t3 := z1 + i2*fix0765
	t0 := int32(int16(i0+i4)) << constBits
	t1 := int32(int16(i0-i4)) << constBits
	e0, e3 := t0+t3, t0-t3
	e1, e2 := t1+t2, t1-t2

	z3 := int32(int16(i7 + i3))
	z4 := int32(int16(i5 + i1))
	z5 := (z3 + z4) * fix1175
	z3 = z5 - z3*fix1961
	z4 = z5 - z4*fix0390
	z1 = (i7 + i1) * -fix0899
	z2 := (i5 + i3) * -fix2562
	o0 := i7*fix0298 + z1 + z3
	o1 := i5*fix2053 + z2 + z4
	o2 := i3*fix3072 + z2 + z3
	o3 := i1*fix1501 + z1 + z4
	return [8]int32{e0 + o3, e1 + o2, e2 + o1, e3 + o0, e3 - o0, e2 - o1, e1 - o2, e0 - o3}
}

func saturate16(v int32) int32 { return min(max(v, -1<<15), 1<<15-1) }

// clampSample moves a value around 0 to a sample around 128.
func clampSample(v int32) byte {
	if uint32(v+128) > 255 {
		if v < 0 {
			return 0
		}
		return 255
	}
	return byte(v + 128)
}
