package ops

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"resnet/internal/isa"
)

// convGeneric computes any convolution on any machine: patches of the input become the columns of a matrix, a panel at a
// time, which gonum multiplies with the weights.
var convGeneric = checked(ConvKernel{
	Name:      "generic",
	Level:     isa.Generic,
	In:        NCHW,
	Out:       NCHW,
	Accepts:   func(Conv) bool { return true },
	PackedLen: func(c Conv) int { return c.Out * c.depth() },
	Pack:      func(dst, weight []float32, c Conv) { copy(dst, weight) },
	ScratchLen: func(c Conv) int {
		if c.isPointwise() {
			return 0
		}
		return max(panelDepth*panelPixels, c.depth())
	},
	InPlace: never,
	Run:     runGeneric,
})

// The size of what one call of Gemm multiplies, (rows, depth) × (depth, pixels). It stays in the second-level cache, and
// gonum starts no goroutines of its own for less than four blocks of 64×64.
const (
	panelRows   = 64
	panelDepth  = 256
	panelPixels = 3 * 64
)

// depth is the number of products in one output value.
func (c Conv) depth() int { return c.In / c.Groups * c.KernelH * c.KernelW }

// isPointwise tells a 1×1 convolution whose patches are the input itself.
func (c Conv) isPointwise() bool {
	return c.KernelH == 1 && c.KernelW == 1 && c.Stride == 1 && c.Padding == 0
}

// runGeneric shares out (column of pixels × block of output channels), the blocks of one column next to each other.
func runGeneric(a *ConvArgs) {
	panels := (a.OutH*a.OutW + panelPixels - 1) / panelPixels
	blocks := (a.Out/a.Groups + panelRows - 1) / panelRows
	first, last := share(a.Batch*a.Groups*panels*blocks, a.Part, a.Parts)
	for first < last {
		column, block := first/blocks, first%blocks
		n := min(last-first, blocks-block)
		c := genericColumn{
			ConvArgs: a,
			image:    column / panels / a.Groups,
			group:    column / panels % a.Groups,
			from:     column % panels * panelPixels,
			row:      block * panelRows,
			lastRow:  min((block+n)*panelRows, a.Out/a.Groups),
		}
		c.pixels = min(panelPixels, a.OutH*a.OutW-c.from)
		c.run()
		first += n
	}
}

// genericColumn computes output channels row to lastRow of a group at some pixels of one image.
type genericColumn struct {
	*ConvArgs
	image, group int
	from, pixels int
	row, lastRow int
}

func (c *genericColumn) run() {
	for row := c.row; row < c.lastRow; row++ {
		out, bias := c.output(row), c.Bias[c.channel(row)]
		for i := range out {
			out[i] = bias
		}
	}
	if c.OutH*c.OutW == 1 {
		c.dot()
	} else {
		c.multiply()
	}
	for row := c.row; row < c.lastRow; row++ {
		out := c.output(row)
		if c.Add != nil {
			add := c.Add[c.offset(row):]
			for i := range out {
				out[i] += add[i]
			}
		}
		if c.ReLU {
			clamp(out, out)
		}
	}
}

// multiply adds weights × patches to the outputs, some of the depth at a time.
func (c *genericColumn) multiply() {
	depth, area := c.depth(), c.OutH*c.OutW
	for from := 0; from < depth; from += panelDepth {
		n := min(panelDepth, depth-from)
		patches := blas32.General{Rows: n, Cols: c.pixels, Stride: c.pixels, Data: c.Scratch}
		if c.isPointwise() {
			patches.Stride, patches.Data = area, c.input()[from*area+c.from:]
		} else {
			c.patches(from, n)
		}
		finite := allFinite(patches)
		for row := c.row; row < c.lastRow; row += panelRows {
			rows := min(panelRows, c.lastRow-row)
			weights := blas32.General{Rows: rows, Cols: n, Stride: depth, Data: c.Weights[c.channel(row)*depth+from:]}
			out := blas32.General{Rows: rows, Cols: c.pixels, Stride: area, Data: c.Dst[c.offset(row):]}
			if finite {
				blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, weights, patches, 1, out)
			} else {
				multiplyAll(weights, patches, out)
			}
		}
	}
}

