package ops

import "math"

// The Winograd kernels compute a 3×3 convolution of stride 1 as F(m×m, 3×3): Lavin and Gray (2015), "Fast Algorithms for
// Convolutional Neural Networks". Tiles of (m+2)² inputs and the weights are transformed, multiplied as (m+2)² matrices,
// and transformed back to m² outputs. F(4×4) saves three quarters of the multiplications and has about twice the rounding
// error of the direct kernel; F(2×2) saves five ninths and has less, as its sums are shorter.

// winograd is F(m×m, 3×3) on an instruction set.
type winograd struct {
	*tileSet
	m, n          int // outputs and inputs along each axis of a tile
	weights       func(dst, src *float32, n, dstPoint int)
	late          lateWeights
	input         func(dst, src, zeros *float32, offsets *int32, rows, count, srcRow, srcStep, dstRow, dstStride int)
	outputColumns func(dst, src *float32, rows, count, srcRow, srcStride, dstRow, dstStride int)
	outputRows    func(dst, src, bias, add *float32, rows, pixels, srcRow, srcStride, dstRow int, floor float32)
}

func newWinograd(name string, w winograd) *ConvKernel {
	return checked(ConvKernel{
		Name:      name,
		Level:     w.level,
		In:        NCHW16c,
		Out:       NCHW16c,
		Accepts:   isWinograd,
		PackedLen: func(c Conv) int { return w.packedPoints(c) * blocksOf(c.In) * blocksOf(c.Out) * lanes * lanes },
		Pack: func(dst, weight []float32, c Conv) {
			if w.isLate(c) {
				w.packLate(dst, weight, c)
			} else {
				w.pack(dst, weight, c)
			}
		},
		ScratchLen: func(c Conv) int { return w.plan(c).scratch },
		InPlace:    always,
		Run:        w.run,
	})
}

// isWinograd tells whether a convolution is one of those that Winograd's algorithms compute.
func isWinograd(c Conv) bool {
	return c.KernelH == 3 && c.KernelW == 3 && c.Stride == 1 && c.Dilation == 1 && c.Groups == 1 && fitsOffsets(c)
}

func winogradBlocks(c Conv) blockedGroups { return blockedGroups{1, blocksOf(c.In), blocksOf(c.Out)} }

// pack orders the transformed weights as the tiles read them: (n², panel, input block, 16 inputs, panel's outputs).
func (w *winograd) pack(dst, weight []float32, c Conv) {
	points := w.n * w.n
	const step = lanes * (lanes + 1) // from one point to the next; a line more than the block, to spread over the cache
	transformed := make([]float32, points*step)
	for b := range w.weightBlocks(weight, c, winogradBlocks(c)) {
		w.weights(&transformed[0], &b.values[0], lanes, step*4)
		for point := range points {
			to := dst[point*blocksOf(c.In)*blocksOf(c.Out)*lanes*lanes+b.at+b.out*lanes:]
			for k := range lanes {
				copy(to[k*b.width*lanes:][:lanes], transformed[point*step+k*lanes:])
			}
		}
	}
}

// tileGrid is the tiles of an image.
type tileGrid struct{ down, across int }

// gridOf divides the output into tiles of m×m.
func gridOf(c Conv, m int) tileGrid { return tileGrid{(c.OutH + m - 1) / m, (c.OutW + m - 1) / m} }

// segment is a row of tiles of one image: count tiles from column x of tile row y, the first of them at in the chunk.
type segment struct{ image, y, x, count, at int }

// eachSegment visits the rows of tiles of a chunk of n tiles from first on.
func (g tileGrid) eachSegment(first, n int, visit func(segment)) {
	for at := 0; at < n; {
		tile := first + at
		s := segment{image: tile / (g.down * g.across), y: tile / g.across % g.down, x: tile % g.across, at: at}
		s.count = min(g.across-s.x, n-at)
		visit(s)
		at += s.count
	}
}

// winogradPlan is where things are in the scratch memory of a part, in floats.
type winogradPlan struct {
	tileGrid
	chunk    int // tiles that are transformed before they are multiplied
	point    int // floats from one of the n² points of a block to the next; an odd number of lines, to spread over the cache
	v, mul   int // transformed inputs (input block, n², chunk, 16) and products (output block, n², chunk, 16)
	products int // output blocks that mul holds
	u        lateWeightsPlan
	rows     int // half-transformed rows of tiles
	zeros    int // a row of zeros
	offsets  int // of the tiles, for the multiplication, and of the pixel rows of a row of tiles
	scratch  int
}

