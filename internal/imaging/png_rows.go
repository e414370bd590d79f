package imaging

import (
	"compress/zlib"
	"context"
	"io"

	"resnet/internal/imaging/rgb"
)

// pngRows inflates, unfilters and converts a PNG's rows one at a time.
type pngRows struct {
	pngFile
	ctx        context.Context
	inflate    io.Reader
	this, last []byte // rows with the filter's byte in front
	done       int
	begun      bool // a row was read
}

// begin starts a picture, or a pass of one, of that width.
func (r *pngRows) begin(width int) {
	n := 1 + r.rowBytes(width)
	r.this, r.last = make([]byte, n), make([]byte, n)
}

func (r *pngRows) row(dst []byte, y int) error {
	for ; r.done <= y; r.done++ {
		if err := r.advance(); err != nil {
			return err
		}
	}
	r.convert(dst, r.this[1:])
	return nil
}

// finish inflates what is below the window, so that a file that is cut short there is noticed, and the checksum behind
// it. More rows do not matter. A file that ends between the two is whole enough for Pillow, and it does not see a checksum
// that stands in another piece than the end of the picture.
func (r *pngRows) finish() error {
	for ; r.done < r.height && !r.interlaced; r.done++ {
		if err := r.read(); err != nil {
			return err
		}
	}
	n, err := r.inflate.Read(make([]byte, 1))
	if n > 0 || isEOF(err) || err == zlib.ErrChecksum && !r.data.together(4) {
		return nil
	}
	return err
}

// advance reads the next row.
func (r *pngRows) advance() error {
	r.this, r.last = r.last, r.this
	if err := r.read(); err != nil {
		return err
	}
	unfilter(r.this[0], r.this[1:], r.last[1:], r.pixelBytes())
	return nil
}

// read inflates a row. Rows behind a proper end of the stream are 0, as Pillow has them.
func (r *pngRows) read() error {
	if err := checkContext(r.ctx); err != nil {
		return err
	}
	n, err := io.ReadFull(r.inflate, r.this)
	switch {
	case err == io.EOF && n == 0 && r.begun:
		clear(r.this)
	case err != nil:
		return err
	case r.this[0] > 4:
		return errorf(Corrupt, "corrupt PNG: unknown filter %d", r.this[0])
	}
	r.begun = true
	return nil
}

// unfilter undoes one of PNG's filters; back is the distance of the pixel to the left, above the row before.
func unfilter(filter byte, row, above []byte, back int) {
	above = above[:len(row)]
	switch filter {
	case 0:
	case 1: // left
		for i := back; i < len(row); i++ {
			row[i] += row[i-back]
		}
	case 2: // up
		for i := range row {
			row[i] += above[i]
		}
	case 3: // average
		for i := range min(back, len(row)) {
			row[i] += above[i] / 2
		}
		for i := back; i < len(row); i++ {
			row[i] += byte((int(row[i-back]) + int(above[i])) / 2)
		}
	case 4: // Paeth
		for i := range min(back, len(row)) {
			row[i] += above[i]
		}
		for i := back; i < len(row); i++ {
			row[i] += paeth(row[i-back], above[i], above[i-back])
		}
	}
}

// paeth is the neighbour that is nearest to left + up - corner.
func paeth(left, up, corner byte) byte {
	a, b := int(up)-int(corner), int(left)-int(corner)
	c := abs(a + b)
	switch a, b = abs(a), abs(b); {
	case a <= b && a <= c:
		return left
	case b <= c:
		return up
	}
	return corner
}

func abs(v int) int { return max(v, -v) }

// convert makes RGB of a row: alpha is dropped, 16 bits keep the high byte, but gray of 16 bits is clipped.
func (r *pngRows) convert(dst, raw []byte) {
	wide := r.depth / 8
	switch {
	case r.colour == pngPalette:
		rgb.Index(dst, raw, r.depth, &r.palette)
	case r.colour == pngGray && r.depth == 16:
		clipGray16Row(dst, raw)
	case r.depth < 8:
		rgb.Index(dst, raw, r.depth, &rgb.Grays[r.depth])
	case r.colour == pngGray || r.colour == pngGrayAlpha:
		rgb.Stride(dst, raw, r.pixelBytes(), 0, 0, 0)
	default:
		rgb.Stride(dst, raw, r.pixelBytes(), 0, wide, 2*wide)
	}
}

// deinterlace decodes the seven passes of Adam7 into a whole picture.
func (r *pngRows) deinterlace() (rows, error) {
	im := NewImage(r.width, r.height)
	line := make([]byte, 3*r.width)
	for _, p := range [...]struct{ x, y, dx, dy int }{
		{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
	} {
		if p.x >= r.width {
			continue
		}
		n := (r.width - p.x + p.dx - 1) / p.dx
		r.begin(n)
		for y := p.y; y < r.height; y += p.dy {
			if err := r.advance(); err != nil {
				return nil, err
			}
			r.convert(line[:3*n], r.this[1:])
			out := im.Row(y)
			for i := range n {
				copy(out[3*(p.x+i*p.dx):], line[3*i:3*i+3])
			}
		}
	}
	return interlacedPNG{pictureRows(func(dst []byte, y int) { copy(dst, im.Row(y)) }), r}, nil
}

// interlacedPNG hands out the whole picture's rows, and ends as any PNG.
type interlacedPNG struct {
	pictureRows
	decoded *pngRows
}

func (p interlacedPNG) finish() error { return p.decoded.finish() }
