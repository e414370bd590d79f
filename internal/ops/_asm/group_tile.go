package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// groupTiles writes the tiles of grouped convolutions with 4 or 8 channels a group, where only some of the 16 inputs of a
// block belong to an output. A register of AVX2 holds whole groups: that is what they need, also on wider CPUs.
func groupTiles(c *build.Context) {
	for _, channels := range []int{4, 8} {
		for p := 1; p <= 6; p++ {
			groupTile{convTile{machine: avx2(c), pixels: p, blocks: 1}, channels}.emit()
		}
	}
}

type groupTile struct {
	convTile
	channels int // of a group
}

func (t groupTile) emit() {
	name := fmt.Sprintf("groupTile%dx%d%s", t.channels, t.pixels, t.suffix)
	t.begin(name, tileSignature, append(t.docSum(name, t.equals()...), "", "It leaves next alone.")...)
	t.loops(t.multiply)
}

// equals tells which input of its block an output takes the k-th product from. Groups of 4 take their inputs in an order
// that differs between the lanes, so that one permutation within each 128 bits serves all groups and the first needs none.
func (t groupTile) equals() []string {
	index := "k + o&8"
	if t.channels == 4 {
		index = "k ^ o"
	}
	return []string{
		fmt.Sprintf("for k := range %d {", t.channels),
		"	for o := range 16 {",
		fmt.Sprintf("		sum[p][o] += x[%s] * weights[b][tap][k][o] // [blocks][taps][%d][16]float32", index, t.channels),
		"	}",
		"}",
	}
}

func (t groupTile) multiply() {
	free := t.vectors[t.pixels*t.perPixel():]
	weights, inputs := free[:2], free[2:]
	for k := range t.channels {
		for half, w := range weights {
			t.VMOVUPS(at(tileWeights, k*laneBytes+half*t.bytes()), w)
		}
		for p := range t.pixels {
			for half, w := range weights {
				x := at(tilePixel[p], half*t.bytes())
				if t.channels == 4 && k == 0 {
					t.VFMADD231PS(x, w, t.acc(p, half))
					continue
				}
				in := inputs[half]
				if t.channels == 4 {
					t.VPERMILPS(crossed(k), x, in)
				} else {
					x.Disp += 4 * k
					t.VBROADCASTSS(x, in)
				}
				t.VFMADD231PS(w, in, t.acc(p, half))
			}
		}
	}
	t.ADDQ(I32(t.channels*laneBytes), tileWeights)
}
