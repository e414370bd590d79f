package ops

// tileRuns are the output pixels of a convolution as rows of tiles, and where each tap of a tile's pixels reads.
type tileRuns struct {
	conv    Conv
	most    int     // pixels of the largest tile
	top     int     // the input row that is at offset 0
	offsets []int32 // room for those of a chunk
	runs    [40]tileRun
	planned int  // runs in use
	shared  bool // the offsets begin with those of sharedPixels
}

// tileRun is a row of tiles of one size in one image.
type tileRun struct {
	image, pixel, tiles, size int
	shift                     int     // bytes of a channel block to add to the offsets
	offsets                   []int32 // (tiles, taps, size)
}

// sharedTiles is the number of tiles of a pointwise convolution that share their offsets with others.
const sharedTiles = 16

// sharedPixels is how many pixels, from where inside begins, have the offsets of those before, at a shift: a row of output
// that tiles fill, or any pixels of a convolution that reads its own pixel alone. It is 0 where listing them saves too little.
func (d *tileRuns) sharedPixels() int {
	c := d.conv
	n := 0
	if d.pointwise() {
		n = sharedTiles * d.most
	} else if c.OutW%d.most == 0 && c.OutW >= 4*d.most {
		n = c.OutW
	}
	if taps := c.KernelH * c.KernelW; 2*n*taps > len(d.offsets) {
		return 0
	}
	return n
}

func (d *tileRuns) pointwise() bool {
	c := d.conv
	return c.KernelH == 1 && c.KernelW == 1 && c.Stride == 1 && c.Padding == 0
}

// inside tells how far from the top the inputs of n pixels of an image begin, in bytes, where these share their offsets.
func (d *tileRuns) inside(pixel, n int) (shift int, ok bool) {
	const size = lanes * 4
	c := d.conv
	if d.pointwise() {
		return (pixel - d.top*c.InW) * size, n > 0 && pixel+n <= c.OutH*c.OutW
	}
	row := pixel/c.OutW*c.Stride - c.Padding
	return (row - d.top) * c.InW * size, n > 0 && pixel%c.OutW == 0 && row >= 0 && row+(c.KernelH-1)*c.Dilation < c.InH
}

// plan lists runs of tiles from pixel first of the batch on, until the chunk is full or last is reached, and returns the
// pixel after them. The tiles of an image differ in size by one pixel at most, but where rows of tiles share their offsets.
func (d *tileRuns) plan(first, last int) int {
	c := d.conv
	area, taps := c.OutH*c.OutW, c.KernelH*c.KernelW
	room, shared := len(d.offsets)/taps, d.sharedPixels()
	offsets := d.offsets[shared*taps:]
	d.planned = 0
	for first < last && room > 0 && len(offsets) >= taps && d.planned+2 <= len(d.runs) {
		n := min(last-first, area-first%area)
		if shift, ok := d.inside(first%area, shared); ok && n >= shared {
			if room < shared {
				break
			}
			d.add(tileRun{first / area, first % area, shared / d.most, d.most, shift, d.sharedOffsets(shared)})
			first, room = first+shared, room-shared
			continue
		}
		if shared > 0 && !d.pointwise() {
			n = min(n, c.OutW-first%c.OutW)
		}
		n = min(n, room, len(offsets)/taps)
		room -= n
		tiles := (n + d.most - 1) / d.most
		small := n / tiles
		large := n - tiles*small // tiles of one pixel more
		for _, t := range [2]struct{ tiles, size int }{{large, small + 1}, {tiles - large, small}} {
			if t.tiles == 0 {
				continue
			}
			r := tileRun{first / area, first % area, t.tiles, t.size, 0, offsets[:t.tiles*t.size*taps]}
			d.list(r)
			d.add(r)
			offsets, first = offsets[len(r.offsets):], first+t.tiles*t.size
		}
	}
	return first
}

func (d *tileRuns) add(r tileRun) {
	d.runs[d.planned] = r
	d.planned++
}

// sharedOffsets are those of the first n pixels that share them, from the row where their inputs begin.
func (d *tileRuns) sharedOffsets(n int) []int32 {
	c := d.conv
	r := tileRun{0, 0, n / d.most, d.most, 0, d.offsets[:n*c.KernelH*c.KernelW]}
	if !d.shared {
		top := d.top
		y := (c.Padding + c.Stride - 1) / c.Stride
		r.pixel, d.top = y*c.OutW, y*c.Stride-c.Padding
		d.list(r)
		d.top, d.shared = top, true
	}
	return r.offsets
}

// list fills in the offsets of a run: bytes from the top of a channel block, -1 over the padding.
func (d *tileRuns) list(r tileRun) {
	const pixel = lanes * 4
	c := d.conv
	offsets := r.offsets
	y, x := r.pixel/c.OutW, r.pixel%c.OutW
	for range r.tiles {
		for p := range r.size {
			row, col := y*c.Stride-c.Padding, x*c.Stride-c.Padding
			if row >= 0 && col >= 0 && row+(c.KernelH-1)*c.Dilation < c.InH && col+(c.KernelW-1)*c.Dilation < c.InW {
				i, first, step := p, ((row-d.top)*c.InW+col)*pixel, c.Dilation*pixel
				for range c.KernelH {
					offset := first
					for range c.KernelW {
						offsets[i] = int32(offset)
						i, offset = i+r.size, offset+step
					}
					first += step * c.InW
				}
			} else {
				d.listBorder(offsets[p:], r.size, row, col)
			}
			if x++; x == c.OutW {
				x, y = 0, y+1
			}
		}
		offsets = offsets[c.KernelH*c.KernelW*r.size:]
	}
}

// listBorder is list for one pixel, some of whose taps are over the padding: each size-th offset, from the tap at row and
// col of the input on.
func (d *tileRuns) listBorder(offsets []int32, size, row, col int) {
	c := d.conv
	i := 0
	for kh := range c.KernelH {
		for kw := range c.KernelW {
			h, w := row+kh*c.Dilation, col+kw*c.Dilation
			offsets[i] = -1
			if uint(h) < uint(c.InH) && uint(w) < uint(c.InW) {
				offsets[i] = int32((h-d.top)*c.InW+w) * lanes * 4
			}
			i += size
		}
	}
}

// tileCount is the number of tiles in the planned runs.
func (d *tileRuns) tileCount() int {
	n := 0
	for _, r := range d.runs[:d.planned] {
		n += r.tiles
	}
	return n
}
