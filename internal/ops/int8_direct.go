package ops

import (
	"unsafe"
)

// newInt8Direct makes a kernel that computes any convolution of bytes whose groups fall into blocks, as newDirect does for
// floats.
func newInt8Direct(s *int8TileSet) *Int8Kernel {
	return checkedInt8(Int8Kernel{
		Name:       "int8-" + s.level.String(),
		Level:      s.level,
		Accepts:    func(c Conv) bool { _, ok := groupBlocks(c, int8Lanes); return ok },
		PackedLen:  s.directPackedLen,
		Pack:       s.packDirect,
		ScratchLen: func(c Conv) int { return s.sumBytes() + s.wordBytes(c) + s.offsetBytes(c) },
		Run:        s.runDirect,
	})
}

// sumBytes is the size of the sums of a tile.
func (s *int8TileSet) sumBytes() int { return 4 * len(s.direct) * s.channels }

func (s *int8TileSet) panelsPerBlock() int { return int8Lanes / s.channels }

// panelBytes is the packed size of a panel.
func (s *int8TileSet) panelBytes(c Conv) int {
	b, _ := groupBlocks(c, int8Lanes)
	return s.headBytes() + b.in*c.KernelH*c.KernelW*int8Lanes/int8Quad*s.quadBytes()
}

func (s *int8TileSet) panels(c Conv) int {
	b, _ := groupBlocks(c, int8Lanes)
	return b.groups * b.out * s.panelsPerBlock()
}

func (s *int8TileSet) directPackedLen(c Conv) int { return s.panels(c) * s.panelBytes(c) }

// packDirect writes, for each panel, its head and (input block, kh, kw, 16 quads).
func (s *int8TileSet) packDirect(dst []byte, w Int8Weights, c Conv) {
	b, _ := groupBlocks(c, int8Lanes)
	inG, outG, taps := c.In/c.Groups, c.Out/c.Groups, c.KernelH*c.KernelW
	for i := range s.panels(c) {
		first := i * s.channels
		group := first / (b.out * int8Lanes)
		dst = s.packHead(dst, w, first)
		for block := range b.in {
			for tap := range taps {
				for quad := range int8Lanes / int8Quad {
					in := (group*b.in+block)*int8Lanes + quad*int8Quad
					dst = s.packQuad(dst, func(o, k int) int8 {
						o, k = first+o, in+k
						if o >= c.Out || k/inG != o/outG || k >= c.In {
							return 0
						}
						return w.Weight[(o*inG+k%inG)*taps+tap]
					})
				}
			}
		}
	}
}

// int8Chunk is the bytes of input that stay in the second-level cache.
const int8Chunk = 128 << 10

// chunkTiles is the number of tiles whose offsets are listed at a time.
func (s *int8TileSet) chunkTiles(c Conv) int {
	b, _ := groupBlocks(c, int8Lanes)
	return max(4, int8Chunk/(b.in*int8Lanes*len(s.direct)*min(c.Stride*c.Stride, c.KernelH*c.KernelW)))
}

func (s *int8TileSet) offsetBytes(c Conv) int {
	return 4 * s.chunkTiles(c) * len(s.direct) * c.KernelH * c.KernelW
}

// wordBytes is the size of the inputs of a chunk as words.
func (s *int8TileSet) wordBytes(c Conv) int {
	if s.widen == nil {
		return 0
	}
	rows := min(c.OutH, (s.chunkTiles(c)*len(s.direct)+c.OutW-2)/c.OutW+1) // that touch the pixels of a chunk
	return int8BlocksOf(c.In) * min(c.InH, (rows-1)*c.Stride+(c.KernelH-1)*c.Dilation+1) * c.InW * 2 * int8Lanes
}

// int8Direct is one call of runDirect.
type int8Direct struct {
	int8Call
	tileRuns
	blocks blockedGroups
	sums   []int32 // of a tile
	words  []uint8 // room for the inputs of a chunk (block, rows, inW, 64 words)
	rows   int     // of them, from top on
}

