package ops

import (
	"unsafe"
)

// newInt8Stem makes the kernel of a first convolution. It quantizes the rows of the image that some rows of the output
// need, with the channels of a pixel side by side, so that a row of the kernel reads consecutive bytes.
func newInt8Stem(s *int8TileSet) *Int8Kernel {
	return checkedInt8(Int8Kernel{
		Name:       "int8stem-" + s.level.String(),
		Level:      s.level,
		Image:      true,
		Accepts:    func(c Conv) bool { return c.In <= 16 && c.Groups == 1 && c.Dilation == 1 && fitsOffsets(c) },
		PackedLen:  func(c Conv) int { return s.stemPanels(c) * s.stemPanelBytes(c) },
		Pack:       s.packStem,
		ScratchLen: s.stemScratchLen,
		Run:        s.runStem,
	})
}

func (s *int8TileSet) stemPanels(c Conv) int { return int8BlocksOf(c.Out) * s.panelsPerBlock() }

// rowQuads is the number of quads in a row of the kernel; the last may reach past it, with weights of zero.
func rowQuads(c Conv) int { return (c.KernelW*c.In + int8Quad - 1) / int8Quad }

func (s *int8TileSet) stemPanelBytes(c Conv) int {
	return s.headBytes() + c.KernelH*rowQuads(c)*s.quadBytes()
}

// packStem writes, for each panel, its head and (kh, quads of a row).
func (s *int8TileSet) packStem(dst []byte, w Int8Weights, c Conv) {
	for i := range s.stemPanels(c) {
		first := i * s.channels
		dst = s.packHead(dst, w, first)
		for kh := range c.KernelH {
			for quad := range rowQuads(c) {
				dst = s.packQuad(dst, func(o, k int) int8 {
					k += quad * int8Quad
					if first+o >= c.Out || k >= c.KernelW*c.In {
						return 0
					}
					return w.Weight[(((first+o)*c.In+k%c.In)*c.KernelH+kh)*c.KernelW+k/c.In]
				})
			}
		}
	}
}

// stemRows is the number of output rows whose input is quantized at a time: it stays in the first-level cache.
func (s *int8TileSet) stemRows() int { return 16 / s.size() }

// stemStrip is the size of the quantized rows: padded images' rows, one behind the other. What is read behind the image
// may be more than the padding before it.
func (s *int8TileSet) stemStrip(c Conv) (rows, rowLen int) {
	return (s.stemRows()-1)*c.Stride + c.KernelH, max(c.Padding+c.InW, (c.OutW-1)*c.Stride+c.KernelW) * c.In
}

// stripBytes is the room for the quantized rows, with what is read behind them: whole blocks of 32 bytes.
func (s *int8TileSet) stripBytes(c Conv) int {
	rows, rowLen := s.stemStrip(c)
	return (rows*rowLen + int8Quad + 31) &^ 31
}

func (s *int8TileSet) stemScratchLen(c Conv) int {
	n := s.sumBytes() + 4*(c.OutW+c.KernelH*rowQuads(c)) + s.stripBytes(c)
	if s.widen != nil {
		n += 2 * s.stripBytes(c)
	}
	return n
}

// int8Stem is one call of runStem.
type int8Stem struct {
	int8Call
	runs    [2]tileRun // a row of the output, as tiles
	taps    []int32    // bytes from a pixel's first input to each quad
	sums    []int32
	strip   []uint8
	words   []uint8 // the strip as words, for tiles that multiply these
	rowSize int
}

