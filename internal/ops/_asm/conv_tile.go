package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The flags of a tile; internal/ops declares the same.
const (
	tileAccumulate = 1 << iota // add to what dst holds, instead of the bias
	tileFinish                 // add the residual
	tileReLU                   // clamp, after tileFinish
)

// convTiles writes the register tiles of every dense convolution over NCHW16c: p pixels by n channels, for each p up to
// the largest that the registers hold, so that remainders run at a tile's speed too.
func convTiles(c *build.Context) {
	for p := 1; p <= 6; p++ {
		convTile{machine: avx2(c), pixels: p, blocks: 1}.emit()
	}
	for _, blocks := range []int{1, 2, 4} {
		for p := 1; p <= 7; p++ {
			convTile{machine: avx512(c), pixels: p, blocks: blocks}.emit()
		}
	}
}

type convTile struct {
	machine
	pixels, blocks int // blocks of 16 output channels
}

// acc is the accumulator of vector v of pixel p.
func (t convTile) acc(p, v int) reg.VecPhysical { return t.vectors[p*t.perPixel()+v] }

func (t convTile) perPixel() int { return t.blocks * t.perBlock() }

// The registers of the inner loops.
var (
	tilePixel   = []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14}
	tileTmp     = reg.RAX
	tileSrc     = reg.RBX // src at the channel block
	tileWeights = reg.RCX
	tileOffsets = reg.RDX
	tileZero    = reg.RSI
	tileTap     = reg.RDI
	tileBlock   = reg.R15
)

// tileSignature is that of all tiles over NCHW16c.
const tileSignature = "func(dst, src, zero, weights, bias, add, next *float32, offsets *int32, tiles, blocks, taps, srcBlock, dstBlock, flags, nextStep int)"

func (t convTile) emit() {
	name := fmt.Sprintf("convTile%dx%d%s", t.pixels, t.blocks*lanes, t.suffix)
	doc := t.docSum(name,
		"for k := range 16 {",
		fmt.Sprintf("	sum[p] += x[k] * weights[b][tap][k] // [blocks][taps][16][%d]float32", t.blocks*lanes),
		"}")
	t.begin(name, tileSignature, append(doc, "",
		"Each tap also fetches a part of the weights that come next into the second-level cache:",
		fmt.Sprintf("%d bytes at next, which then moves on by nextStep.", tilePrefetch*laneBytes*t.blocks))...)
	t.loops(func() {
		for k := range lanes {
			t.prefetch(k)
			t.multiply(k*t.perPixel()*t.bytes(), func(p int) Mem { return at(tilePixel[p], 4*k) })
		}
		t.ADDQ(I32(laneBytes*t.blocks*lanes), tileWeights)
	})
}

// loops emits the function around the products of one tap.
func (t convTile) loops(products func()) {
	t.Label("tile")
	t.start()
	t.load("src", tileSrc)
	t.load("weights", tileWeights)
	t.load("zero", tileZero)
	t.load("blocks", tileBlock)

	t.Label("block")
	t.load("offsets", tileOffsets)
	t.load("taps", tileTap)

	t.Label("tap")
	t.pointers(1)
	products()
	t.DECQ(tileTap)
	t.JNZ(LabelRef("tap"))

	t.ADDQ(t.param("srcBlock"), tileSrc)
	t.DECQ(tileBlock)
	t.JNZ(LabelRef("block"))

	t.MOVQ(tileOffsets, t.param("offsets"))
	t.finish()
	t.store()

	t.DECQ(t.param("tiles"))
	t.JNZ(LabelRef("tile"))
	t.VZEROUPPER()
	t.RET()
}

// start loads the first value of the sums: the bias, or with tileAccumulate what dst holds.
func (t convTile) start() {
	bases, pixel, block := tilePixel[:(t.pixels+2)/3], tileZero, tileBlock
	t.load("bias", bases[0])
	t.XORQ(pixel, pixel) // all pixels start with the same bias
	t.MOVQ(I32(laneBytes), block)
	t.load("flags", tileTmp)
	t.TESTQ(I32(tileAccumulate), tileTmp)
	t.JZ(LabelRef("start"))
	t.load("dst", bases[0])
	t.MOVQ(I32(laneBytes), pixel)
	t.load("dstBlock", block)

	t.Label("start")
	for i := 1; i < len(bases); i++ {
		t.third(bases[i-1], pixel, bases[i])
	}
	for b := range t.blocks {
		for p := range t.pixels {
			for i := range t.perBlock() {
				t.VMOVUPS(strided(pixel, p, i*t.bytes(), bases...), t.acc(p, b*t.perBlock()+i))
			}
		}
		if b < t.blocks-1 {
			for _, base := range bases {
				t.ADDQ(block, base)
			}
		}
	}
}