func (s *int8TileSet) runDirect(a *Int8Args) {
	b, _ := groupBlocks(a.Conv, int8Lanes)
	d := int8Direct{
		int8Call: s.call(a),
		tileRuns: tileRuns{conv: a.Conv, most: len(s.direct)},
		blocks:   b,
		sums:     cast[int32](a.Scratch[:s.sumBytes()]),
		words:    a.Scratch[s.sumBytes():][:s.wordBytes(a.Conv)],
	}
	d.offsets = cast[int32](a.Scratch[s.sumBytes()+len(d.words):][:s.offsetBytes(a.Conv)])
	pixels, panels := a.Batch*d.area, s.panels(a.Conv)
	weightBytes := float64(s.directPackedLen(a.Conv))
	g := load{
		pixels: pixels, panels: panels, flops: weightBytes / 4 * float64(pixels),
		input: float64(NCHW64u8.Len(a.Batch, a.In, a.InH*a.InW)), weights: weightBytes,
	}.split(a.Parts)
	firstPanel, lastPanel := share(panels, a.Part/g.pixels, g.channels)
	first, last := share(pixels, a.Part%g.pixels, g.pixels)
	for first < last {
		first = d.planInputs(first, last)
		for i := firstPanel; i < lastPanel; i++ {
			next := i + 1
			if next == lastPanel {
				next = firstPanel
			}
			d.panel(i, next)
		}
	}
}

// planInputs is plan, for no more than one image where its inputs are made words first.
func (d *int8Direct) planInputs(first, last int) int {
	if d.widen == nil {
		return d.plan(first, last)
	}
	image := first / d.area
	inputRow := func(pixel int) int { return pixel%d.area/d.OutW*d.Stride - d.Padding }
	d.top = min(max(0, inputRow(first)), d.InH)
	next := d.plan(first, min(last, (image+1)*d.area))
	d.rows = max(0, min(d.InH, inputRow(next-1)+(d.KernelH-1)*d.Dilation+1)-d.top)
	if d.rows == 0 { // all of it is padding
		return next
	}
	blocks, plane := int8BlocksOf(d.In), d.InH*d.InW*int8Lanes
	for b := range blocks {
		d.widen(&d.words[b*d.rows*d.InW*2*int8Lanes], &d.Src[(image*blocks+b)*plane+d.top*d.InW*int8Lanes], d.rows*d.InW*int8Lanes/32)
	}
	return next
}

// input is where the input blocks of a group begin for a run, and the bytes from one to the next.
func (d *int8Direct) input(r tileRun, group int) (src *uint8, block int) {
	if d.widen != nil {
		block = d.rows * d.InW * 2 * int8Lanes
		return unsafe.SliceData(d.words[group*d.blocks.in*block+2*r.shift:]), block
	}
	block = d.InH * d.InW * int8Lanes
	return &d.Src[(r.image*d.blocks.groups+group)*d.blocks.in*block+r.shift], block
}

// panel computes all planned tiles of a panel, and fetches the next panel meanwhile.
func (d *int8Direct) panel(i, next int) {
	size, taps := d.panelBytes(d.conv), d.KernelH*d.KernelW
	head, weights := d.Weights[i*size:][:d.headBytes()], d.Weights[i*size+d.headBytes():]
	bias, scale := cast[int32](head[:len(head)/2]), cast[float32](head[len(head)/2:])
	fetch, step := next*size, d.fetchStep(d.tileCount())
	first := i * d.channels
	group := first / (d.blocks.out * int8Lanes)
	for _, r := range d.runs[:d.planned] {
		src, plane := d.input(r, group)
		tile := d.direct[r.size-1]
		if d.Floats != nil {
			for t := range r.tiles {
				sums := d.sums[:r.size*d.channels]
				tile(nil, &sums[0], src, &d.zero[0], (*int8)(unsafe.Pointer(&weights[0])), &bias[0], &scale[0], nil, 0,
					(*int8)(unsafe.Pointer(&d.Weights[fetch])), &r.offsets[t*r.size*taps], 1, d.blocks.in, taps, plane, 0)
				d.scatter(sums, scale, r.image, first, r.pixel+t*r.size)
			}
			continue
		}
		dst, add := d.place(r.image, first, r.pixel)
		tile(dst, nil, src, &d.zero[0], (*int8)(unsafe.Pointer(&weights[0])), &bias[0], &scale[0], add, d.AddScale,
			(*int8)(unsafe.Pointer(&d.Weights[fetch])), &r.offsets[0], r.tiles, d.blocks.in, taps, plane, step)
		fetch = min(fetch+r.tiles*d.blocks.in*taps*step, len(d.Weights)-1)
	}
}

// fetchStep is how far the fetching of the next panel moves with each tap, as in the function of that name.
func (s *int8TileSet) fetchStep(tiles int) int {
	lines := int8Lanes / int8Quad * s.quadBytes() / 64
	return 64 * min((lines+tiles-1)/tiles, s.channels/2)
}