func (s *int8TileSet) runStem(a *Int8Args) {
	d := int8Stem{int8Call: s.call(a)}
	scratch := a.Scratch
	take := func(n int) (part []byte) {
		part, scratch = scratch[:n], scratch[n:]
		return part
	}
	d.sums = cast[int32](take(s.sumBytes()))
	offsets := cast[int32](take(4 * a.OutW))
	d.taps = cast[int32](take(4 * a.KernelH * rowQuads(a.Conv)))
	d.strip, d.words = take(s.stripBytes(a.Conv)), scratch
	_, d.rowSize = s.stemStrip(a.Conv)
	for i := range offsets {
		offsets[i] = int32(i * a.Stride * a.In * s.size())
	}
	for i := range d.taps {
		d.taps[i] = int32((i/rowQuads(a.Conv)*d.rowSize + i%rowQuads(a.Conv)*int8Quad) * s.size())
	}
	tiles := (a.OutW + len(s.stem) - 1) / len(s.stem)
	small := a.OutW / tiles
	large := a.OutW - tiles*small
	d.runs[0] = tileRun{0, 0, large, small + 1, 0, offsets}
	d.runs[1] = tileRun{0, large * (small + 1), tiles - large, small, 0, offsets[large*(small+1):]}

	row, last := share(a.Batch*a.OutH, a.Part, a.Parts)
	for row < last {
		rows := min(s.stemRows(), last-row, a.OutH-row%a.OutH)
		d.quantize(row/a.OutH, row%a.OutH*a.Stride-a.Padding, (rows-1)*a.Stride+a.KernelH)
		input := d.strip
		if s.widen != nil {
			input = d.words
			s.widen(&input[0], &d.strip[0], len(d.strip)/32)
		}
		for panel := range s.stemPanels(a.Conv) {
			for y := range rows {
				d.row(panel, row/a.OutH, row%a.OutH+y, input[y*a.Stride*d.rowSize*s.size():])
			}
		}
		row += rows
	}
}

// quantize fills the strip with rows of image n from row y on, which may lie outside it. Rows are written in order, as
// each may spill a little into the next.
func (d *int8Stem) quantize(n, y, rows int) {
	border := d.Padding * d.In
	for i := range rows {
		row := d.strip[i*d.rowSize:]
		if y+i < 0 || y+i >= d.InH {
			fillBytes(row[:d.rowSize], d.Param.Zero)
			continue
		}
		plane := d.InH * d.InW
		d.Param.quantizeRow(row[border:], d.Image[n*d.In*plane+(y+i)*d.InW:], d.In, d.InW, plane)
		fillBytes(row[:border], d.Param.Zero)
		fillBytes(row[border+d.InW*d.In:d.rowSize], d.Param.Zero)
	}
}

// quantizeRow interleaves the rows of channels that are plane floats apart.
func (p Int8Param) quantizeRow(dst []uint8, src []float32, channels, n, plane int) {
	inverse, done := 1/p.Scale, 0
	if channels == 3 {
		done = quantizePixels(dst, src[:2*plane+n], plane, n, inverse, p.Zero)
	}
	for c := range channels {
		for i, x := range src[c*plane:][done:n] {
			dst[(done+i)*channels+c] = p.Quantize(x, inverse)
		}
	}
}

// row computes a panel's channels of row y of image n, whose input begins at strip.
func (d *int8Stem) row(panel, n, y int, strip []uint8) {
	size := d.stemPanelBytes(d.Conv)
	head, weights := d.Weights[panel*size:][:d.headBytes()], d.Weights[panel*size+d.headBytes():]
	bias, scale := cast[int32](head[:len(head)/2]), cast[float32](head[len(head)/2:])
	first := panel * d.channels
	for _, r := range d.runs {
		if r.tiles == 0 {
			continue
		}
		pixel, tile := y*d.OutW+r.pixel, d.stem[r.size-1]
		if d.Floats != nil {
			for t := range r.tiles {
				sums := d.sums[:r.size*d.channels]
				tile(nil, &sums[0], &strip[0], nil, (*int8)(unsafe.Pointer(&weights[0])), &bias[0], &scale[0], nil, 0,
					&r.offsets[t*r.size], &d.taps[0], 1, len(d.taps))
				d.scatter(sums, scale, n, first, pixel+t*r.size)
			}
			continue
		}
		dst, add := d.place(n, first, pixel)
		tile(dst, nil, &strip[0], nil, (*int8)(unsafe.Pointer(&weights[0])), &bias[0], &scale[0], add, d.AddScale,
			&r.offsets[0], &d.taps[0], r.tiles, len(d.taps))
	}
}

func fillBytes(dst []byte, v byte) {
	for i := range dst {
		dst[i] = v
	}
}