// multiplyAll is Gemm for patches that hold NaN or infinities: gonum's passes over weights of zero, whose products with
// these are NaN.
func multiplyAll(weights, patches, out blas32.General) {
	for i := range weights.Rows {
		row := out.Data[i*out.Stride:][:patches.Cols]
		for k, w := range weights.Data[i*weights.Stride:][:weights.Cols] {
			for j, x := range patches.Data[k*patches.Stride:][:patches.Cols] {
				row[j] += float32(w * x)
			}
		}
	}
}

// allFinite tells whether a matrix has neither NaN nor infinities: x - x is 0 for all other numbers.
func allFinite(m blas32.General) bool {
	for i := range m.Rows {
		sum := float32(0)
		for _, x := range m.Data[i*m.Stride:][:m.Cols] {
			sum += x - x
		}
		if sum != 0 { // NaN too
			return false
		}
	}
	return true
}

// dot is multiply for a single pixel: a fully connected layer, or a map that has shrunk to one.
func (c *genericColumn) dot() {
	depth := c.depth()
	patch := c.input()
	if !c.isPointwise() {
		c.patches(0, depth)
		patch = c.Scratch
	}
	for row := c.row; row < c.lastRow; row++ {
		c.Dst[c.offset(row)] += dot(c.Weights[c.channel(row)*depth:][:depth], patch)
	}
}

// dot multiplies and adds in an order that depends on the length alone; that of blas32.Dot depends on where the vectors
// lie in memory.
func dot(x, y []float32) float32 {
	var sums [4]float32
	for len(x) >= 4 {
		for i := range sums {
			sums[i] += x[i] * y[i]
		}
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		sums[i] += v * y[i]
	}
	return (sums[0] + sums[2]) + (sums[1] + sums[3])
}

// patches writes rows from … from+n of the matrix of patches to Scratch: (in/groups·kh·kw, pixels).
func (c *genericColumn) patches(from, n int) {
	input, taps := c.input(), c.KernelH*c.KernelW
	for r := range n {
		i, tap := (from+r)/taps, (from+r)%taps
		c.patchRow(c.Scratch[r*c.pixels:][:c.pixels], input[i*c.InH*c.InW:], tap/c.KernelW, tap%c.KernelW)
	}
}

// patchRow reads what one tap of the kernel sees at each pixel, zero over the padding.
func (c *genericColumn) patchRow(dst, plane []float32, kh, kw int) {
	y, x := c.from/c.OutW, c.from%c.OutW
	for len(dst) > 0 {
		n := min(len(dst), c.OutW-x)
		row := y*c.Stride - c.Padding + kh*c.Dilation
		col := x*c.Stride - c.Padding + kw*c.Dilation
		if row < 0 || row >= c.InH {
			clear(dst[:n])
		} else {
			line := plane[row*c.InW:][:c.InW]
			for i := range dst[:n] {
				dst[i] = 0
				if uint(col) < uint(len(line)) {
					dst[i] = line[col]
				}
				col += c.Stride
			}
		}
		dst = dst[n:]
		x, y = 0, y+1
	}
}

// input is the group's part of the image.
func (c *genericColumn) input() []float32 {
	n := c.In / c.Groups * c.InH * c.InW
	return c.Src[(c.image*c.Groups+c.group)*n:][:n]
}

// channel is the output channel of a row of the group.
func (c *genericColumn) channel(row int) int { return c.group*(c.Out/c.Groups) + row }

// offset is where in Dst the pixels of a row begin.
func (c *genericColumn) offset(row int) int {
	return (c.image*c.Out+c.channel(row))*c.OutH*c.OutW + c.from
}

func (c *genericColumn) output(row int) []float32 { return c.Dst[c.offset(row):][:c.pixels] }
