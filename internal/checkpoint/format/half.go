package format

import "math"

// halfToFloat widens an IEEE 754 binary16.
func halfToFloat(h uint16) float32 {
	sign, abs := uint32(h&0x8000)<<16, uint32(h&0x7fff)
	if abs-0x0400 < 0x7c00-0x0400 { // neither zero, subnormal, infinite nor NaN
		return math.Float32frombits(sign | (abs<<13 + (127-15)<<23))
	}
	return specialHalf(sign, abs)
}

func specialHalf(sign, abs uint32) float32 {
	if abs >= 0x7c00 { // infinity, or NaN with its payload
		return math.Float32frombits(sign | 0x7f800000 | abs&0x3ff<<13)
	}
	// Zero and subnormals are abs × 2⁻²⁴, exact in float32.
	return math.Float32frombits(sign | math.Float32bits(float32(abs)*0x1p-24))
}

// floatToHalf rounds to the nearest binary16, ties to even; too large becomes infinity, NaN the quiet NaN, as in PyTorch.
func floatToHalf(f float32) uint16 {
	bits := math.Float32bits(f)
	sign := uint16(bits >> 16 & 0x8000)
	abs := bits & 0x7fffffff
	switch {
	case abs > 0x7f800000:
		return sign | 0x7e00
	case abs >= 0x477ff000: // 65520, halfway between the largest binary16 and the next power of two
		return sign | 0x7c00
	case abs < 0x38800000: // below 2⁻¹⁴: subnormal; adding 2⁻¹ lets the FPU round at 2⁻²⁴
		return sign | uint16(math.Float32bits(math.Float32frombits(abs)+0.5)-0x3f000000)
	}
	abs -= (127 - 15) << 23
	return sign | uint16((abs+0xfff+abs>>13&1)>>13)
}

// bfloatToFloat widens a bfloat16, the upper half of a float32.
func bfloatToFloat(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// floatToBfloat rounds to the nearest bfloat16, ties to even; NaN becomes the quiet NaN, as in PyTorch.
func floatToBfloat(f float32) uint16 {
	bits := math.Float32bits(f)
	if bits&0x7fffffff > 0x7f800000 {
		return 0x7fc0
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}
