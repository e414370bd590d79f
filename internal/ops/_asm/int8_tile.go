package main

import (
	"fmt"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// int8Vectors is the number of registers that hold a pixel of a tile, each 4 bytes of a channel's weights a lane.
const int8Vectors = 4

// int8Machine emits the products of one instruction set.
type int8Machine struct {
	machine
	pixels int // of the largest tile
	size   int // bytes of a factor: 1, or 2 of those that are multiplied as words

	// dots adds the products of 4 inputs of each pixel: those of words come in halves of 2.
	dots func(t int8Tile, weights func(v, half int) Mem, input func(p, half int) Mem)
	// peak adds products of registers to a sum.
	peak func(m int8Machine, sum reg.VecPhysical, free []reg.VecPhysical)
}

func int8Machines(c *build.Context) []int8Machine {
	list := []int8Machine{
		{machine: avx2(c), pixels: 3, size: 2, dots: int8Tile.words, peak: int8Machine.peakWords},
		{machine: avx2(c), pixels: 3, size: 1, dots: int8Tile.vexVNNI, peak: func(m int8Machine, sum reg.VecPhysical, free []reg.VecPhysical) { m.vexVPDPBUSD(free[0], free[1], sum) }},
		{machine: avx512(c), pixels: 7, size: 2, dots: int8Tile.words, peak: int8Machine.peakWords},
		{machine: avx512(c), pixels: 7, size: 1, dots: int8Tile.vnni, peak: func(m int8Machine, sum reg.VecPhysical, free []reg.VecPhysical) { m.VPDPBUSD(free[0], free[1], sum) }},
	}
	for i, suffix := range []string{"AVX2", "AVXVNNI", "AVX512", "AVX512VNNI"} {
		list[i].suffix = suffix
	}
	return list
}

// input is the distance from one 4 inputs of a pixel to the next, in bytes.
func (m int8Machine) input() int { return 4 * m.size }

// weights is the distance from one 4 inputs' weights of a tile to the next.
func (m int8Machine) weights() int { return int8Vectors * m.size * m.bytes() }

// int8Tiles writes the register tiles of the convolutions of bytes over NCHW64c: as convTiles, with 4 channels in the place
// of one.
func int8Tiles(c *build.Context) {
	spread := int8Spread(c, "int8Spread")
	for _, m := range int8Machines(c) {
		for p := 1; p <= m.pixels; p++ {
			t := int8Tile{convTile{machine: m.machine, pixels: p, blocks: int8Vectors / m.perBlock()}, m, spread}
			t.direct()
			t.stem()
		}
	}
}

// int8Spread is the shuffle that makes each fourth of 16 bytes a register of integers.
func int8Spread(c *build.Context, name string) Mem {
	spread := c.StaticGlobal(name)
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for v := range int8Vectors {
		for lane := range lanes {
			c.AddDatum(4*(v*lanes+lane), U32(0x80808000|uint32(4*v+lane%4)))
		}
	}
	return spread
}

type int8Tile struct {
	convTile
	int8   int8Machine
	spread Mem
}

const int8Params = "func(dst *uint8, sums *int32, src, zero *uint8, weights *int8, bias *int32, scale *float32, add *uint8, addScale float32"

func (t int8Tile) direct() {
	name := fmt.Sprintf("int8Tile%dx%d%s", t.pixels, t.blocks*lanes, t.suffix)
	t.begin(name, int8Params+", next *int8, offsets *int32, tiles, blocks, taps, srcBlock, nextStep int)", slices.Concat(t.doc(name,
		"for b := range blocks {",
		"	for tap := range taps {",
		fmt.Sprintf("		for p, offset := range offsets[tile][tap] { // [tiles][taps][%d]int32, bytes", t.pixels),
		"			x := src + b*srcBlock + offset // zero, where the offset is negative",
		"			for k := range 64 {",
		"				sum[p] += x[k] * weights[b][tap][k]",
		"			}",
		"		}",
		"	}",
		"}"), t.wordsDoc(" at twice the offsets"), []string{
		"",
		"Each tap also fetches a part of the weights that come next into the second-level cache:",
		fmt.Sprintf("%d bytes at next, which then moves on by nextStep.", tilePrefetch*laneBytes*t.blocks),
	})...)
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
	t.pointers(t.int8.size)
	for k := range lanes {
		t.prefetch(k)
		t.multiply(k, func(p, half int) Mem { return at(tilePixel[p], k*t.int8.input()+4*half) })
	}
	t.ADDQ(I32(lanes*t.int8.weights()), tileWeights)
	t.DECQ(tileTap)
	t.JNZ(LabelRef("tap"))

	t.ADDQ(t.param("srcBlock"), tileSrc)
	t.DECQ(tileBlock)
	t.JNZ(LabelRef("block"))
	t.MOVQ(tileOffsets, t.param("offsets"))
	t.finish()
}

func (t int8Tile) stem() {
	name := fmt.Sprintf("int8Stem%dx%d%s", t.pixels, t.blocks*lanes, t.suffix)
	t.begin(name, int8Params+", offsets, taps *int32, tiles, depth int)", append(t.doc(name,
		fmt.Sprintf("for p, offset := range offsets[tile] { // [tiles][%d]int32, bytes", t.pixels),
		"	for i, tap := range taps { // [depth]int32, bytes",
		"		for k := range 4 {",
		"			sum[p] += (src + offset + tap)[k] * weights[i][k]",
		"		}",
		"	}",
		"}"), t.wordsDoc("")...)...)
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
	t.multiply(0, func(p, half int) Mem { return Mem{Base: tilePixel[p], Index: tileTmp, Scale: 1, Disp: 4 * half} })
	t.ADDQ(I32(4), tileOffsets)
	t.ADDQ(I32(t.int8.weights()), tileWeights)
	t.DECQ(tileTap)
	t.JNZ(LabelRef("tap"))
	t.finish()
}

// doc tells what a tile equals, given the loops that sum.
func (t int8Tile) doc(name string, sum ...string) []string {
	p, o := t.pixels, t.blocks*lanes
	lines := []string{
		fmt.Sprintf("%s sums %d pixels × %d output channels at a time. It equals", name, p, o),
		"",
		"	for tile := range tiles {",
		fmt.Sprintf("		var sum [%d][%d]int32 // starts as bias", p, o),
	}
	for _, line := range sum {
		lines = append(lines, "		"+line)
	}
	return append(lines,
		"		if sums != nil {",
		"			sums[tile] = sum // in the order of the packed weights",
		"			continue",
		"		}",
		"		y := float32(sum) * scale",
		"		if add != nil {",
		"			y += float32(add[tile]) * addScale // the product is rounded first",
		"		}",
		"		dst[tile] = clamp(roundToEven(y), 0, 255) // pixels of 64 channels, like add",
		"	}")
}

// wordsDoc says where the inputs are words.
func (t int8Tile) wordsDoc(where string) []string {
	if t.int8.size == 1 {
		return nil
	}
	return []string{"", "x are words" + where + ", and so are weights: inputs 0 and 1 of each 4 before 2 and 3."}
}

func (t int8Tile) start() {
	t.load("bias", tileTmp)
	for p := range t.pixels {
		for v := range int8Vectors {
			t.VMOVUPS(at(tileTmp, v*t.bytes()), t.acc(p, v))
		}
	}
}

// multiply adds the products of 4 inputs with the weights at k steps from tileWeights.
func (t int8Tile) multiply(k int, input func(p, half int) Mem) {
	t.int8.dots(t, func(v, half int) Mem {
		return at(tileWeights, k*t.int8.weights()+(half*int8Vectors+v)*t.bytes())
	}, input)
}

// vnni multiplies as convTile does: the weights are loaded but for the last register, for which there is no room.
func (t int8Tile) vnni(weights func(v, half int) Mem, input func(p, half int) Mem) {
	free := t.vectors[t.pixels*int8Vectors:]
	w := make([]Op, int8Vectors)
	for v := range w {
		w[v] = weights(v, 0)
		if len(free) > 1 {
			t.VMOVUPS(w[v], free[0])
			w[v], free = free[0], free[1:]
		}
	}
	for p := range t.pixels {
		x := free[p%len(free)]
		t.VPBROADCASTD(input(p, 0), x)
		for v := range w {
			t.VPDPBUSD(w[v], x, t.acc(p, v))
		}
	}
}

// vexVNNI is vnni with the encoding of CPUs without AVX-512, which neither avo nor Go's assembler knows.
func (t int8Tile) vexVNNI(weights func(v, half int) Mem, input func(p, half int) Mem) {
	free := t.vectors[t.pixels*int8Vectors:]
	inputs, w := free[:t.pixels], free[t.pixels]
	for p, x := range inputs {
		t.VPBROADCASTD(input(p, 0), x)
	}
	for v := range int8Vectors {
		t.VMOVUPS(weights(v, 0), w)
		for p, x := range inputs {
			t.vexVPDPBUSD(w, x, t.acc(p, v))
		}
	}
}

// vexVPDPBUSD emits VEX.256.66.0F38.W0 50 /r.
func (t machine) vexVPDPBUSD(weights, input, acc reg.VecPhysical) {
	w, x, a := byte(weights.PhysicalIndex()), byte(input.PhysicalIndex()), byte(acc.PhysicalIndex())
	code := []byte{0xc4, (^a>>3&1)<<7 | 1<<6 | (^w>>3&1)<<5 | 2, (^x&15)<<3 | 1<<2 | 1, 0x50, 3<<6 | (a&7)<<3 | w&7}
	for _, b := range code {
		t.Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []Op{U8(b)}})
	}
}

