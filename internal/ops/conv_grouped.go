package ops

// newGrouped makes a kernel that computes grouped convolutions of as many channels a group as the tiles have products a
// tap, those of ResNeXt, without the zeros that fill a block's weights in the direct kernels.
func newGrouped(name string, s *tileSet) *ConvKernel {
	k := newDirect(name, s)
	k.Accepts = func(c Conv) bool { return c.In == c.Out && c.In == s.perTap*c.Groups && fitsOffsets(c) }
	k.Pack = s.packGrouped
	return k
}

// groupRowSet is the tiles of grouped 3×3 convolutions of stride 1, whose pixels lie side by side in a row.
type groupRowSet struct {
	*tileSet                // says how the weights are packed
	rows     []groupRowFunc // by pixels-1
}

// groupRowFunc is the signature of the generated tiles; their comments say what they compute.
type groupRowFunc = func(dst, src, zero, weights, bias, add *float32, rows, srcRow, flags int)

// The flags of a row tile beside tileReLU, as the generator has them.
const (
	groupLeft  = 8  // there is a pixel before the first
	groupRight = 16 // there is a pixel behind the last
)

// newGroupedRows makes the faster kernel of what its tiles can do.
func newGroupedRows(name string, s *groupRowSet) *ConvKernel {
	k := newGrouped(name, s.tileSet)
	accepts := k.Accepts
	k.Accepts = func(c Conv) bool {
		return accepts(c) && c.KernelH == 3 && c.KernelW == 3 && c.Stride == 1 && c.Dilation == 1 && c.Padding == 1 && c.OutH == c.InH && c.OutW == c.InW
	}
	k.ScratchLen = func(Conv) int { return 0 }
	k.InPlace = always
	k.Run = s.run
	return checked(*k)
}

// run shares out the rows of all blocks of channels.
func (s *groupRowSet) run(a *ConvArgs) {
	blocks := blocksOf(a.Out)
	first, last := share(a.Batch*blocks*a.OutH, a.Part, a.Parts)
	tiles := (a.OutW + len(s.rows) - 1) / len(s.rows)
	for i := first; i < last; i++ {
		block, y := i/a.OutH%blocks, i%a.OutH
		top, bottom := max(0, y-1), min(a.InH, y+2)
		weights := &a.Weights[(block*3+top-y+1)*3*s.perTap*lanes]
		for t := range tiles {
			x, end := share(a.OutW, t, tiles)
			flags := 0
			if a.ReLU {
				flags |= tileReLU
			}
			if x > 0 {
				flags |= groupLeft
			}
			if end < a.OutW {
				flags |= groupRight
			}
			dst := (i*a.OutW + x) * lanes
			var add *float32
			if a.Add != nil {
				add = &a.Add[dst]
			}
			src := ((i-y+top)*a.InW + x) * lanes
			s.rows[end-x-1](&a.Dst[dst], &a.Src[src], &zeroPixel[0], weights, &a.Bias[block*lanes], add,
				bottom-top, a.InW*lanes*4, flags)
		}
	}
}
