package imaging

// pictureRows hands out the rows of a picture that is decoded whole, or stands in the file as it is, with Pillow's meaning
// of convert("RGB"): alpha is dropped and never composited, 16 bits keep the high byte, a palette's transparency is ignored.
type pictureRows func(dst []byte, y int)

func (r pictureRows) row(dst []byte, y int) error {
	r(dst, y)
	return nil
}

func (r pictureRows) finish() error { return nil }

// strideRow picks three of the bytes of each pixel, which are stride apart.
func strideRow(dst, src []byte, stride, r, g, b int) {
	if stride == 3 && r == 0 && g == 1 && b == 2 {
		copy(dst, src)
		return
	}
	for ; len(dst) >= 3; dst, src = dst[3:], src[stride:] {
		dst[0], dst[1], dst[2] = src[r], src[g], src[b]
	}
}

// clipGray16Row gives every value above 255 white, as Pillow does with 16-bit gray.
func clipGray16Row(dst, src []byte) {
	for ; len(dst) >= 3; dst, src = dst[3:], src[2:] {
		v := src[1]
		if src[0] != 0 {
			v = 255
		}
		dst[0], dst[1], dst[2] = v, v, v
	}
}

// indexRow looks up indices of 1, 2, 4 or 8 bits, the first in the highest bits.
func indexRow(dst, src []byte, bits int, table *[256][3]byte) {
	if bits == 8 {
		paletteRow(dst, src, table)
		return
	}
	for x := 0; 3*x+3 <= len(dst); x++ {
		bit := x * bits
		v := src[bit/8] >> (8 - bits - bit%8) & (1<<bits - 1)
		copy(dst[3*x:], table[v][:])
	}
}

// grayTables spread 1, 2, 4 or 8 bits over 0 … 255.
var grayTables = func() (t [9][256][3]byte) {
	for _, bits := range []int{1, 2, 4, 8} {
		for v := range 1 << bits {
			g := byte(v * 255 / (1<<bits - 1))
			t[bits][v] = [3]byte{g, g, g}
		}
	}
	return t
}()

func paletteRow(dst, src []byte, table *[256][3]byte) {
	for i := 0; len(dst) >= 3; i++ {
		c := &table[src[i]]
		dst[0], dst[1], dst[2] = c[0], c[1], c[2]
		dst = dst[3:]
	}
}