// pointers finds the pixels of one kernel tap, at a multiple of their offsets; a negative offset is padding.
func (t convTile) pointers(scale int) {
	for p := range t.pixels {
		t.MOVLQSX(at(tileOffsets, 4*p), tileTmp)
		t.LEAQ(Mem{Base: tileSrc, Index: tileTmp, Scale: uint8(scale)}, tilePixel[p])
		t.TESTQ(tileTmp, tileTmp)
		t.CMOVQLT(tileZero, tilePixel[p])
	}
	t.ADDQ(I32(4*t.pixels), tileOffsets)
}

// tilePrefetch is the number of lines that a tap fetches for each block of output channels: half of what it uses.
const tilePrefetch = 8

// prefetch brings a part of what next points to into the second-level cache, while the products of input channel k are
// summed.
func (t convTile) prefetch(k int) {
	if k == 0 {
		t.load("next", tileTmp)
	}
	lines := tilePrefetch * t.blocks
	for i := k * lines / lanes; i < (k+1)*lines/lanes; i++ {
		t.PREFETCHT1(at(tileTmp, i*laneBytes))
	}
	if k == lanes-1 {
		t.ADDQ(t.param("nextStep"), tileTmp)
		t.MOVQ(tileTmp, t.param("next"))
	}
}

// multiply adds the products of one input channel, with the weights at a distance from tileWeights. The 7×64 tile has
// one register too few for four vectors of weights: it reads the last from memory.
func (t convTile) multiply(distance int, input func(p int) Mem) {
	vectors := t.perPixel()
	free := t.vectors[t.pixels*vectors:]
	weights := make([]Op, vectors)
	for v := range weights {
		weights[v] = at(tileWeights, distance+v*t.bytes())
		if len(free) > 1 {
			t.VMOVUPS(weights[v], free[0])
			weights[v], free = free[0], free[1:]
		}
	}
	for p := range t.pixels {
		x := free[p%len(free)]
		t.VBROADCASTSS(input(p), x)
		for v, w := range weights {
			t.VFMADD231PS(w, x, t.acc(p, v))
		}
	}
}

// finish applies residual and ReLU in registers. VMAXPS returns the operand that is written first here where one is NaN,
// so that NaN passes.
func (t convTile) finish() {
	flags, add := tileTap, tileTmp
	t.load("flags", flags)
	t.TESTQ(I32(tileFinish), flags)
	t.JZ(LabelRef("store"))

	t.load("add", add)
	t.TESTQ(add, add)
	t.JZ(LabelRef("relu"))
	t.ADDQ(I32(t.pixels*laneBytes), t.param("add"))
	t.eachVector(add, func(p, v int, m Mem) { t.VADDPS(m, t.acc(p, v), t.acc(p, v)) })

	t.Label("relu")
	t.TESTQ(I32(tileReLU), flags)
	t.JZ(LabelRef("store"))
	zero := t.vectors[t.pixels*t.perPixel()]
	t.VXORPS(zero, zero, zero)
	for i := range t.pixels * t.perPixel() {
		t.VMAXPS(t.vectors[i], zero, t.vectors[i])
	}
	t.Label("store")
}

func (t convTile) store() {
	dst := t.load("dst", tileTmp)
	t.ADDQ(I32(t.pixels*laneBytes), t.param("dst"))
	t.eachVector(dst, func(p, v int, m Mem) { t.VMOVUPS(t.acc(p, v), m) })
}

// eachVector visits the tile in a tensor like dst that starts at base, which moves on through the channel blocks.
func (t convTile) eachVector(base reg.GPPhysical, visit func(p, v int, m Mem)) {
	for b := range t.blocks {
		if b > 0 {
			t.ADDQ(t.param("dstBlock"), base)
		}
		for p := range t.pixels {
			for i := range t.perBlock() {
				visit(p, b*t.perBlock()+i, at(base, p*laneBytes+i*t.bytes()))
			}
		}
	}
}

// docSum tells what a tile equals, given the loops over the products of a tap.
func (t convTile) docSum(name string, products ...string) []string {
	p, o := t.pixels, t.blocks*lanes
	lines := []string{
		fmt.Sprintf("%s sums %d pixels × %d output channels at a time. It equals", name, p, o),
		"",
		"	for tile := range tiles {",
		fmt.Sprintf("		var sum [%d][%d]float32 // starts as bias, or with tileAccumulate as dst[tile]", p, o),
		"		for b := range blocks {",
		"			for tap := range taps {",
		fmt.Sprintf("				for p, offset := range offsets[tile][tap] { // [tiles][taps][%d]int32, bytes", p),
		"					x := src + b*srcBlock + offset // zero, where the offset is negative",
	}
	for _, line := range products {
		lines = append(lines, "					"+line)
	}
	return append(lines,
		"				}",
		"			}",
		"		}",
		"		if flags&tileFinish != 0 {",
		"			sum = relu?(sum + add?) // relu with tileReLU, add unless nil",
		"		}",
		fmt.Sprintf("		dst[tile] = sum // %d pixels of 16 channels; the next 16 are dstBlock bytes on", p),
		"	}")
}