// words multiplies words, exact where VPMADDUBSW would saturate. Weights are loaded as far as there is room.
func (t int8Tile) words(weights func(v, half int) Mem, input func(p, half int) Mem) {
	free := t.vectors[t.pixels*int8Vectors:]
	x, product := free[0], free[1]
	for half := range 2 {
		room, w := free[2:], make([]Op, int8Vectors)
		for v := range w {
			w[v] = weights(v, half)
			if len(room) > 0 {
				t.VMOVUPS(w[v], room[0])
				w[v], room = room[0], room[1:]
			}
		}
		for p := range t.pixels {
			t.VPBROADCASTD(input(p, half), x)
			for v := range w {
				t.VPMADDWD(w[v], x, product)
				t.VPADDD(product, t.acc(p, v), t.acc(p, v))
			}
		}
	}
}

// peakWords multiplies two halves as words.
func (m int8Machine) peakWords(sum reg.VecPhysical, free []reg.VecPhysical) {
	for _, product := range free[2:4] {
		m.VPMADDWD(free[0], free[1], product)
		m.VPADDD(product, sum, sum)
	}
}

// finish stores the sums, or requantizes them, and ends the loop over the tiles.
func (t int8Tile) finish() {
	sums := t.load("sums", tileTmp)
	t.TESTQ(sums, sums)
	t.JZ(LabelRef("requantize"))
	for i := range t.pixels * int8Vectors {
		t.VMOVUPS(t.vectors[i], at(sums, i*t.bytes()))
	}
	t.ADDQ(I32(t.pixels*int8Vectors*t.bytes()), t.param("sums"))
	t.JMP(LabelRef("next"))

	t.Label("requantize")
	scale := t.load("scale", tileBlock)
	for p := range t.pixels {
		for v := range int8Vectors {
			t.VCVTDQ2PS(t.acc(p, v), t.acc(p, v))
			t.VMULPS(at(scale, v*t.bytes()), t.acc(p, v), t.acc(p, v))
		}
	}
	add := t.load("add", tileTmp)
	t.TESTQ(add, add)
	t.JZ(LabelRef("round"))
	t.residual(add)

	t.Label("round")
	dst, low, high := t.load("dst", tileTmp), t.vectors[t.pixels*int8Vectors], t.vectors[t.pixels*int8Vectors+1]
	for p := range t.pixels {
		for v := range int8Vectors {
			t.VCVTPS2DQ(t.acc(p, v), t.acc(p, v))
		}
		t.VPACKSSDW(t.acc(p, 1), t.acc(p, 0), low)
		t.VPACKSSDW(t.acc(p, 3), t.acc(p, 2), high)
		t.VPACKUSWB(high, low, low)
		t.VMOVUPS(low, at(dst, p*laneBytes))
	}
	t.ADDQ(I32(t.pixels*laneBytes), t.param("dst"))

	t.Label("next")
	t.DECQ(t.param("tiles"))
	t.JNZ(LabelRef("tile"))
	t.VZEROUPPER()
	t.RET()
}

// residual adds the tile in a map like dst.
func (t int8Tile) residual(add reg.GPPhysical) {
	free := t.vectors[t.pixels*int8Vectors:]
	bytes, scale, x := free[0], free[1], free[2]
	t.VBROADCASTSS(t.param("addScale"), scale)
	for p := range t.pixels {
		t.VMOVUPS(at(add, p*laneBytes), bytes)
		for v := range int8Vectors {
			t.VPSHUFB(t.spread.Offset(v*laneBytes), bytes, x)
			t.VCVTDQ2PS(x, x)
			t.VMULPS(scale, x, x)
			t.VADDPS(x, t.acc(p, v), t.acc(p, v))
		}
	}
	t.ADDQ(I32(t.pixels*laneBytes), t.param("add"))
}
