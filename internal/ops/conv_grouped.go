package ops

// newGrouped makes a kernel that computes grouped convolutions of as many channels a group as the tiles have products a
// tap, those of ResNeXt, without the zeros that fill a block's weights in the direct kernels.
func newGrouped(name string, s *tileSet) *ConvKernel {
	k := newDirect(name, s)
	k.Accepts = func(c Conv) bool { return c.In == c.Out && c.In == s.perTap*c.Groups && fitsOffsets(c) }
	k.Pack = s.packGrouped
	return k
}
