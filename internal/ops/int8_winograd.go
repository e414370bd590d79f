package ops

import "unsafe"

// int8Winograd computes a 3×3 convolution of bytes of stride 1 as F(2×2, 3×3) with 4 products in the place of 9, in
// integers and so without any error: the transformed inputs and weights, the latter by matrices of twice Winograd's, are
// words, and the sums are 4 times those of the layer.
type int8Winograd struct {
	*int8TileSet
	input  func(dst, src *uint8, tiles, srcRow, dstPoint int)
	output func(dst *uint8, sums, bias *int32, scale *float32, add *uint8, addScale float32, tiles, sumsPoint, dstRow int)
}

const (
	int8Points = 16 // of a tile of 4×4 inputs

	// int8WinogradMost is the number of inputs for which 4 times the largest sum fits into 32 bits.
	int8WinogradMost = 1 << 29 / (9 * 255 * 128)
	// int8WinogradLeast is the size of map from which the kernel was measured faster: on smaller ones too many of the tiles
	// lie outside, and the reading of weights, 1.8 times as many as the layer has, takes too long.
	int8WinogradLeast = 5
	// int8WinogradChunk bounds the transformed inputs of a chunk and the sums of a panel, in bytes: they stay in the
	// second-level cache.
	int8WinogradChunk = 512 << 10
)

func newInt8Winograd(w *int8Winograd) *Int8Kernel {
	return checkedInt8(Int8Kernel{
		Name:  "int8winograd2-" + w.level.String(),
		Level: w.level,
		Accepts: func(c Conv) bool {
			return isWinograd(c) && c.In < int8WinogradMost && min(c.OutH, c.OutW) >= int8WinogradLeast
		},
		PackedLen:  func(c Conv) int { return w.winogradPanels(c) * w.winogradPanelBytes(c) },
		Pack:       w.pack,
		ScratchLen: func(c Conv) int { return w.plan(c).scratch },
		Run:        w.run,
	})
}

func (w *int8Winograd) winogradPanels(c Conv) int { return int8BlocksOf(c.Out) * w.panelsPerBlock() }

// pointBytes is the packed size of a panel's weights of one point.
func (w *int8Winograd) pointBytes(c Conv) int {
	return int8BlocksOf(c.In) * int8Lanes / int8Quad * w.quadBytes()
}

func (w *int8Winograd) winogradPanelBytes(c Conv) int {
	return w.headBytes() + int8Points*w.pointBytes(c)
}

// pack writes, for each panel, its head and (point, input block, 16 quads).
func (w *int8Winograd) pack(dst []byte, weights Int8Weights, c Conv) {
	point := w.pointBytes(c)
	for i := range w.winogradPanels(c) {
		first := i * w.channels
		dst = w.packHead(dst, weights, first)
		for in := range int8BlocksOf(c.In) * int8Lanes {
			quad := dst[in/int8Quad*w.quadBytes():]
			for v := range 4 {
				for lane := range w.lanes() {
					var t [int8Points]int16
					if o := first + w.channel(v, lane); o < c.Out && in < c.In {
						t = transformInt8(weights.Weight[(o*c.In+in)*9:])
					}
					at := w.quadAt(v, lane, in%int8Quad)
					for p, u := range t {
						cast[int16](quad[p*point+at:][:2])[0] = u
					}
				}
			}
		}
		dst = dst[int8Points*point:]
	}
}

// transformInt8 is G·g·Gᵀ of a 3×3 kernel, where G is {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}}.
func transformInt8(g []int8) (t [int8Points]int16) {
	transform := func(a, b, c int16) [4]int16 { return [4]int16{2 * a, a + b + c, a - b + c, 2 * c} }
	var columns [3][4]int16
	for x := range columns {
		columns[x] = transform(int16(g[x]), int16(g[3+x]), int16(g[6+x]))
	}
	for y := range 4 {
		row := transform(columns[0][y], columns[1][y], columns[2][y])
		copy(t[4*y:], row[:])
	}
	return t
}

// int8WinogradPlan is where things are in the scratch memory of a part, in bytes.
type int8WinogradPlan struct {
	tileGrid
	chunk    int // tiles that are transformed before they are multiplied
	block    int // bytes of the transformed inputs of an input block and point
	point    int // from one point to the next: an odd number of lines, to spread over the cache
	sums     int // (16, chunk, panel's outputs) int32
	sumPoint int // as point
	strip    int // rows of the input with their borders, (4, columns, 64), or 2 such rows of the output and of the residual
	columns  int
	offsets  int // of the tiles
	scratch  int
}

