package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The flags of a row tile beside tileReLU; internal/ops declares the same.
const (
	groupLeft  = 8  // there is a pixel before the first
	groupRight = 16 // there is a pixel behind the last
)

// groupRowPixels is the number of pixels of the largest tile.
const groupRowPixels = 14

// groupRows writes the tiles of grouped 3×3 convolutions of stride 1 with 4 or 8 channels a group, of pixels that lie side
// by side: what an input needs of permutations serves the three outputs of the row that it belongs to.
func groupRows(c *build.Context) {
	for _, channels := range []int{4, 8} {
		for p := 1; p <= groupRowPixels; p++ {
			groupRow{avx512(c), p, channels}.emit()
		}
	}
}

type groupRow struct {
	machine
	pixels   int
	channels int // of a group
}

func (t groupRow) emit() {
	name := fmt.Sprintf("groupRow%dx%d%s", t.channels, t.pixels, t.suffix)
	t.begin(name, "func(dst, src, zero, weights, bias, add *float32, rows, srcRow, flags int)",
		fmt.Sprintf("%s sums %d pixels × 16 output channels. It equals", name, t.pixels),
		"",
		fmt.Sprintf("	var sum [%d][16]float32 // starts as bias", t.pixels),
		"	for kh := range rows {",
		"		for kw := range 3 {",
		"			for p := range sum {",
		"				x := (src + kh*srcRow)[p+kw-1] // bytes; pixels of 16; zero without groupLeft or groupRight, where it would be outside",
		fmt.Sprintf("				for k := range %d {", t.channels),
		"					for o := range 16 {",
		fmt.Sprintf("						sum[p][o] += x[k ^ o] * weights[kh][kw][k][o] // [rows][3][%d][16]float32", t.channels),
		"					}",
		"				}",
		"			}",
		"		}",
		"	}",
		"	sum = relu?(sum + add?) // relu with tileReLU, add unless nil",
		"	dst = sum")

	acc, free := t.vectors[:t.pixels], t.vectors[t.pixels:]
	versions, held := free[:t.channels], free[t.channels:]
	src, left, right, weights, rows, flags, zero := reg.RBX, reg.RSI, reg.RDI, reg.RCX, reg.RDX, reg.R8, reg.R9
	tmp := t.load("bias", reg.RAX)
	t.load("src", src)
	t.load("weights", weights)
	t.load("rows", rows)
	t.load("flags", flags)
	t.load("zero", zero)
	for _, a := range acc {
		t.VMOVUPS(at(tmp, 0), a)
	}

	t.Label("row")
	for _, side := range []struct {
		flag, disp int
		pointer    reg.GPPhysical
	}{{groupLeft, -laneBytes, left}, {groupRight, t.pixels * laneBytes, right}} {
		t.LEAQ(at(src, side.disp), side.pointer)
		t.TESTQ(I32(side.flag), flags)
		t.CMOVQEQ(zero, side.pointer)
	}
	weight := make([]Op, 3*t.channels) // (kw, k)
	for i := range weight {
		weight[i] = at(weights, i*laneBytes)
		if i < len(held) {
			t.VMOVUPS(weight[i], held[i])
			weight[i] = held[i]
		}
	}
	for column := range t.pixels + 2 {
		x := at(src, (column-1)*laneBytes)
		switch column {
		case 0:
			x = at(left, 0)
		case t.pixels + 1:
			x = at(right, 0)
		}
		t.cross(x, versions)
		for k, v := range versions {
			for kw := range 3 {
				if p := column - kw; p >= 0 && p < t.pixels {
					t.VFMADD231PS(weight[kw*t.channels+k], v, acc[p])
				}
			}
		}
	}
	t.ADDQ(I32(3*t.channels*laneBytes), weights)
	t.ADDQ(t.param("srcRow"), src)
	t.DECQ(rows)
	t.JNZ(LabelRef("row"))

	t.load("add", tmp)
	t.TESTQ(tmp, tmp)
	t.JZ(LabelRef("relu"))
	for p, a := range acc {
		t.VADDPS(at(tmp, p*laneBytes), a, a)
	}
	t.Label("relu")
	t.TESTQ(I32(tileReLU), flags)
	t.JZ(LabelRef("store"))
	none := free[0]
	t.VXORPS(none, none, none)
	for _, a := range acc {
		t.VMAXPS(a, none, a)
	}
	t.Label("store")
	t.load("dst", tmp)
	for p, a := range acc {
		t.VMOVUPS(a, at(tmp, p*laneBytes))
	}
	t.VZEROUPPER()
	t.RET()
}

// cross loads a pixel into registers whose lane o holds input k ^ o of the lane's group.
func (t groupRow) cross(x Mem, versions []reg.VecPhysical) {
	t.VMOVUPS(x, versions[0])
	if t.channels == 8 {
		t.VSHUFF32X4(Imm(1|0<<2|3<<4|2<<6), versions[0], versions[0], versions[4]) // halves of 128 bits trade places
	}
	for k, v := range versions {
		if k%4 > 0 {
			t.VPERMILPS(crossed(k%4), versions[k&4], v)
		}
	}
}

// crossed permutes each four lanes so that lane o holds what lane k ^ o did.
func crossed(k int) Constant { return Imm(uint64(k ^ 0 | (k^1)<<2 | (k^2)<<4 | (k^3)<<6)) }
