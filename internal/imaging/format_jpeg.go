package imaging

import (
	"bytes"
	"context"

	"resnet/internal/imaging/jpeg"
)

// jpegConfig walks the segments up to the first scan, as Pillow does, for the frame's size and the orientation.
func jpegConfig(s source) (Config, error) {
	c := Config{}
	var sampling []byte
	progressive := false
	xmp := 0
	for offset := int64(2); ; {
		marker, next, err := jpegMarker(s, offset)
		if err != nil {
			return c, err
		}
		offset = next
		if marker < 0xC0 { // reserved; TEM, which arithmetic coding has
			return c, errorf(Corrupt, "corrupt JPEG: marker FF%02X before the picture", marker)
		}
		if marker >= 0xD0 && marker <= 0xD9 {
			continue // stands alone
		}
		length, err := s.read(offset, 2)
		if err != nil {
			return c, err
		}
		body, n := offset+2, max(be16(length)-2, 0)
		offset = body + int64(n)
		switch {
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
			progressive = marker == 0xC2
			if sampling, err = jpegFrame(s, body, &c); err != nil {
				return c, err
			}
		case marker == 0xDA:
			if sampling == nil {
				return c, errorf(Corrupt, "corrupt JPEG: a scan before any frame")
			}
			count, err := s.read(body, 1)
			if err != nil {
				return c, err
			}
			if c.Orientation == 0 {
				c.Orientation = xmp
			}
			c.memory = jpeg.Memory(c.Width, c.Height, sampling, progressive || int(count[0]) < len(sampling))
			return c, nil
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

// jpegFrame reads the size from a frame's header, and its components' sampling factors.
func jpegFrame(s source, body int64, c *Config) (sampling []byte, err error) {
	b, err := s.read(body, 6)
	if err != nil {
		return nil, err
	}
	if b[0] != 8 {
		return nil, errorf(Unsupported, "unsupported JPEG: %d bits a sample; convert to 8", b[0])
	}
	c.Height, c.Width = be16(b[1:]), be16(b[3:])
	sampling = make([]byte, b[5])
	components, err := s.read(body+6, 3*len(sampling))
	for i := range sampling {
		if err == nil {
			sampling[i] = components[3*i+1]
		}
	}
	return sampling, err
}

func openJPEG(j *job) (rows, error) {
	d, err := jpeg.NewDecoder(j.data)
	if err != nil {
		return nil, err
	}
	d.SetWindow(j.window)
	return jpegRows{j.ctx, d}, nil
}

type jpegRows struct {
	ctx context.Context
	*jpeg.Decoder
}

func (r jpegRows) row(dst []byte, _ int) error { return r.ReadRow(r.ctx, dst) }
func (r jpegRows) finish() error               { return r.Finish(r.ctx) }
