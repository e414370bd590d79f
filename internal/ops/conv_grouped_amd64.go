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
	k.Accepts = func(c Conv) bool { return c.In == c.Out && c.In == s.perTap*c.Groups && fitsOffsets(c) }
	k.Pack = s.packGrouped
	return k
}
