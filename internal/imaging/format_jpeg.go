package imaging

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"io"
)

// jpegConfig walks the segments up to the first scan, as Pillow does, for the frame's size and the orientation.
func jpegConfig(s source) (Config, error) {
	c := Config{}
	xmp := 0
	for offset := int64(2); ; {
		marker, next, err := jpegMarker(s, offset)
		if err != nil {
			return c, err
		}
		offset = next
		if marker >= 0xD0 && marker <= 0xD9 || marker == 0x01 {
			continue // stands alone
		}
		length, err := s.read(offset, 2)
		if err != nil {
			return c, err
		}
		n := be16(length) - 2
		if n < 0 {
			return c, errorf(Corrupt, "corrupt JPEG: segment FF%02X of length %d", marker, n+2)
		}
		body := offset + 2
		offset = body + int64(n)
		switch {
		case marker == 0xDA:
			if c.Width == 0 {
				return c, errorf(Corrupt, "corrupt JPEG: a scan before any frame")
			}
			if c.Orientation == 0 {
				c.Orientation = xmp
			}
			return c, nil
		case marker == 0xE1:
			block, err := s.read(body, n)
			if err != nil {
				return c, err
			}
			if bytes.HasPrefix(block, []byte("Exif\x00\x00")) && c.Orientation == 0 {
				c.Orientation = exifOrientation(block)
			} else if bytes.HasPrefix(block, []byte("http://ns.adobe.com/xap/1.0/\x00")) {
				xmp = xmpOrientation(block)
			}
		case isFrameMarker(marker):
			if err := jpegFrame(s, body, n, marker, &c); err != nil {
				return c, err
			}
		}
	}
}

// isFrameMarker tells SOF0 … SOF15 from DHT, JPG and DAC, which lie between them.
func isFrameMarker(marker byte) bool {
	return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
}

// jpegMarker finds the next marker from an offset on, past any junk, and the offset behind it.
func jpegMarker(s source, offset int64) (marker byte, next int64, err error) {
	seenFF := false
	for ; ; offset++ {
		b, err := s.read(offset, 1)
		if err != nil {
			return 0, 0, err
		}
		if seenFF && b[0] != 0 && b[0] != 0xFF {
			return b[0], offset + 1, nil
		}
		seenFF = b[0] == 0xFF
	}
}

// jpegFrame reads a start-of-frame segment.
func jpegFrame(s source, body int64, n int, marker byte, c *Config) error {
	b, err := s.read(body, min(n, 6))
	if err != nil {
		return err
	}
	if len(b) < 6 {
		return errorf(Corrupt, "corrupt JPEG: frame header of %d bytes", n)
	}
	if b[0] != 8 {
		return errorf(Unsupported, "unsupported JPEG: %d bits a sample; convert to 8", b[0])
	}
	c.Height, c.Width = be16(b[1:]), be16(b[3:])
	components := int64(b[5])
	c.memory = pixels(c.Width, c.Height) * components
	if marker == 0xC2 {
		c.memory *= 5
	}
	return nil
}

func openJPEG(ctx context.Context, data []byte, c Config, _ Options, window image.Rectangle) (rows, error) {
	m, err := jpeg.Decode(contextReader{ctx, bytes.NewReader(data)})
	if err != nil {
		if _, ok := err.(jpeg.FormatError); ok && err.Error() == "invalid JPEG format: short Huffman data" {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return &pictureRows{y: window.Min.Y, convert: func(dst []byte, y int) {
			for x := range c.Width {
				i := m.COffset(x, y)
				dst[3*x], dst[3*x+1], dst[3*x+2] = color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[i], m.Cr[i])
			}
		}}, nil
	case *image.CMYK:
		return &pictureRows{y: window.Min.Y, convert: func(dst []byte, y int) {
			for x := range c.Width {
				p := m.Pix[m.PixOffset(x, y):]
				dst[3*x], dst[3*x+1], dst[3*x+2] = color.CMYKToRGB(p[0], p[1], p[2], p[3])
			}
		}}, nil
	}
	return rowsOf(m, window.Min.Y)
}