func (w *int8Winograd) plan(c Conv) int8WinogradPlan {
	p := int8WinogradPlan{tileGrid: gridOf(c, 2)}
	in := int8BlocksOf(c.In)
	const pixel = 2 * int8Lanes
	p.chunk = min(max(4*len(w.direct), int8WinogradChunk/(int8Points*(in*pixel+4*w.channels))), p.down*p.across)
	p.block = p.chunk * pixel
	p.point = in*p.block | 64
	p.sums = int8Points * p.point
	p.sumPoint = 4*w.channels*p.chunk | 64
	p.strip = p.sums + int8Points*p.sumPoint
	p.columns = 2*p.across + 2
	p.offsets = p.strip + 4*p.columns*int8Lanes
	p.scratch = p.offsets + 4*p.chunk
	return p
}

// int8WinogradRun is one call of run.
type int8WinogradRun struct {
	w *int8Winograd
	int8Call
	int8WinogradPlan
	in      int     // blocks
	offsets []int32 // of the tiles
	border  [int8Lanes]uint8
}

func (w *int8Winograd) run(a *Int8Args) {
	r := int8WinogradRun{w: w, int8Call: w.call(a), int8WinogradPlan: w.plan(a.Conv), in: int8BlocksOf(a.In)}
	fillBytes(r.border[:], a.Param.Zero)
	r.offsets = cast[int32](a.Scratch[r.int8WinogradPlan.offsets:][:4*r.chunk])
	for i := range r.offsets {
		r.offsets[i] = int32(i * int8Lanes)
	}
	tiles, panels := a.Batch*r.down*r.across, w.winogradPanels(a.Conv)
	weights := float64(panels * w.winogradPanelBytes(a.Conv))
	// A part that shares its pixels with another transforms them all the same: about 6 cycles for each of the points.
	g := load{
		pixels: tiles, panels: panels, flops: weights / 2 * float64(tiles), transform: 6 * float64(int8Points*tiles*r.in),
		input: float64(NCHW64u8.Len(a.Batch, a.In, a.InH*a.InW)), weights: weights,
	}.split(a.Parts)
	firstPanel, lastPanel := share(panels, a.Part/g.pixels, g.channels)
	if firstPanel == lastPanel {
		return
	}
	first, last := share(tiles, a.Part%g.pixels, g.pixels)
	for first < last {
		n := min(r.chunk, last-first)
		r.eachSegment(first, n, r.transformInput)
		for panel := firstPanel; panel < lastPanel; panel++ {
			r.multiply(panel, n)
			r.eachSegment(first, n, func(s segment) { r.transformOutput(panel, s) })
		}
		first += n
	}
}

// transformInput transforms all input channels of a row of tiles.
func (r *int8WinogradRun) transformInput(s segment) {
	columns := 2*s.count + 2
	strip := r.Scratch[r.strip:][:4*columns*int8Lanes]
	left := 2*s.x - r.Padding // input column of the first
	from, to := min(max(0, -left), columns), max(0, min(columns, r.InW-left))
	plane := r.InH * r.InW * int8Lanes
	for b := range r.in {
		for i := range 4 {
			row, y := strip[i*columns*int8Lanes:][:columns*int8Lanes], 2*s.y-r.Padding+i
			if y < 0 || y >= r.InH || from >= to {
				r.fillBorder(row)
				continue
			}
			r.fillBorder(row[:from*int8Lanes])
			copy(row[from*int8Lanes:to*int8Lanes], r.Src[(s.image*r.in+b)*plane+(y*r.InW+left+from)*int8Lanes:])
			r.fillBorder(row[to*int8Lanes:])
		}
		r.w.input(&r.Scratch[b*r.block+s.at*2*int8Lanes], &strip[0], s.count, columns*int8Lanes, r.point)
	}
}

// fillBorder fills pixels with the zero point.
func (r *int8WinogradRun) fillBorder(pixels []uint8) {
	for ; len(pixels) > 0; pixels = pixels[int8Lanes:] {
		copy(pixels, r.border[:])
	}
}

