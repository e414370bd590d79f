package imaging

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"io"
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
		if first && label[0] == 0xF9 && n >= 4 && block[0]&1 != 0 {
			f.transparent = int(block[3])
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

func gifConfig(s source) (Config, error) {
	f, err := parseGIF(s)
	if err != nil {
		return Config{}, err
	}
	return Config{
		Width: f.screen.X, Height: f.screen.Y,
		memory: 2*pixels(f.bounds.Dx(), f.bounds.Dy()) + 64<<10, // the frame, twice while it is de-interlaced
	}, nil
}

// openGIF decodes the first frame and places it on the logical screen, whose other pixels have the transparent index or
// index 0. The frame is handed to image/gif as a file of its own whose palette has all 256 entries: an index beyond the
// palette is gray of that value in Pillow, and an error in Go.
func openGIF(j *job) (rows, error) {
	f, err := parseGIF(bytesSource(j.data))
	if err != nil {
		return nil, err
	}
	table := paletteRGB(nil)
	for i := range len(f.palette) / 3 {
		table[i] = [3]byte(f.palette[3*i:])
	}
	empty := table[max(f.transparent, 0)]
	frame := &image.Paletted{}
	if !f.bounds.Empty() {
		if frame, err = f.decode(j); err != nil {
			return nil, err
		}
	}
	return pictureRows(func(dst []byte, y int) {
		for x := 0; x+3 <= len(dst); x += 3 {
			copy(dst[x:], empty[:])
		}
		if y >= f.bounds.Min.Y && y < f.bounds.Max.Y {
			dst = dst[3*f.bounds.Min.X : 3*f.bounds.Max.X]
			paletteRow(dst, frame.Pix[(y-f.bounds.Min.Y)*frame.Stride:], &table)
		}
	}), nil
}

// decode runs image/gif on the frame alone.
func (f gifFrame) decode(j *job) (*image.Paletted, error) {
	w, h := uint16(f.bounds.Dx()), uint16(f.bounds.Dy())
	head := append(make([]byte, 0, 32+768), "GIF89a"...)
	head = binary.LittleEndian.AppendUint16(head, w)
	head = binary.LittleEndian.AppendUint16(head, h)
	head = append(head, 0xF7, 0, 0)
	head = append(head, make([]byte, 768)...)
	head = append(head, ',', 0, 0, 0, 0)
	head = binary.LittleEndian.AppendUint16(head, w)
	head = binary.LittleEndian.AppendUint16(head, h)
	flags := byte(0)
	if f.interlaced {
		flags = 0x40
	}
	head = append(head, flags)
	m, err := gif.Decode(contextReader{j.ctx, io.MultiReader(bytes.NewReader(head), bytes.NewReader(j.data[f.data:]))})
	if err != nil {
		return nil, err
	}
	return m.(*image.Paletted), nil
}