// winogradChunk bounds the transformed inputs of a chunk, in bytes: two chunks fit into the second-level cache.
const winogradChunk = 512 << 10

func (w *winograd) plan(c Conv) winogradPlan {
	p := winogradPlan{tileGrid: gridOf(c, w.m)}
	points, in, out := w.n*w.n, blocksOf(c.In), blocksOf(c.Out)
	p.chunk = max(4*w.pixels, winogradChunk/(points*max(in, out)*lanes*4)/w.pixels*w.pixels)
	p.chunk = min(p.chunk, p.down*p.across)
	p.point = (p.chunk | 1) * lanes
	columns := p.across*w.m + 2

	p.products = out
	if w.isLate(c) {
		p.products = w.widest(out)
	}
	p.mul = p.v + in*points*p.point
	p.u = w.planLate(c, p.mul+p.products*points*p.point)
	p.rows = p.u.end
	p.zeros = p.rows + max(w.n*columns, w.m*w.n*p.across)*lanes
	p.offsets = p.zeros + columns*lanes
	p.scratch = p.offsets + p.chunk + w.n
	return p
}

// winogradRun is one call of run.
type winogradRun struct {
	*winograd
	*ConvArgs
	winogradPlan
	in, out    int     // blocks
	firstBlock int     // of the output that this part computes
	lastBlock  int     // after those
	offsets    []int32 // of the tiles
	sources    []int32 // offsets of the pixel rows of a row of tiles
}

func (w *winograd) run(a *ConvArgs) {
	r := winogradRun{winograd: w, ConvArgs: a, winogradPlan: w.plan(a.Conv), in: blocksOf(a.In), out: blocksOf(a.Out)}
	blocks := winogradBlocks(a.Conv)
	clear(a.Scratch[r.zeros:r.winogradPlan.offsets])
	offsets := offsetsIn(a.Scratch[r.winogradPlan.offsets:r.scratch])
	r.offsets, r.sources = offsets[:r.chunk], offsets[r.chunk:]
	for i := range r.offsets {
		r.offsets[i] = int32(i * lanes * 4)
	}

	tiles, panels := a.Batch*r.down*r.across, w.panelCount(blocks)
	points := float64(w.n * w.n)
	weights := float64(r.in * r.out * lanes * lanes)
	// A part that shares its pixels with another transforms them all the same: about 6 cycles for each of the points.
	g := load{
		pixels: tiles, panels: panels, flops: 2 * points * weights * float64(tiles), transform: 6 * points * float64(tiles*r.in),
		input: 4 * float64(NCHW16c.Len(a.Batch, a.In, a.InH*a.InW)), weights: 4 * points * weights,
	}.split(a.Parts)
	firstPanel, lastPanel := share(panels, a.Part/g.pixels, g.channels)
	if firstPanel == lastPanel {
		return
	}
	r.firstBlock = w.panel(blocks, firstPanel).out
	end := w.panel(blocks, lastPanel-1)
	r.lastBlock = end.out + end.width
	first, last := share(tiles, a.Part%g.pixels, g.pixels)
	for first < last {
		n := min(r.chunk, last-first)
		r.eachSegment(first, n, r.transformInput)
		if r.isLate(a.Conv) {
			r.multiplyLate(first, n)
		} else {
			r.multiply(n)
			r.transformOutputs(first, n, r.firstBlock, r.lastBlock)
		}
		first += n
	}
}

// pointOffsets are the sources of a row transform: one pixel after the other.
var pointOffsets = [6]int32{0, 64, 128, 192, 256, 320}

// transformInput transforms all input channels of a row of tiles: first down the columns of pixels, then along the rows.
func (r *winogradRun) transformInput(s segment) {
	const pixel = lanes * 4
	columns := s.count*r.m + 2
	left := s.x*r.m - r.Padding // input column of the first
	from, to := max(0, -left), min(columns, r.InW-left)

	for i := range r.n {
		r.sources[i] = -1
		if y := s.y*r.m - r.Padding + i; y >= 0 && y < r.InH {
			r.sources[i] = int32((y*r.InW + left + from) * pixel)
		}
	}
	half := r.Scratch[r.rows:r.zeros] // (n, columns, 16)
	for i := range r.n {
		row := half[i*columns*lanes:][:columns*lanes]
		clear(row[:min(from, columns)*lanes])
		clear(row[max(to, 0)*lanes:])
	}
	plane := r.InH * r.InW * lanes
	for b := range r.in {
		if from < to {
			r.input(&half[from*lanes], &r.Src[(s.image*r.in+b)*plane], &r.Scratch[r.zeros], &r.sources[0],
				1, to-from, 0, pixel, 0, columns*pixel)
		}
		r.input(&r.Scratch[r.v+b*r.n*r.n*r.point+s.at*lanes], &half[0], nil, &pointOffsets[0],
			r.n, s.count, columns*pixel, r.m*pixel, r.n*r.point*4, r.point*4)
	}
}

