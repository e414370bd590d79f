package imaging

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/tiff"
)

// The tags that decide whether x/image/tiff reads a file as Pillow does.
const (
	tiffCompression    = 259
	tiffPhotometric    = 262
	tiffFillOrder      = 266
	tiffRowsPerStrip   = 278
	tiffPlanar         = 284
	tiffTileWidth      = 322
	tiffTileLength     = 323
	tiffExtraSamples   = 338
	whiteIsZero        = 0
	blackIsZero        = 1
	group3, group4     = 3, 4
	premultipliedAlpha = 1
)

// tiffTags are the numbers of the first directory, by tag; of a list, the first.
type tiffTags map[int]int

func readTIFFTags(s source) (tags tiffTags, bigEndian bool) {
	tags = tiffTags{}
	walkTIFF(s, func(order binary.ByteOrder, entry []byte) {
		bigEndian = order == binary.BigEndian
		size := map[uint16]uint32{1: 1, 3: 2, 4: 4}[order.Uint16(entry[2:])]
		value := entry[8:12]
		if count := order.Uint32(entry[4:]); count > 4 || size*count > 4 {
			var err error
			if value, err = s.read(int64(order.Uint32(value)), 4); err != nil {
				return
			}
		}
		tag := int(order.Uint16(entry))
		switch size {
		case 1:
			tags[tag] = int(value[0])
		case 2:
			tags[tag] = int(order.Uint16(value))
		case 4:
			tags[tag] = int(order.Uint32(value))
		}
	})
	return tags, bigEndian
}

func tiffConfig(s source) (Config, error) {
	m, err := tiff.DecodeConfig(io.NewSectionReader(s, 0, s.size))
	if err != nil {
		return Config{}, err
	}
	tags, bigEndian := readTIFFTags(s)
	compression := tags[tiffCompression]
	switch {
	case tags[tiffPlanar] == 2:
		return Config{}, errorf(Unsupported, "unsupported TIFF: a plane for each channel; convert to PNG")
	case tags[tiffFillOrder] == 2 && compression != group3 && compression != group4:
		return Config{}, errorf(Unsupported, "unsupported TIFF: reversed bits; convert to PNG")
	case bigEndian && tags[tiffPhotometric] == whiteIsZero && tags[258] == 16:
		return Config{}, errorf(Unsupported, "unsupported TIFF: 16-bit gray with white as 0; convert to PNG")
	}
	c := Config{Width: m.Width, Height: m.Height, Orientation: tiffOrientation(s)}
	c.memory = tiffMemory(c, tags)
	return c, nil
}

// tiffMemory is the picture, of up to eight bytes a pixel, and one strip or tile: inflated, in a buffer that grows by
// doubling up to that limit.
func tiffMemory(c Config, tags tiffTags) int64 {
	rows := c.Height
	if n := tags[tiffRowsPerStrip]; n > 0 {
		rows = min(rows, n)
	}
	strip := pixels(c.Width, rows)
	if tags[tiffTileWidth] > 0 {
		strip = pixels(tags[tiffTileWidth], tags[tiffTileLength])
	}
	bytes := int64(4)
	switch wide := tags[258] == 16; {
	case wide && tags[tiffPhotometric] == 2:
		bytes = 8
	case wide:
		bytes = 2
	case tags[tiffPhotometric] != 2:
		bytes = 1
	}
	return bytes*pixels(c.Width, c.Height) + 24*min(strip, DefaultMaxPixels) + 64<<10
}

func openTIFF(j *job) (rows, error) {
	m, err := tiff.Decode(contextReaderAt{j.ctx, bytes.NewReader(j.data)})
	if err != nil {
		return nil, err
	}
	tags, _ := readTIFFTags(bytesSource(j.data))
	photometric, compression := tags[tiffPhotometric], tags[tiffCompression]
	switch m := m.(type) {
	case *image.Gray16:
		j.opts.warn(gray16Warning)
		invert := byte(0)
		if photometric == whiteIsZero {
			invert = 0xFF // Pillow takes white for 0 as black for 0 here
		}
		return pictureRows(func(dst []byte, y int) {
			row := m.Pix[y*m.Stride : y*m.Stride+2*j.config.Width]
			for i := range row {
				row[i] ^= invert
			}
			clipGray16Row(dst, row, 2)
		}), nil
	case *image.Gray:
		if photometric == blackIsZero && (compression == group3 || compression == group4) {
			// Fax codes are of white and black as 0 and 1; libtiff leaves their meaning to this tag, Go's decoder does not.
			for i := range m.Pix {
				m.Pix[i] ^= 0xFF
			}
		}
	case *image.RGBA:
		if tags[tiffExtraSamples] == premultipliedAlpha {
			return pictureRows(func(dst []byte, y int) { unmultiplyRow(dst, m.Pix[y*m.Stride:], 1) }), nil
		}
	case *image.RGBA64:
		if tags[tiffExtraSamples] == premultipliedAlpha {
			return pictureRows(func(dst []byte, y int) { unmultiplyRow(dst, m.Pix[y*m.Stride:], 2) }), nil
		}
	}
	return rowsOf(m)
}

// unmultiplyRow divides by alpha as Pillow does, on the high bytes of samples of that many bytes.
func unmultiplyRow(dst, src []byte, bytes int) {
	for ; len(dst) >= 3; dst, src = dst[3:], src[4*bytes:] {
		alpha := int(src[3*bytes])
		for i := range 3 {
			v := int(src[i*bytes])
			if alpha == 0 {
				v = 0
			} else {
				v = min(v*255/alpha, 255)
			}
			dst[i] = byte(v)
		}
	}
}

// contextReaderAt ends with the context; the decoder reads a strip at a time.
type contextReaderAt struct {
	ctx context.Context
	*bytes.Reader
}

func (r contextReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if err := checkContext(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.ReadAt(p, offset)
}
