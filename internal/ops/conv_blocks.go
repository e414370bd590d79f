package ops

// lanes is the number of channels that NCHW16c keeps together.
const lanes = 16

// blocksOf is the number of 16-channel blocks that hold n channels.
func blocksOf(n int) int { return (n + lanes - 1) / lanes }

// maxArea bounds the pixels of a map that the fast kernels take: they keep distances within a channel block in 32 bits.
const maxArea = 1 << 24

func fitsOffsets(c Conv) bool { return c.InH*c.InW <= maxArea && c.OutH*c.OutW <= maxArea }

// share is the range of n things that belongs to part of parts; the shares differ by one at most.
func share(n, part, parts int) (lo, hi int) {
	return n * part / parts, n * (part + 1) / parts
}

// blockedGroups is a convolution seen as groups of whole 16-channel blocks.
type blockedGroups struct {
	groups  int
	in, out int // blocks a group
}

// groupBlocks tells how the groups of c fall into blocks of some lanes. Smaller groups share a block where their size
// divides it; its weights are then zero between them. Other groups that end inside a block are not ok.
func groupBlocks(c Conv, lanes int) (b blockedGroups, ok bool) {
	if !fitsOffsets(c) {
		return blockedGroups{}, false
	}
	in, out := c.In/c.Groups, c.Out/c.Groups
	switch {
	case c.Groups == 1:
		return blockedGroups{1, (in + lanes - 1) / lanes, (out + lanes - 1) / lanes}, true
	case in%lanes == 0 && out%lanes == 0:
		return blockedGroups{c.Groups, in / lanes, out / lanes}, true
	case in == out && lanes%in == 0:
		return blockedGroups{(c.In + lanes - 1) / lanes, 1, 1}, true
	}
	return blockedGroups{}, false
}

// grid splits the work of a convolution over pixels and output channels.
type grid struct{ pixels, channels int } // shares along each; the product is parts

// load is what a convolution computes and reads, to be split over pixels and channels.
type load struct {
	pixels, panels int     // that cannot be split: outputs, or tiles of them, and panels of output channels
	flops          float64 // operations
	transform      float64 // cycles that all of the input takes before
	input          float64 // bytes
	weights        float64 // bytes
}

// split takes the split of parts that finishes first by a simple model: 32 floating-point operations a cycle, and for the
// share of input and weights that each part reads 2 and 16 bytes a cycle. Parts that share all pixels wait for the inputs
// that another core has just written; weights are fetched ahead.
func (l load) split(parts int) grid {
	best, bestCost := grid{parts, 1}, 0.0
	for p := 1; p <= parts; p++ {
		if parts%p != 0 {
			continue
		}
		c := parts / p
		most := float64((l.pixels+p-1)/p*((l.panels+c-1)/c)) / float64(l.pixels*l.panels)
		cost := l.flops*most/32 + (l.transform+l.input/2)/float64(p) + l.weights/16/float64(c)
		if p == 1 || cost < bestCost {
			best, bestCost = grid{p, c}, cost
		}
	}
	return best
}
