package imaging

import (
	"bytes"
	"context"
	"image"
	"io"

	"golang.org/x/image/tiff"
)

func tiffConfig(s source) (Config, error) {
	m, err := tiff.DecodeConfig(io.NewSectionReader(s, 0, s.size))
	if err != nil {
		return Config{}, err
	}
	c := Config{Width: m.Width, Height: m.Height, Orientation: tiffOrientation(s)}
	c.memory = 16 * pixels(c.Width, c.Height) // up to eight bytes a pixel in the picture, and in one strip
	return c, nil
}

func openTIFF(j *job) (rows, error) {
	m, err := tiff.Decode(contextReaderAt{j.ctx, bytes.NewReader(j.data)})
	if err != nil {
		return nil, err
	}
	if g, ok := m.(*image.Gray16); ok {
		return gray16Rows(g, j.opts)
	}
	return rowsOf(m)
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
