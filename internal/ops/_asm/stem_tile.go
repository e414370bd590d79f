package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// stemTiles writes the tiles of the first convolution, which reads single floats from NCHW instead of pixels of 16
// channels.
func stemTiles(c *build.Context) {
	for p := 1; p <= 6; p++ {
		stemTile{convTile{machine: avx2(c), pixels: p, blocks: 1}}.emit()
	}
	for _, blocks := range []int{1, 2, 4} {
		for p := 1; p <= 7; p++ {
			stemTile{convTile{machine: avx512(c), pixels: p, blocks: blocks}}.emit()
		}
	}
}

type stemTile struct{ convTile }

func (t stemTile) emit() {
	p, o := t.pixels, t.blocks*lanes
	name := fmt.Sprintf("stemTile%dx%d%s", p, o, t.suffix)
	t.begin(name,
		"func(dst, src, weights, bias, add *float32, offsets, taps *int32, tiles, depth, dstBlock, flags int)",
		fmt.Sprintf("%s sums %d pixels × %d output channels at a time. It equals", name, p, o),
		"",
		"	for tile := range tiles {",
		fmt.Sprintf("		var sum [%d][%d]float32 // starts as bias, or with tileAccumulate as dst[tile]", p, o),
		fmt.Sprintf("		for p, offset := range offsets[tile] { // [tiles][%d]int32, bytes", p),
		"			for k, tap := range taps { // [depth]int32, bytes",
		fmt.Sprintf("				sum[p] += *(src + offset + tap) * weights[k] // [depth][%d]float32", o),
		"			}",
		"		}",
		"		if flags&tileFinish != 0 {",
		"			sum = relu?(sum + add?) // relu with tileReLU, add unless nil",
		"		}",
		fmt.Sprintf("		dst[tile] = sum // %d pixels of 16 channels; the next 16 are dstBlock bytes on", p),
		"	}")

	t.Label("tile")
	t.start()
	t.load("src", tileSrc)
	t.load("offsets", tileOffsets)
	for p := range t.pixels {
		t.MOVLQSX(at(tileOffsets, 4*p), tilePixel[p])
		t.ADDQ(tileSrc, tilePixel[p])
	}
	t.ADDQ(I32(4*t.pixels), t.param("offsets"))
	t.load("weights", tileWeights)
	t.load("taps", tileOffsets)
	t.load("depth", tileTap)

	t.Label("tap")
	t.MOVLQSX(at(tileOffsets, 0), tileTmp)
	t.multiply(0, func(p int) Mem { return Mem{Base: tilePixel[p], Index: tileTmp, Scale: 1} })
	t.ADDQ(I32(4), tileOffsets)
	t.ADDQ(I32(t.perPixel()*t.bytes()), tileWeights)
	t.DECQ(tileTap)
	t.JNZ(LabelRef("tap"))

	t.finish()
	t.store()
	t.DECQ(t.param("tiles"))
	t.JNZ(LabelRef("tile"))
	t.VZEROUPPER()
	t.RET()
}
