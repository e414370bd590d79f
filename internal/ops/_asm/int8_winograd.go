package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// int8Winograds writes the transforms of F(2×2, 3×3) in integers: of bytes into the words that the tiles multiply, and of
// their sums into bytes.
func int8Winograds(c *build.Context) {
	m := int8Machines(c)[0]
	int8Winograd{int8Tile{convTile{machine: m.machine, pixels: 4, blocks: int8Vectors / m.perBlock()}, m, int8Spread(c, "int8WinogradSpread")}}.emit()
}

// int8Winograd is a tile whose pixels are the 2×2 outputs.
type int8Winograd struct{ int8Tile }

func (w int8Winograd) emit() {
	w.inputs()
	w.outputs()
}

func (w int8Winograd) inputs() {
	name := "int8WinogradInput" + w.suffix
	w.begin(name, "func(dst, src *uint8, tiles, srcRow, dstPoint int)",
		name+" transforms tiles of 4×4 pixels of 64 channels. Distances are bytes. It equals",
		"",
		"	for tile := range tiles {",
		"		for c := range 64 {",
		"			d := (src + row*srcRow + tile*128 + column*64)[c] // [4][4]uint8",
		"			t := Bᵀ * d * B // [4][4]int16",
		"			for p := range 16 {",
		"				(dst + p*dstPoint + tile*128)[c] = t[p/4][p%4]",
		"			}",
		"		}",
		"	}",
		"",
		"where Bᵀ is {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}.")
	src, src3, srcRow, point, tiles := reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.RSI
	points := []reg.GPPhysical{reg.RDI, reg.R8, reg.R9, reg.R10, reg.R11, reg.R12} // each third point
	w.load("src", src)
	w.load("srcRow", srcRow)
	w.load("dstPoint", point)
	w.load("tiles", tiles)
	w.third(src, srcRow, src3)
	w.load("dst", points[0])
	for i := 1; i < len(points); i++ {
		w.third(points[i-1], point, points[i])
	}
	w.Label("tile")
	for quarter := range 4 { // of the channels
		d := w.vectors
		for column := range 4 {
			for row := range 4 {
				w.VPMOVZXBW(strided(srcRow, row, column*laneBytes+quarter*16, src, src3), d[4*row+column])
			}
			w.transform(d[column], d[4+column], d[8+column], d[12+column])
		}
		for row := range 4 {
			w.transform(d[4*row], d[4*row+1], d[4*row+2], d[4*row+3])
			for column := range 4 {
				w.VMOVUPS(d[4*row+column], strided(point, 4*row+column, quarter*w.bytes(), points...))
			}
		}
	}
	w.ADDQ(I32(2*laneBytes), src)
	w.ADDQ(I32(2*laneBytes), src3)
	for _, p := range points {
		w.ADDQ(I32(2*laneBytes), p)
	}
	w.DECQ(tiles)
	w.JNZ(LabelRef("tile"))
	w.VZEROUPPER()
	w.RET()
}

// transform multiplies Bᵀ by words, in place.
func (w int8Winograd) transform(a, b, c, d reg.VecPhysical) {
	w.VPSUBW(c, a, a)
	w.VPSUBW(d, b, d)
	w.VPSUBW(b, c, c)
	w.VPADDW(b, b, b)
	w.VPADDW(c, b, b)
}

