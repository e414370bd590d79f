package tiff

import (
	"bytes"
	"context"
	"io"
)

// Decoder reads a picture's rows one after another. All tiles that a row crosses, and the planes of each, are open at once.
type Decoder struct {
	*File
	data     []byte
	next     int       // the row that advance reads
	segments []segment // plane by plane, from the left
	scratch  []byte
}

// segment is an open strip or tile.
type segment struct {
	line   []byte        // the row that was read last
	stored []byte        // what is left of it in the file, if it is raw
	stride int           // of its rows, if it is raw
	decode segmentReader // if it is compressed
}

// NewDecoder reads the headers. data is the whole file and must not change while it is decoded.
func NewDecoder(data []byte) (*Decoder, error) {
	t, err := Parse(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	r := &Decoder{File: t, data: data, segments: make([]segment, t.planes*t.across())}
	r.scratch = make([]byte, max(t.planes*t.tileWidth, t.rowBytes(t.tileWidth)))
	if t.compression == uncompressed {
		return r, r.checkRaw()
	}
	for i := range r.segments {
		r.segments[i].line = make([]byte, t.rowBytes(t.tileWidth))
		r.segments[i].decode = t.newReader()
	}
	return r, t.err
}

// Warning says what is odd about the pixels; "" if nothing is.
func (r *Decoder) Warning() string { return r.layout.warning }

// ReadRow fills dst, 3·Width bytes of RGB, with row y, which is below the one that was read last.
func (r *Decoder) ReadRow(ctx context.Context, dst []byte, y int) error {
	for ; r.next <= y; r.next++ {
		if err := r.advance(ctx); err != nil {
			return err
		}
	}
	across := r.across()
	for column := range across {
		x := column * r.tileWidth
		n := min(r.tileWidth, r.Width-x)
		line := r.segments[column].line
		if r.planes > 1 {
			line = r.scratch[:r.planes*n]
			bytes := r.pixelBits / 8
			high := samples{bits: r.pixelBits}.high(r.order)
			for plane := range r.planes {
				samples := r.segments[plane*across+column].line
				for i := range n {
					line[i*r.planes+plane] = samples[i*bytes+high]
				}
			}
		}
		if r.compression == uncompressed && r.samples.reversed {
			line = append(r.scratch[:0], line[:r.rowBytes(n)]...)
			reverseBits(line)
		}
		r.layout.convert(dst[3*x:3*(x+n)], line)
	}
	return nil
}

// Finish decodes what is below the window, and what hangs over the lower edge, so that damage there is noticed. What is
// raw was looked at before.
func (r *Decoder) Finish(ctx context.Context) error {
	if r.compression == uncompressed {
		return nil
	}
	end := r.Height
	if r.tiled {
		end = r.down() * r.tileLength
	}
	for ; r.next < end; r.next++ {
		if err := r.advance(ctx); err != nil {
			return err
		}
	}
	return nil
}

// advance reads the next row of each segment.
func (r *Decoder) advance(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range r.segments {
		s := &r.segments[i]
		if r.next%r.tileLength == 0 {
			plane, column := i/r.across(), i%r.across()
			if err := r.open(s, plane, r.next/r.tileLength*r.across()+column); err != nil {
				return err
			}
		}
		if s.decode == nil {
			s.nextStored()
			continue
		}
		if err := s.decode.readRow(ctx, s.line); err != nil {
			return err
		}
		if err := r.unpredict(s.line); err != nil {
			return err
		}
		if last := (r.next+1)%r.tileLength == 0 || !r.tiled && r.next+1 == r.Height; last {
			if err := s.decode.end(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *segment) nextStored() {
	if s.stride > 0 {
		s.line = s.stored
		s.stored = s.stored[min(s.stride, len(s.stored)):]
	}
}

// open begins the strip or tile at a position, counted row by row.
func (r *Decoder) open(s *segment, plane, position int) error {
	if r.compression != uncompressed {
		data, err := r.compressed(plane*r.across()*r.down() + position)
		if err != nil {
			return err
		}
		rows := r.tileLength
		if !r.tiled {
			rows = min(rows, r.Height-r.next)
		}
		return s.decode.reset(data, rows)
	}
	offset, stride := r.raw(plane, position)
	s.stride = stride
	if s.stored = r.data[max(offset, 0):]; offset < 0 {
		s.stride = 0
		s.line = bytes.Repeat([]byte{r.layout.missing}, r.rowBytes(r.tileWidth))
	}
	return nil
}

// raw is where a raw strip or tile begins, -1 if it is missing, and the distance of its rows. Where several claim the same
// place, it is the one furthest in the file.
func (r *Decoder) raw(plane, position int) (offset int64, stride int) {
	tag, _ := r.placeTags()
	positions, count := int64(r.across()*r.down()), r.fields[tag].count
	i := int64(plane)*positions + int64(position)
	if r.lastOnly && !r.planar {
		i = count - 1
	}
	offset = -1
	for ; i < count; i += positions {
		if offset = max(offset, r.value(tag, i)); r.planar {
			break
		}
	}
	n := min(r.tileWidth, r.Width-position%r.across()*r.tileWidth)
	if stride = r.rowBytes(n); n < r.tileWidth && r.tileStride > 0 {
		stride = r.tileStride
	}
	return offset, stride
}

// checkRaw refuses raw pixels that are not all in the file.
func (r *Decoder) checkRaw() error {
	tag, _ := r.placeTags()
	count, positions := r.fields[tag].count, r.across()*r.down()
	if count == 0 || r.planar && count > int64(r.planes*positions) {
		return corrupt("%d strips or tiles, want %d", count, r.planes*positions)
	}
	for i := range int(min(int64(r.planes)*int64(positions), count)) {
		plane, position := i/positions, i%positions
		offset, stride := r.raw(plane, position)
		column, down := position%r.across(), position/r.across()
		n := r.rowBytes(min(r.tileWidth, r.Width-column*r.tileWidth))
		length := min(r.tileLength, r.Height-down*r.tileLength)
		switch {
		case offset < 0:
			return corrupt("a strip or tile without a place")
		case n > stride:
			return corrupt("rows of %d bytes, want %d", stride, n)
		case offset > r.size-int64(n) || int64(stride)*int64(length-1) > r.size-int64(n)-offset:
			return io.ErrUnexpectedEOF
		}
	}
	return r.err
}
