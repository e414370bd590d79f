//go:build !purego && !noasm

package ops

import (
	"slices"

	"resnet/internal/isa"
)

// int8TileSets are the tiles for bytes, the faster first.
var int8TileSets = []*int8TileSet{&int8AVX512VNNI, &int8AVXVNNI, &int8AVX512, &int8AVX2}

// fastInt8 lists the kernels that they make. Winograd's saves so many products that it is faster on AVX2 than the direct one on
// AVX-512 without VNNI.
var fastInt8 = slices.Concat(newInt8Kernels(int8TileSets[:2]), []*Int8Kernel{newInt8Winograd(&int8WinogradAVX2)}, newInt8Kernels(int8TileSets[2:]))

var int8WinogradAVX2 = int8Winograd{&int8AVX2, int8WinogradInputAVX2, int8WinogradOutputAVX2}

var int8AVX2 = int8TileSet{
	level: isa.AVX2, channels: 32, widen: widenBytesAVX2,
	direct: []int8TileFunc{int8Tile1x32AVX2, int8Tile2x32AVX2, int8Tile3x32AVX2},
	stem:   []int8StemFunc{int8Stem1x32AVX2, int8Stem2x32AVX2, int8Stem3x32AVX2},
}

var int8AVXVNNI = int8TileSet{
	level: isa.AVXVNNI, channels: 32,
	direct: []int8TileFunc{int8Tile1x32AVXVNNI, int8Tile2x32AVXVNNI, int8Tile3x32AVXVNNI},
	stem:   []int8StemFunc{int8Stem1x32AVXVNNI, int8Stem2x32AVXVNNI, int8Stem3x32AVXVNNI},
}

var int8AVX512 = int8TileSet{
	level: isa.AVX512, channels: 64, widen: widenBytesAVX2,
	direct: []int8TileFunc{int8Tile1x64AVX512, int8Tile2x64AVX512, int8Tile3x64AVX512, int8Tile4x64AVX512,
		int8Tile5x64AVX512, int8Tile6x64AVX512, int8Tile7x64AVX512},
	stem: []int8StemFunc{int8Stem1x64AVX512, int8Stem2x64AVX512, int8Stem3x64AVX512, int8Stem4x64AVX512,
		int8Stem5x64AVX512, int8Stem6x64AVX512, int8Stem7x64AVX512},
}

var int8AVX512VNNI = int8TileSet{
	level: isa.AVX512VNNI, channels: 64,
	direct: []int8TileFunc{int8Tile1x64AVX512VNNI, int8Tile2x64AVX512VNNI, int8Tile3x64AVX512VNNI, int8Tile4x64AVX512VNNI,
		int8Tile5x64AVX512VNNI, int8Tile6x64AVX512VNNI, int8Tile7x64AVX512VNNI},
	stem: []int8StemFunc{int8Stem1x64AVX512VNNI, int8Stem2x64AVX512VNNI, int8Stem3x64AVX512VNNI, int8Stem4x64AVX512VNNI,
		int8Stem5x64AVX512VNNI, int8Stem6x64AVX512VNNI, int8Stem7x64AVX512VNNI},
}

// quantizePixels quantizes pixels of three channels by eight and returns the number done. It may write up to 4 bytes
// behind them.
func quantizePixels(dst []uint8, src []float32, plane, n int, inverse float32, zero uint8) (done int) {
	blocks := min(n, (len(dst)-4)/3) / 8
	if blocks <= 0 {
		return 0
	}
	quantizeRGBAVX2(&dst[0], &src[0], 4*plane, inverse, int(zero), blocks)
	return blocks * 8
}

// maxBytes writes the largest bytes of taps pixels of 64 channels, for each pixel of dst.
func maxBytes(dst, src []uint8, offsets []int32, taps int) bool {
	n := len(dst) / int8Lanes
	if n == 0 {
		return false
	}
	maxBytesAVX2(&dst[0], &src[0], &offsets[:n*taps][0], taps, n)
	return true
}
