// Package rgb turns rows of pixels as files store them into rows of 8-bit RGB.
package rgb

// Table is the colour of each index.
type Table [256][3]byte

// Grays spread 1, 2, 4 or 8 bits over 0 … 255: Grays[bits] is the gray of each value.
var Grays = func() (t [9]Table) {
	for _, bits := range []int{1, 2, 4, 8} {
		for v := range 1 << bits {
			g := byte(v * 255 / (1<<bits - 1))
			t[bits][v] = [3]byte{g, g, g}
		}
	}
	return t
}()

// Stride picks three of the bytes of each pixel, which are stride apart.
func Stride(dst, src []byte, stride, r, g, b int) {
	if stride == 3 && r == 0 && g == 1 && b == 2 {
		copy(dst, src)
		return
	}
	for ; len(dst) >= 3; dst, src = dst[3:], src[stride:] {
		dst[0], dst[1], dst[2] = src[r], src[g], src[b]
	}
}

// Index looks up indices of 1, 2, 4 or 8 bits, the first in the highest bits.
func Index(dst, src []byte, bits int, table *Table) {
	if bits == 8 {
		for i := 0; len(dst) >= 3; i++ {
			c := &table[src[i]]
			dst[0], dst[1], dst[2] = c[0], c[1], c[2]
			dst = dst[3:]
		}
		return
	}
	for x := 0; 3*x+3 <= len(dst); x++ {
		bit := x * bits
		v := src[bit/8] >> (8 - bits - bit%8) & (1<<bits - 1)
		copy(dst[3*x:], table[v][:])
	}
}
