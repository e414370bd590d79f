package ops

import "resnet/internal/isa"

// The flags of a tile, as the generator has them.
const (
	tileAccumulate = 1 << iota // add to what dst holds, instead of the bias
	tileFinish                 // add the residual
	tileReLU                   // clamp, after tileFinish
)

// tileFunc is the signature of the generated tiles; their comments say what they compute.
type tileFunc = func(dst, src, zero, weights, bias, add, next *float32, offsets *int32, tiles, blocks, taps, srcBlock, dstBlock, flags, nextStep int)

// stemFunc is the signature of the tiles that read NCHW.
type stemFunc = func(dst, src, weights, bias, add *float32, offsets, taps *int32, tiles, depth, dstBlock, flags int)

// tileSet is the register tiles of an instruction set.
type tileSet struct {
	level   isa.Level
	pixels  int           // of the largest tile
	widths  []int         // of the tiles in blocks of 16 output channels, widest first; each divides the one before
	tiles   [5][]tileFunc // by width and pixels-1
	stem    [5][]stemFunc // likewise
	perTap  int           // products of an output for each input block and tap
	crossed bool          // the k-th of them, of grouped convolutions, takes input k ^ output of the group: it saves permutations
	chunk   int           // bytes of input that stay in the second-level cache
	whole   int           // products that are summed in one go, at the most
	reduce  int           // products to sum in one go where there are more: their weights stay in the first-level cache
}

// step is how many of some input blocks, of so many products each, a tile sums in one go.
func (s *tileSet) step(blocks, products int) int {
	if blocks*products <= s.whole {
		return blocks
	}
	return max(1, s.reduce/products)
}

// zeroPixel is what a kernel tap over the padding reads, and the bias of sums that have none.
var zeroPixel [4 * lanes]float32

// panel is the output channels that one tile computes: width blocks from block out on, from the input blocks that start
// at in.
type panel struct{ out, width, in int }

// fetchStep is how far the prefetching of the next weights moves with each tap of a tile, when tiles share that work: all
// of them together come to lines a tap, unless they are too few.
func fetchStep(width, lines, tiles int) int {
	return 64 * min((lines+tiles-1)/tiles, lanes*width/2)
}

// panelsPerGroup is the number of panels that cover the output blocks of a group, the widest first.
func (s *tileSet) panelsPerGroup(b blockedGroups) int {
	n, left := 0, b.out
	for _, w := range s.widths {
		n, left = n+left/w, left%w
	}
	return n
}

// widest is the width of the panel that starts where left output blocks of a group are left.
func (s *tileSet) widest(left int) int {
	for _, w := range s.widths {
		if w <= left {
			return w
		}
	}
	return 0
}

func (s *tileSet) panelCount(b blockedGroups) int { return b.groups * s.panelsPerGroup(b) }

// panel is panel i of the panels of a convolution, in the order of their packed weights.
func (s *tileSet) panel(b blockedGroups, i int) panel {
	perGroup := s.panelsPerGroup(b)
	group, i := i/perGroup, i%perGroup
	p, left := panel{out: group * b.out, in: group * b.in}, b.out
	for _, p.width = range s.widths {
		n := left / p.width
		if i < n {
			break
		}
		i, left, p.out = i-n, left-n*p.width, p.out+n*p.width
	}
	p.out += i * p.width
	return p
}
