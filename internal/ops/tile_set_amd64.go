//go:build !purego && !noasm

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
	level  isa.Level
	pixels int           // of the largest tile
	widths []int         // of the tiles in blocks of 16 output channels, widest first; each divides the one before
	tiles  [5][]tileFunc // by width and pixels-1
	stem   [5][]stemFunc // likewise
	perTap int           // products of an output for each input block and tap
	chunk  int           // bytes of input that stay in the second-level cache
	reduce int           // products to sum in one go: their weights stay in the first-level cache
}

var tilesAVX2 = tileSet{
	level: isa.AVX2, pixels: 6, widths: []int{1}, perTap: lanes, chunk: 128 << 10, reduce: 256,
	tiles: [5][]tileFunc{
		1: {convTile1x16AVX2, convTile2x16AVX2, convTile3x16AVX2, convTile4x16AVX2, convTile5x16AVX2, convTile6x16AVX2},
	},
	stem: [5][]stemFunc{
		1: {stemTile1x16AVX2, stemTile2x16AVX2, stemTile3x16AVX2, stemTile4x16AVX2, stemTile5x16AVX2, stemTile6x16AVX2},
	},
}

var tilesAVX512 = tileSet{
	level: isa.AVX512, pixels: 7, widths: []int{4, 2, 1}, perTap: lanes, chunk: 256 << 10, reduce: 512,
	tiles: [5][]tileFunc{
		1: {convTile1x16AVX512, convTile2x16AVX512, convTile3x16AVX512, convTile4x16AVX512, convTile5x16AVX512, convTile6x16AVX512, convTile7x16AVX512},
		2: {convTile1x32AVX512, convTile2x32AVX512, convTile3x32AVX512, convTile4x32AVX512, convTile5x32AVX512, convTile6x32AVX512, convTile7x32AVX512},
		4: {convTile1x64AVX512, convTile2x64AVX512, convTile3x64AVX512, convTile4x64AVX512, convTile5x64AVX512, convTile6x64AVX512, convTile7x64AVX512},
	},
	stem: [5][]stemFunc{
		1: {stemTile1x16AVX512, stemTile2x16AVX512, stemTile3x16AVX512, stemTile4x16AVX512, stemTile5x16AVX512, stemTile6x16AVX512, stemTile7x16AVX512},
		2: {stemTile1x32AVX512, stemTile2x32AVX512, stemTile3x32AVX512, stemTile4x32AVX512, stemTile5x32AVX512, stemTile6x32AVX512, stemTile7x32AVX512},
		4: {stemTile1x64AVX512, stemTile2x64AVX512, stemTile3x64AVX512, stemTile4x64AVX512, stemTile5x64AVX512, stemTile6x64AVX512, stemTile7x64AVX512},
	},
}

var groupTiles4AVX2 = tileSet{
	level: isa.AVX2, pixels: 6, widths: []int{1}, perTap: 4, chunk: 128 << 10, reduce: 256,
	tiles: [5][]tileFunc{1: {groupTile4x1AVX2, groupTile4x2AVX2, groupTile4x3AVX2, groupTile4x4AVX2, groupTile4x5AVX2, groupTile4x6AVX2}},
}

var groupTiles8AVX2 = tileSet{
	level: isa.AVX2, pixels: 6, widths: []int{1}, perTap: 8, chunk: 128 << 10, reduce: 256,
	tiles: [5][]tileFunc{1: {groupTile8x1AVX2, groupTile8x2AVX2, groupTile8x3AVX2, groupTile8x4AVX2, groupTile8x5AVX2, groupTile8x6AVX2}},
}

// zeroPixel is what a kernel tap over the padding reads, and the bias of sums that have none.
var zeroPixel [4 * lanes]float32

// panel is the output channels that one tile computes: width blocks from block out on, from the input blocks that start
// at in.
type panel struct{ out, width, in int }

// fetchStep is how far the prefetching of one panel's weights moves with each tap, while tiles use another's: all taps
// together reach the end, unless the tiles are too few.
func fetchStep(width, tiles int) int {
	lines := (lanes*width + tiles - 1) / tiles
	return 64 * min(lines, lanes*width/2)
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
