package ops

// tileRuns are the output pixels of a convolution as rows of tiles, and where each tap of a tile's pixels reads.
type tileRuns struct {
	conv    Conv
	most    int     // pixels of the largest tile
	top     int     // the input row that is at offset 0
	offsets []int32 // room for those of a chunk
	runs    [16]tileRun
	planned int // runs in use
}

// tileRun is a row of tiles of one size in one image.
type tileRun struct {
	image, pixel, tiles, size int
	offsets                   []int32 // (tiles, taps, size)
}

// plan lists runs of tiles from pixel first of the batch on, until the chunk is full or last is reached, and returns the
// pixel after them. The tiles of an image differ in size by one pixel at most.
func (d *tileRuns) plan(first, last int) int {
	c := d.conv
	offsets, area, taps := d.offsets, c.OutH*c.OutW, c.KernelH*c.KernelW
	d.planned = 0
	for first < last && len(offsets) >= taps && d.planned+2 <= len(d.runs) {
		n := min(last-first, area-first%area, len(offsets)/taps)
		tiles := (n + d.most - 1) / d.most
		small := n / tiles
		large := n - tiles*small // tiles of one pixel more
		for _, t := range [2]struct{ tiles, size int }{{large, small + 1}, {tiles - large, small}} {
			if t.tiles == 0 {
				continue
			}
			r := tileRun{first / area, first % area, t.tiles, t.size, offsets[:t.tiles*t.size*taps]}
			d.list(r)
			d.runs[d.planned] = r
			d.planned++
			offsets, first = offsets[len(r.offsets):], first+t.tiles*t.size
		}
	}
	return first
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