func (w int8Winograd) outputs() {
	o := w.blocks * lanes
	name := "int8WinogradOutput" + w.suffix
	w.begin(name, "func(dst *uint8, sums, bias *int32, scale *float32, add *uint8, addScale float32, tiles, sumsPoint, dstRow int)",
		fmt.Sprintf("%s transforms tiles of 4×4 sums of %d output channels, which are 4 times too large. It equals", name, o),
		"",
		"	for tile := range tiles {",
		fmt.Sprintf("		for c := range %d { // in the order of the packed weights", o),
		fmt.Sprintf("			m := (sums + p*sumsPoint + tile*%d)[c] // p = 0 … 15, bytes", 4*o),
		"			sum := Aᵀ * m * A / 4 + bias[c] // [2][2]int32",
		"			y := float32(sum) * scale[c]",
		"			if add != nil {",
		"				y += float32(add[tile]) * addScale // the product is rounded first",
		"			}",
		"			dst[tile] = clamp(roundToEven(y), 0, 255) // 2×2 pixels of 64 channels, like add; the second row is dstRow bytes on",
		"		}",
		"	}",
		"",
		"where Aᵀ is {{1, 1, 1, 0}, {0, 1, -1, -1}}.")
	sums, dst, add, point, dstRow := reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.RSI
	bias, scale, tiles := reg.RDI, reg.R8, reg.R15
	points := []reg.GPPhysical{sums, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13} // each third point
	rounded := w.AllocLocal(int8Vectors * w.pixels * w.bytes())
	at2 := func(base reg.GPPhysical, pixel int) Mem { // of 2×2 pixels
		m := at(base, pixel%2*laneBytes)
		if pixel >= 2 {
			m.Index, m.Scale = dstRow, 1
		}
		return m
	}
	w.load("sums", sums)
	w.load("dst", dst)
	w.load("add", add)
	w.load("sumsPoint", point)
	w.load("dstRow", dstRow)
	w.load("bias", bias)
	w.load("scale", scale)
	w.load("tiles", tiles)
	for i := 1; i < len(points); i++ {
		w.third(points[i-1], point, points[i])
	}
	y, s, t := w.vectors[:4], w.vectors[4:12], w.vectors[12:]

	w.Label("tile")
	for v := range int8Vectors {
		m := func(row, column int) Mem { return strided(point, 4*row+column, v*w.bytes(), points...) }
		for column := range 4 {
			w.VMOVUPS(m(1, column), t[0])
			w.VMOVUPS(m(2, column), t[1])
			w.combine(m(0, column), t[0], t[1], m(3, column), s[column], s[4+column])
		}
		for row := range 2 {
			r := s[4*row:]
			w.combine(r[0], r[1], r[2], r[3], y[2*row], y[2*row+1])
		}
		for _, x := range y {
			w.VPSRAD(Imm(2), x, x)
			w.VPADDD(at(bias, v*w.bytes()), x, x)
			w.VCVTDQ2PS(x, x)
			w.VMULPS(at(scale, v*w.bytes()), x, x)
		}
		label := fmt.Sprintf("round%d", v)
		w.TESTQ(add, add)
		w.JZ(LabelRef(label))
		w.VBROADCASTSS(w.param("addScale"), t[0])
		for p, x := range y {
			w.VMOVUPS(at2(add, p), t[1])
			w.VPSHUFB(w.spread.Offset(v*laneBytes), t[1], t[1])
			w.VCVTDQ2PS(t[1], t[1])
			w.VMULPS(t[0], t[1], t[1])
			w.VADDPS(t[1], x, x)
		}
		w.Label(label)
		for p, x := range y {
			w.VCVTPS2DQ(x, x)
			w.VMOVUPS(x, rounded.Offset((p*int8Vectors+v)*w.bytes()))
		}
	}
	for p := range w.pixels {
		for i, x := range y {
			w.VMOVUPS(rounded.Offset((p*int8Vectors+i)*w.bytes()), x)
		}
		w.VPACKSSDW(y[1], y[0], t[0])
		w.VPACKSSDW(y[3], y[2], t[1])
		w.VPACKUSWB(t[1], t[0], t[0])
		w.VMOVUPS(t[0], at2(dst, p))
	}
	for _, p := range points {
		w.ADDQ(I32(4*o), p)
	}
	w.ADDQ(I32(2*laneBytes), dst)
	w.TESTQ(add, add)
	w.JZ(LabelRef("next"))
	w.ADDQ(I32(2*laneBytes), add)
	w.Label("next")
	w.DECQ(tiles)
	w.JNZ(LabelRef("tile"))
	w.VZEROUPPER()
	w.RET()
}

// combine multiplies Aᵀ by a … d, of which a and d may be memory.
func (w int8Winograd) combine(a Op, b, c reg.VecPhysical, d Op, first, second reg.VecPhysical) {
	w.VPADDD(c, b, first)
	w.VPADDD(a, first, first)
	w.VPSUBD(c, b, second)
	w.VPSUBD(d, second, second)
}
