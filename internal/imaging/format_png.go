package imaging

import (
	"bytes"
	"image"
	"image/png"
)

const (
	pngGray      = 0
	pngPalette   = 3
	pngGrayAlpha = 4
)

// pngConfig reads the header, and EXIF from wherever it stands among the chunks.
func pngConfig(s source) (Config, error) {
	head, err := s.read(8, 8+13)
	if err != nil {
		return Config{}, err
	}
	if string(head[4:8]) != "IHDR" || be32(head) != 13 {
		return Config{}, errorf(Corrupt, "corrupt PNG: no IHDR chunk")
	}
	ihdr := head[8:]
	c := Config{Width: be32(ihdr), Height: be32(ihdr[4:])}
	c.memory = pngMemory(c, int64(ihdr[8]), ihdr[9], ihdr[12] != 0)
	c.Orientation = pngOrientation(s)
	return c, nil
}

// pngMemory is what image/png allocates: the picture (RGB takes four bytes a pixel there), once more in passes where it
// is interlaced, and two raw rows.
func pngMemory(c Config, depth int64, colorType byte, interlaced bool) int64 {
	channels := int64(4)
	if colorType == pngGray || colorType == pngPalette {
		channels = 1 // a transparent gray would make it four; asked for again below
	}
	bytes := pixels(c.Width, c.Height) * channels * max(1, depth/8)
	if channels == 1 {
		bytes *= 4
	}
	if interlaced {
		bytes *= 2
	}
	return bytes + 16*int64(c.Width) + 64<<10
}

func pngOrientation(s source) int {
	xmp := 0
	for offset := int64(8); ; {
		head, err := s.read(offset, 8)
		if err != nil {
			return xmp
		}
		n := int64(be32(head))
		body := offset + 8
		offset = body + n + 4
		kind := string(head[4:8])
		if kind != "eXIf" && kind != "iTXt" {
			continue
		}
		if n > s.size {
			return xmp
		}
		block, err := s.read(body, int(n))
		if err != nil {
			return xmp
		}
		if kind == "eXIf" {
			return exifOrientation(block)
		}
		if bytes.HasPrefix(block, []byte("XML:com.adobe.xmp\x00")) {
			xmp = xmpOrientation(block)
		}
	}
}

func openPNG(j *job) (rows, error) {
	m, err := png.Decode(j.reader())
	if err != nil {
		return nil, err
	}
	if depth, colorType := j.data[24], j.data[25]; depth == 16 && colorType == pngGray {
		return gray16Rows(m, j.opts)
	}
	return rowsOf(m)
}

// gray16Rows has Pillow's reading of 16-bit gray, which clips: whatever is brighter than 255 of 65,535 is white.
func gray16Rows(m image.Image, opts Options) (pictureRows, error) {
	opts.warn("16-bit gray: values above 255 are clipped to white, as Pillow does")
	switch m := m.(type) {
	case *image.Gray16:
		return func(dst []byte, y int) { clipGray16Row(dst, m.Pix[y*m.Stride:]) }, nil
	case *image.NRGBA64: // with a transparent gray
		return func(dst []byte, y int) {
			for x, src := 0, m.Pix[y*m.Stride:]; x+3 <= len(dst); x, src = x+3, src[8:] {
				clipGray16Row(dst[x:x+3], src[:2])
			}
		}, nil
	}
	return rowsOf(m)
}
