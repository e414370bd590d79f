package ops

import (
	"slices"

	"resnet/internal/isa"
)

// Products are those of rows with rows: a matrix times a transposed one. The dot products of the fully connected layer
// compute them. Their 16 lanes are summed in float32 over no more than productsChunk values, and what these come to in
// float64.
type Products struct {
	Name       string
	Level      isa.Level // of the instructions that it needs
	dot1, dot4 dotFunc   // nil: portable
}

// productsChunk is the number of values whose products are summed in float32: 32 a lane.
const productsChunk = 32 * lanes

// AllProducts lists those that this build has, the faster first; the last are the portable ones.
func AllProducts() []*Products {
	return append(slices.Clip(fastProducts), &Products{Name: "products-generic", Level: isa.Generic})
}

// ChooseProducts chooses the fastest that a level of instructions has.
func ChooseProducts(level isa.Level) *Products {
	for _, p := range AllProducts() {
		if level.Includes(p.Level) {
			return p
		}
	}
	panic("ops: the generic products need no instructions")
}

// Add adds the products of x, a whole number of 16 values, with as many from each row of w to dst. Rows of w begin stride
// values after each other. What is added to one of dst does not depend on the others.
func (p *Products) Add(dst []float64, x, w []float32, stride int) {
	must(len(x)%lanes == 0, "ops: products are of a whole number of 16 values")
	if len(dst) == 0 || len(x) == 0 {
		return
	}
	mustHold(w, (len(dst)-1)*stride+len(x), "ops: the rows of a product are too short")
	var sums [4 * lanes]float32
	for at := 0; at < len(x); at += productsChunk {
		part := x[at:min(len(x), at+productsChunk)]
		for row := 0; row < len(dst); {
			n := p.dots(&sums, part, w[row*stride+at:], len(dst)-row, stride)
			for i := range n {
				dst[row+i] += float64(sumLanes(sums[i*lanes:]))
			}
			row += n
		}
	}
}

// dots sums the products of x with four rows of w in 16 lanes each, or with one where fewer than four are left.
func (p *Products) dots(sums *[4 * lanes]float32, x, w []float32, left, stride int) (rows int) {
	dot, rows := p.dot1, 1
	if left >= 4 {
		dot, rows = p.dot4, 4
	}
	if dot != nil {
		dot(&sums[0], &x[0], &w[0], len(x)/lanes, stride)
		return rows
	}
	clear(sums[:])
	for row := range rows {
		s := sums[row*lanes:][:lanes]
		for i, v := range x {
			s[i%lanes] += v * w[row*stride+i]
		}
	}
	return rows
}
