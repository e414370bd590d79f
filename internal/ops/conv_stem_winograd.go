package ops

import "math"

// newStemWinograd makes a kernel that computes a 7×7 convolution of stride 2 of few channels, the first of a ResNet, by
// Winograd's algorithms down the columns of pixels: of the 7 rows of a kernel 4 meet even rows of the padded input, as F(4,4)
// of stride 1, and 3 meet odd rows, as F(4,3). The points of F(4,3) are 6 of the 7 of F(4,4), so that the products of both
// are summed before they become 4 rows of output, by (7+6)/4 products where the direct kernel has 7. The rounding error is
// that of F(4×4, 3×3).
func newStemWinograd(name string, w stemWinograd) *ConvKernel {
	return checked(ConvKernel{
		Name:       name,
		Level:      w.level,
		In:         NCHW,
		Out:        NCHW16c,
		Accepts:    isStemWinograd,
		PackedLen:  func(c Conv) int { return (2*len(stemPoints) - 1) * c.In * c.KernelW * blocksOf(c.Out) * lanes },
		Pack:       w.pack,
		ScratchLen: func(c Conv) int { return planStemWinograd(c).scratch },
		InPlace:    always,
		Run:        w.run,
	})
}

func isStemWinograd(c Conv) bool {
	return c.KernelH == 7 && c.Stride == 2 && c.Dilation == 1 && c.Groups == 1 && c.In < lanes && fitsOffsets(c)
}

// stemWinograd is F(4,4) and F(4,3) on an instruction set.
type stemWinograd struct {
	*tileSet
	even, odd func(dst, src, zeros *float32, offsets *int32, rows, count, srcRow, srcStep, dstRow, dstStride int)
	output    func(dst, src, bias, add *float32, rows, pixels, srcStride, dstRow int, floor float32)
}

const (
	stemOutputs = 4   // rows that are computed at a time
	stemColumns = 128 // pixels of a row that are: their products stay in the second-level cache
)

// stemPoints are those of F(4,3), and one more that only even rows have.
var stemPoints = [7]float64{0, math.Sqrt(0.5), -math.Sqrt(0.5), math.Sqrt2, -math.Sqrt2, math.Inf(1), 3}

// stemPointConv is the products at a point, as a convolution of rows: even ones, and as more channels odd ones.
func stemPointConv(c Conv, point int) Conv {
	c.KernelH = 1
	if point < len(stemPoints)-1 {
		c.In *= 2
	}
	return c
}

// pack orders the transformed weights as the tiles read them: (point, panel, even or odd rows, in, kw, panel's outputs).
func (w stemWinograd) pack(dst, weight []float32, c Conv) {
	row := c.In * c.KernelW
	combined := make([]float32, c.Out*2*row) // (out, even or odd rows, in, kw)
	for point := range len(stemPoints) {
		p := stemPointConv(c, point)
		depth := p.depth()
		for o := range c.Out {
			for i := range c.In {
				for kw := range c.KernelW {
					kernel := weight[(o*c.In+i)*c.KernelH*c.KernelW+kw:]
					even, odd := stemWeight(kernel, c.KernelW, point)
					at := o*depth + i*c.KernelW + kw
					combined[at] = even
					if depth > row {
						combined[at+row] = odd
					}
				}
			}
		}
		w.packStem(dst, combined, p)
		dst = dst[depth*blocksOf(c.Out)*lanes:]
	}
}

// stemWeight combines the 7 weights of a column, which are a distance apart, in float64: those of even rows by G of F(4,4),
// those of odd rows by G of F(4,3).
func stemWeight(column []float32, distance, point int) (even, odd float32) {
	w := func(row int) float64 { return float64(column[row*distance]) }
	x := stemPoints[point]
	if math.IsInf(x, 1) {
		return column[6*distance], column[5*distance]
	}
	scale := 1.0
	for _, y := range stemPoints[:5] {
		if y != x {
			scale /= x - y
		}
	}
	odd = float32(scale * (w(1) + x*(w(3)+x*w(5))))
	if x != 3 {
		scale /= x - 3
	}
	return float32(scale * (w(0) + x*(w(2)+x*(w(4)+x*w(6))))), odd
}

// stemWinogradPlan is where things are in the scratch memory, in floats.
type stemWinogradPlan struct {
	stemPlan     // of the inputs of 4 rows of the output; the width is that of whole vectors
	v        int // combined inputs (7 points, even or odd rows, in, width)
	point    int // of those, from one point to the next
	mul      int // products (block, 7 points, columns, 16)
	pixels   int // of those, from one point to the next: an odd number of lines, to spread over the cache
	bias     int // zeros, of the products
	combined int // offsets of the rows that are combined
}

