//go:build !purego && !noasm

package ops

// grouped4AVX2 and grouped8AVX2 compute grouped convolutions of 4 and 8 channels a group, those of ResNeXt, without
// the zeros that fill a block's weights in the direct kernels.
var (
	grouped4AVX2 = newGrouped("grouped4-avx2", &groupTiles4AVX2)
	grouped8AVX2 = newGrouped("grouped8-avx2", &groupTiles8AVX2)
)

func newGrouped(name string, s *tileSet) ConvKernel {
	k := newDirect(name, s)
	k.Accepts = func(c Conv) bool { return c.In == c.Out && c.In == s.perTap*c.Groups }
	k.Pack = s.packGrouped
	return k
}

// packGrouped orders the weights as the tiles read them: (block, kh, kw, channels of a group, 16 outputs).
func (s *tileSet) packGrouped(dst, weight []float32, c Conv) {
	taps := c.KernelH * c.KernelW
	for block := range blocksOf(c.Out) {
		for tap := range taps {
			for k := range s.perTap {
				for o := range lanes {
					dst[o] = 0
					if out := block*lanes + o; out < c.Out {
						dst[o] = weight[(out*s.perTap+s.groupInput(k, o))*taps+tap]
					}
				}
				dst = dst[lanes:]
			}
		}
	}
}

// groupInput is the input of its group that an output takes its k-th product from: groups of 4 take them in an order that
// saves the tiles permutations.
func (s *tileSet) groupInput(k, out int) int {
	if s.perTap == 4 {
		return (k ^ out) & 3
	}
	return k
}
