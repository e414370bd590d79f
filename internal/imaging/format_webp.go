package imaging

import (
	"bytes"
	"context"
	"image"
	"image/color"

	"golang.org/x/image/webp"
)

func webpConfig(s source) (Config, error) {
	head, err := s.read(0, 30)
	if err != nil {
		return Config{}, err
	}
	c := Config{}
	switch string(head[12:16]) {
	case "VP8 ":
		c.Width, c.Height = le16(head[26:])&0x3FFF, le16(head[28:])&0x3FFF
	case "VP8L":
		bits := le32(head[21:])
		c.Width, c.Height = bits&0x3FFF+1, bits>>14&0x3FFF+1
	case "VP8X":
		c.Width, c.Height = le32(head[24:])&0xFFFFFF+1, le32(head[26:])>>8&0xFFFFFF+1
	}
	c.memory = 9 * pixels(c.Width, c.Height)
	return c, nil
}

func openWebP(ctx context.Context, data []byte, c Config, _ Options, window image.Rectangle) (rows, error) {
	m, err := webp.Decode(contextReader{ctx, bytes.NewReader(data)})
	if err != nil {
		return nil, err
	}
	var planes *image.YCbCr
	switch m := m.(type) {
	case *image.YCbCr:
		planes = m
	case *image.NYCbCrA:
		planes = &m.YCbCr
	default:
		return rowsOf(m, window.Min.Y)
	}
	return &pictureRows{y: window.Min.Y, convert: func(dst []byte, y int) {
		for x := range c.Width {
			i := planes.COffset(x, y)
			dst[3*x], dst[3*x+1], dst[3*x+2] = color.YCbCrToRGB(planes.Y[planes.YOffset(x, y)], planes.Cb[i], planes.Cr[i])
		}
	}}, nil
}
