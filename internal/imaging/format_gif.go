package imaging

import (
	"context"
	"image"

	"resnet/internal/imaging/rgb"
)

// gifFrame is the first frame of a GIF and what stands before it.
type gifFrame struct {
	screen      image.Point // grown where the frame hangs over
	bounds      image.Rectangle
	transparent int // index, -1 where there is none
	palette     []byte
	interlaced  bool
	data        int64 // offset of the LZW code size
}

// parseGIF walks the blocks to the first frame.
func parseGIF(s source) (gifFrame, error) {
	f := gifFrame{transparent: -1}
	head, err := s.read(0, 13)
	if err != nil {
		return f, err
	}
	f.screen = image.Pt(le16(head[6:]), le16(head[8:]))
	offset := int64(13)
	if f.palette, offset, err = gifPalette(s, head[10], offset); err != nil {
		return f, err
	}
	for {
		b, err := s.read(offset, 1)
		if err != nil {
			return f, err
		}
		offset++
		switch b[0] {
		case '!':
			if offset, err = f.extension(s, offset); err != nil {
				return f, err
			}
		case ',':
			return f, f.descriptor(s, offset)
		case ';':
			return f, errorf(Corrupt, "corrupt GIF: no frame")
		}
	}
}

// gifPalette is the colour table that a flags byte announces; nil without one.
func gifPalette(s source, flags byte, offset int64) ([]byte, int64, error) {
	if flags&0x80 == 0 {
		return nil, offset, nil
	}
	n := 3 << (flags&7 + 1)
	p, err := s.read(offset, n)
	return p, offset + int64(n), err
}

// extension skips an extension's blocks, after a look at the transparent index of a graphic control.
func (f *gifFrame) extension(s source, offset int64) (int64, error) {
	label, err := s.read(offset, 1)
	if err != nil {
		return 0, err
	}
	offset++
	for first := true; ; first = false {
		size, err := s.read(offset, 1)
		if err != nil {
			return 0, err
		}
		n := int(size[0])
		block, err := s.read(offset+1, n)
		if err != nil {
			return 0, err
		}
		if first && label[0] == 0xF9 && n > 0 {
			if n < 4 {
				return 0, errorf(Corrupt, "corrupt GIF: a graphic control of %d bytes", n)
			}
			if block[0]&1 != 0 {
				f.transparent = int(block[3])
			}
		}
		offset += 1 + int64(n)
		if n == 0 {
			return offset, nil
		}
	}
}

func (f *gifFrame) descriptor(s source, offset int64) error {
	b, err := s.read(offset, 9)
	if err != nil {
		return err
	}
	x, y := le16(b), le16(b[2:])
	f.bounds = image.Rect(x, y, x+le16(b[4:]), y+le16(b[6:]))
	f.screen = image.Pt(max(f.screen.X, f.bounds.Max.X), max(f.screen.Y, f.bounds.Max.Y))
	f.interlaced = b[8]&0x40 != 0
	if f.bounds.Empty() {
		return errorf(Corrupt, "corrupt GIF: a frame of %d×%d pixels", f.bounds.Dx(), f.bounds.Dy())
	}
	palette, offset, err := gifPalette(s, b[8], offset+9)
	if err != nil {
		return err
	}
	if palette != nil {
		f.palette = palette
	}
	f.data = offset
	return nil
}

// table has the colours of all indices. Beyond a palette they are black; without one, and with one that only says that
// each index is gray of its value, all are gray.
func (f gifFrame) table() (t rgb.Table) {
	gray := true
	for i := range len(f.palette) / 3 {
		t[i] = [3]byte(f.palette[3*i:])
		gray = gray && t[i] == [3]byte{byte(i), byte(i), byte(i)}
	}
	if gray {
		for i := range t {
			t[i] = [3]byte{byte(i), byte(i), byte(i)}
		}
	}
	return t
}

func gifConfig(s source) (Config, error) {
	f, err := parseGIF(s)
	if err != nil {
		return Config{}, err
	}
	c := Config{Width: f.screen.X, Height: f.screen.Y, memory: 64 << 10}
	if f.interlaced {
		c.memory += pixels(f.bounds.Dx(), f.bounds.Dy())
	}
	return c, nil
}

// gifRows decodes the first frame and places it on the logical screen, whose other pixels have the transparent index or
// index 0.
type gifRows struct {
	gifFrame
	ctx     context.Context
	colours rgb.Table
	lzw     *gifLZW
	line    []byte // indices of a row of the frame
	whole   []byte // of all rows, where they are interlaced
	done    int
}

func openGIF(j *job) (rows, error) {
	f, err := parseGIF(bytesSource(j.data))
	if err != nil {
		return nil, err
	}
	r := &gifRows{gifFrame: f, ctx: j.ctx, colours: f.table(), line: make([]byte, f.bounds.Dx())}
	width, err := bytesSource(j.data).read(f.data, 1)
	if err != nil {
		return nil, err
	}
	if width[0] > 12 {
		return nil, errorf(Corrupt, "corrupt GIF: LZW code size %d", width[0])
	}
	r.lzw = newGIFLZW(int(width[0]), j.data[f.data+1:])
	if f.interlaced {
		return r, r.deinterlace()
	}
	return r, nil
}

func (r *gifRows) row(dst []byte, y int) error {
	empty := r.colours[max(r.transparent, 0)]
	for x := 0; x+3 <= len(dst); x += 3 {
		copy(dst[x:], empty[:])
	}
	y -= r.bounds.Min.Y
	if y < 0 || y >= r.bounds.Dy() {
		return nil
	}
	if r.interlaced {
		r.line = r.whole[y*r.bounds.Dx():]
	}
	for ; r.done <= y && !r.interlaced; r.done++ {
		if err := r.readRow(r.line); err != nil {
			return err
		}
	}
	rgb.Index(dst[3*r.bounds.Min.X:3*r.bounds.Max.X], r.line, 8, &r.colours)
	return nil
}

func (r *gifRows) readRow(line []byte) error {
	if err := checkContext(r.ctx); err != nil {
		return err
	}
	return r.lzw.readRow(line)
}

func (r *gifRows) finish() error {
	for ; r.done < r.bounds.Dy() && !r.interlaced; r.done++ {
		if err := r.readRow(r.line); err != nil {
			return err
		}
	}
	return nil
}

// deinterlace reads all rows: every eighth, those between, every second of what is left, the rest.
func (r *gifRows) deinterlace() error {
	w, h := r.bounds.Dx(), r.bounds.Dy()
	r.whole = make([]byte, w*h)
	for _, p := range [...]struct{ y, step int }{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		for y := p.y; y < h; y += p.step {
			if err := r.readRow(r.whole[y*w : (y+1)*w]); err != nil {
				return err
			}
		}
	}
	return nil
}
