package quant

import "math"

// roundKernel rounds the weights of a kernel, in steps of a byte and at most so large, to whole numbers whose sum is the
// nearest to theirs: where each by itself comes out too large or too small together, those that were rounded farthest that
// way go the other one. What a kernel answers to a flat patch stays so, and maps are mostly flat: Guo et al. (2022),
// "SQuant", section 3.3.
func roundKernel(dst []int8, weights []float64, most float64) {
	sum := 0.0
	for i, v := range weights {
		q := max(-most, min(math.RoundToEven(v), most))
		dst[i] = int8(q)
		if math.Abs(q-v) <= 0.5 { // what is cut off is not the others' to bear
			sum += q - v
		}
	}
	way := math.Copysign(1, sum)
	for range int(math.RoundToEven(math.Abs(sum))) {
		farthest, least := -1, 0.0
		for i, v := range weights {
			if off := way * (float64(dst[i]) - v); off > least && math.Abs(off) <= 0.5 {
				farthest, least = i, off
			}
		}
		if farthest < 0 {
			return
		}
		dst[farthest] -= int8(way)
	}
}