func planStemWinograd(c Conv) stemWinogradPlan {
	var p stemWinogradPlan
	p.rows = stemOutputs
	p.height = (p.rows-1)*c.Stride + c.KernelH
	p.width = blocksOf((c.OutW-1)*c.Stride+c.KernelW) * lanes
	p.v = c.In * p.height * p.width
	p.point = 2 * c.In * p.width
	p.mul = p.v + len(stemPoints)*p.point
	columns := min(c.OutW, stemColumns)
	p.pixels = (columns | 1) * lanes
	p.bias = p.mul + blocksOf(c.Out)*len(stemPoints)*p.pixels
	p.offsets = p.bias + blocksOf(c.Out)*lanes
	p.taps = p.offsets + columns
	p.combined = p.taps + 2*c.In*c.KernelW
	p.scratch = p.combined + len(stemPoints)
	return p
}

func (w stemWinograd) run(a *ConvArgs) {
	p := planStemWinograd(a.Conv)
	clear(a.Scratch[p.bias:p.offsets])
	sums := stemSums{
		plane: len(stemPoints) * p.pixels, bias: a.Scratch[p.bias:],
		offsets: offsetsIn(a.Scratch[p.offsets:p.taps]), taps: offsetsIn(a.Scratch[p.taps:p.combined]),
	}
	for i := range sums.offsets {
		sums.offsets[i] = int32(4 * a.Stride * i)
	}
	for k := range sums.taps {
		sums.taps[k] = int32(4 * (k/a.KernelW*p.width + k%a.KernelW))
	}
	for i, combined := 0, offsetsIn(a.Scratch[p.combined:p.scratch]); i < len(combined); i++ {
		combined[i] = int32(4 * a.Stride * i * p.width)
	}
	down := (a.OutH + stemOutputs - 1) / stemOutputs
	first, last := share(a.Batch*down, a.Part, a.Parts)
	for ; first < last; first++ {
		image, row := first/down, first%down*stemOutputs
		p.pad(a, image, row)
		w.transformInput(a, &p)
		for x := 0; x < a.OutW; x += stemColumns {
			w.multiply(a, &p, x, sums)
			w.transformOutput(a, &p, image, row, x)
		}
	}
}

// transformInput combines the even rows of all channels, and the odd ones.
func (w stemWinograd) transformInput(a *ConvArgs, p *stemWinogradPlan) {
	const vector = lanes * 4
	row := 4 * p.width
	offsets := offsetsIn(a.Scratch[p.combined:p.scratch])
	dst, src := &a.Scratch[p.v], &a.Scratch[0]
	w.even(dst, src, nil, &offsets[0], a.In, row/vector, p.height*row, vector, row, 4*p.point)
	dst, src = &a.Scratch[p.v+a.In*p.width], &a.Scratch[p.width]
	w.odd(dst, src, nil, &offsets[0], a.In, row/vector, p.height*row, vector, row, 4*p.point)
}

// multiply sums the products of the columns from x on, at each point.
func (w stemWinograd) multiply(a *ConvArgs, p *stemWinogradPlan, x int, sums stemSums) {
	sums.weights, sums.offsets = a.Weights, sums.offsets[:min(a.OutW-x, stemColumns)]
	for point := range len(stemPoints) {
		if point == len(stemPoints)-1 {
			sums.taps = sums.taps[:a.In*a.KernelW]
		}
		sums.src, sums.dst = a.Scratch[p.v+point*p.point+x*a.Stride:], a.Scratch[p.mul+point*p.pixels:]
		w.stemTiles(blocksOf(a.Out), sums)
		sums.weights = sums.weights[len(sums.taps)*blocksOf(a.Out)*lanes:]
	}
}

// transformOutput turns them into pixels of the rows from row on.
func (w stemWinograd) transformOutput(a *ConvArgs, p *stemWinogradPlan, image, row, x int) {
	floor := float32(math.Inf(-1))
	if a.ReLU {
		floor = 0
	}
	for b := range blocksOf(a.Out) {
		dst := (((image*blocksOf(a.Out)+b)*a.OutH+row)*a.OutW + x) * lanes
		var add *float32
		if a.Add != nil {
			add = &a.Add[dst]
		}
		w.output(&a.Dst[dst], &a.Scratch[p.mul+b*len(stemPoints)*p.pixels], &a.Bias[b*lanes], add,
			min(stemOutputs, a.OutH-row), min(a.OutW-x, stemColumns), 4*p.pixels, a.OutW*lanes*4, floor)
	}
}