// multiply multiplies the n² matrices of n tiles.
func (r *winogradRun) multiply(n int) {
	step := r.step(r.in, lanes)
	for point := range r.n * r.n {
		for in := 0; in < r.in; in += step {
			for out := r.firstBlock; out < r.lastBlock; {
				width := r.widest(r.out - out)
				next, nextIn, nextPoint := out+width, in, point
				if next == r.lastBlock {
					next, nextIn = r.firstBlock, in+step
				}
				if nextIn >= r.in {
					nextIn, nextPoint = 0, (point+1)%(r.n*r.n)
				}
				r.multiplyPanel(n, point, in, min(step, r.in-in), out, width, r.Weights[r.weightsAt(point, out, width, in):],
					r.weightsAt(nextPoint, next, r.widest(r.out-next), nextIn), lanes*width)
				out += width
			}
		}
	}
}

// weightsAt is where the weights of a point and panel for the input blocks from in on begin.
func (r *winogradRun) weightsAt(point, out, width, in int) int {
	return ((point*r.out+out)*r.in + in*width) * lanes * lanes
}

// multiplyPanel adds the products of some input blocks to those of a panel, and fetches the weights at next meanwhile:
// lines of them for each tap.
func (r *winogradRun) multiplyPanel(n, point, in, blocks, out, width int, weights []float32, next, lines int) {
	flags := 0
	if in > 0 {
		flags = tileAccumulate
	}
	tiles := (n + r.pixels - 1) / r.pixels
	small := n / tiles
	large := n - tiles*small // tiles of one more
	points := r.n * r.n
	distance, fetch := points*r.point*4, fetchStep(width, lines, tiles)
	dst := r.mul + (out%r.products*points+point)*r.point
	src := &r.Scratch[r.v+(in*points+point)*r.point]
	if large > 0 {
		r.tiles[width][small](&r.Scratch[dst], src, nil, &weights[0], &zeroPixel[0], nil, &r.Weights[next],
			&r.offsets[0], large, blocks, 1, distance, distance, flags, fetch)
		next = min(next+large*blocks*fetch/4, len(r.Weights)-1)
	}
	if at := large * (small + 1); at < n {
		r.tiles[width][small-1](&r.Scratch[dst+at*lanes], src, nil, &weights[0], &zeroPixel[0], nil, &r.Weights[next],
			&r.offsets[at], tiles-large, blocks, 1, distance, distance, flags, fetch)
	}
}

// transformOutputs turns the products of n tiles from first on into the outputs of some blocks.
func (r *winogradRun) transformOutputs(first, n, firstBlock, lastBlock int) {
	r.eachSegment(first, n, func(s segment) { r.transformOutput(s, firstBlock, lastBlock) })
}

// transformOutput is transformOutputs for a row of tiles.
func (r *winogradRun) transformOutput(s segment, firstBlock, lastBlock int) {
	floor := float32(math.Inf(-1))
	if r.ReLU {
		floor = 0
	}
	half := &r.Scratch[r.rows] // (m, n, count, 16)
	row := s.count * lanes * 4
	for b := firstBlock; b < lastBlock; b++ {
		r.outputColumns(half, &r.Scratch[r.mul+b%r.products*r.n*r.n*r.point+s.at*lanes],
			r.n, s.count, r.point*4, r.n*r.point*4, row, r.n*row)
		y, x := s.y*r.m, s.x*r.m
		dst := (((s.image*r.out+b)*r.OutH+y)*r.OutW + x) * lanes
		var add *float32
		if r.Add != nil {
			add = &r.Add[dst]
		}
		r.outputRows(&r.Dst[dst], half, &r.Bias[b*lanes], add,
			min(r.m, r.OutH-y), min(s.count*r.m, r.OutW-x), r.n*row, row, r.OutW*lanes*4, floor)
	}
}