// multiply multiplies the matrices of n tiles by those of a panel, and fetches the weights that come next meanwhile.
func (r *int8WinogradRun) multiply(panel, n int) {
	size, block := r.w.winogradPanelBytes(r.Conv), r.w.pointBytes(r.Conv)
	weights := r.Weights[panel*size+r.headBytes():]
	tiles := (n + len(r.direct) - 1) / len(r.direct)
	small := n / tiles
	large := n - tiles*small // tiles of one more
	step := r.fetchStep(tiles)
	for point := range int8Points {
		next := panel*size + r.headBytes() + (point+1)*block
		at := 0
		for _, t := range [2]struct{ tiles, size int }{{large, small + 1}, {tiles - large, small}} {
			if t.tiles == 0 {
				continue
			}
			sums := r.Scratch[r.sums+point*r.sumPoint+at*4*r.channels:]
			r.direct[t.size-1](nil, (*int32)(unsafe.Pointer(&sums[0])), &r.Scratch[point*r.point], nil, (*int8)(unsafe.Pointer(&weights[point*block])),
				(*int32)(unsafe.Pointer(&zeroPixel[0])), nil, nil, 0, (*int8)(unsafe.Pointer(&r.Weights[min(next, len(r.Weights)-1)])),
				&r.offsets[at], t.tiles, r.in, 1, r.block, step)
			next += t.tiles * r.in * step
			at += t.tiles * t.size
		}
	}
}

// transformOutput turns a panel's sums of a row of tiles into outputs.
func (r *int8WinogradRun) transformOutput(panel int, s segment) {
	first := panel * r.channels
	head := r.Weights[panel*r.w.winogradPanelBytes(r.Conv):][:r.headBytes()]
	bias, scale := cast[int32](head[:len(head)/2]), cast[float32](head[len(head)/2:])
	y, x := 2*s.y, 2*s.x
	if r.Floats != nil {
		r.floats(s, first, bias, scale)
		return
	}
	inside := min(s.count, (r.OutW-x)/2) // tiles
	if y+1 == r.OutH {
		inside = 0
	}
	row := r.OutW * int8Lanes
	if inside > 0 {
		dst, add := r.place(s.image, first, y*r.OutW+x)
		r.w.output(dst, r.sumsAt(s.at), &bias[0], &scale[0], add, r.AddScale, inside, r.sumPoint, row)
	}
	if s.count -= inside; s.count == 0 {
		return
	}
	s.x, s.at = s.x+inside, s.at+inside
	r.edge(s, first, bias, scale)
}

// sumsAt is where the sums of a tile of the chunk begin.
func (r *int8WinogradRun) sumsAt(tile int) *int32 {
	return (*int32)(unsafe.Pointer(&r.Scratch[r.sums+tile*4*r.channels]))
}

// edge computes tiles that reach past the output by way of scratch memory.
func (r *int8WinogradRun) edge(s segment, first int, bias []int32, scale []float32) {
	row := 2 * s.count * int8Lanes
	dst, add := r.Scratch[r.strip:][:2*row], r.Scratch[r.strip+2*row:][:2*row]
	y, x := 2*s.y, 2*s.x
	each := func(visit func(at, i int)) { // pixels in scratch memory and in the output
		for dy := range min(2, r.OutH-y) {
			for dx := range min(2*s.count, r.OutW-x) {
				visit(dy*row+dx*int8Lanes, int8Index(s.image, first, (y+dy)*r.OutW+x+dx, r.Out, r.area))
			}
		}
	}
	var residual *uint8
	if r.Add != nil {
		residual = &add[0]
		each(func(at, i int) { copy(add[at:][:r.channels], r.Add[i:]) })
	}
	r.w.output(&dst[0], r.sumsAt(s.at), &bias[0], &scale[0], residual, r.AddScale, s.count, r.sumPoint, row)
	each(func(at, i int) { copy(r.Dst[i:][:r.channels], dst[at:]) })
}

// floats is transformOutput for an output of floats.
func (r *int8WinogradRun) floats(s segment, first int, bias []int32, scale []float32) {
	combine := func(a, b, c, d int32) [2]int32 { return [2]int32{a + b + c, b - c - d} }
	for t := range s.count {
		for i := range r.channels {
			o := first + r.channel(i/r.lanes(), i%r.lanes())
			if o >= r.Out {
				continue
			}
			sum := func(point int) int32 {
				return cast[int32](r.Scratch[r.sums+point*r.sumPoint+(s.at+t)*4*r.channels:][:4*r.channels])[i]
			}
			var columns [4][2]int32
			for x := range columns {
				columns[x] = combine(sum(x), sum(4+x), sum(8+x), sum(12+x))
			}
			for dy := range min(2, r.OutH-2*s.y) {
				row := combine(columns[0][dy], columns[1][dy], columns[2][dy], columns[3][dy])
				for dx := range min(2, r.OutW-2*(s.x+t)) {
					pixel := (2*s.y+dy)*r.OutW + 2*(s.x+t) + dx
					r.Floats[(s.image*r.Out+o)*r.area+pixel] = float32(row[dx]/4+bias[i]) * scale[i]
				}
			}
		}
	}
}
