//go:build !purego && !noasm

package imaging

import "resnet/internal/isa"

//go:generate go -C _asm run . -out ..

// vectors tells whether the passes of a resize use AVX2. Each function here does what its caller's portable loop would
// do, to the bit, and tells how far it got.
var vectors = isa.Allows(isa.AVX2)

// mixColumnsFast makes a whole row; src is padded.
func (a axis) mixColumnsFast(dst, src []byte) bool {
	n := a.outputs()
	if !vectors || n == 0 || cap(src) == len(src) {
		return false
	}
	mixColumnsAVX2(&dst[:3*n][0], &src[0], &a.first[0], &a.count[0], &a.weights[0], a.taps, n)
	return true
}

// mixRowsFast makes the first done bytes of a row.
func mixRowsFast(dst []byte, ring [][]byte, first int, weights []int32) (done int) {
	const block = 32
	n := len(dst) / block
	if !vectors || n == 0 {
		return 0
	}
	var few [32]*byte
	rows := few[:0]
	for k := range weights {
		rows = append(rows, &ring[(first+k)%len(ring)][:len(dst)][0])
	}
	mixRowsAVX2(&dst[0], &rows[0], &weights[0], len(weights), n)
	return block * n
}
