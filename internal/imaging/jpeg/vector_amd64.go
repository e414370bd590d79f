//go:build !purego && !noasm

package jpeg

import "resnet/internal/isa"

// vectors tells whether AVX2 is used. Each function here does what its caller's portable loop would do, to the bit, and
// tells how far it got.
var vectors = isa.Allows(isa.AVX2)

// idctFast transforms a block whose first row alone does not wrap.
func idctFast(dst []byte, stride int, coefficients *block) bool {
	if !vectors {
		return false
	}
	idctAVX2(&dst[:7*stride+8][0], stride, &coefficients[0])
	return true
}

// perBlock is the number of samples that the loops below take at a time.
const perBlock = 16

// blocksBetween counts whole blocks of samples from first on that have a neighbour on either side: 0 … last.
func blocksBetween(first, end, last int) int {
	if !vectors || first < 1 {
		return 0
	}
	return max(0, min(end+1-first, last-first)/perBlock)
}

// upsampleH2V1Fast makes the samples of first and some after it; the result is the first one that is left.
func upsampleH2V1Fast(dst, src []byte, first, end, last int) int {
	n := blocksBetween(first, end, last)
	if n == 0 {
		return first
	}
	upsampleH2V1AVX2(&dst[2*first : 2*(first+n*perBlock)][0], &src[first : first+n*perBlock+1][0], n)
	return first + n*perBlock
}

// upsampleH2V2Fast is the like for two rows.
func upsampleH2V2Fast(dst, near, far []byte, first, end, last int) int {
	n := blocksBetween(first, end, last)
	if n == 0 {
		return first
	}
	upsampleH2V2AVX2(&dst[2*first : 2*(first+n*perBlock)][0], &near[first : first+n*perBlock+1][0], &far[first : first+n*perBlock+1][0], n)
	return first + n*perBlock
}

// convertYCbCrFast converts the first pixels of a row and says how many.
func convertYCbCrFast(dst, ys, cbs, crs []byte) (done int) {
	n := len(ys) / perBlock
	if !vectors || n == 0 {
		return 0
	}
	done = n * perBlock
	convertYCbCrAVX2(&dst[:3*done][0], &ys[0], &cbs[:done][0], &crs[:done][0], n)
	return done
}
