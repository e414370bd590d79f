package imaging

import (
	"bytes"
	"io"

	"golang.org/x/image/bmp"
)

func bmpConfig(s source) (Config, error) {
	head, err := s.read(14, 16)
	if err != nil {
		return Config{}, err
	}
	if n := le32(head); n < 40 {
		return Config{}, errorf(Unsupported, "unsupported BMP: the header of OS/2; convert to PNG")
	}
	w, h := int(int32(le32(head[4:]))), int(int32(le32(head[8:])))
	if h < 0 { // rows from the top
		h = -h
	}
	c := Config{Width: w, Height: h}
	c.memory = 4*pixels(w, h) + 8*int64(w)
	return c, nil
}

// openBMP adds the padding of the last row where a file lacks it: no pixel is missing then.
func openBMP(j *job) (rows, error) {
	bits := j.config.Width * le16(j.data[28:])
	padding := (32 - bits%32) % 32 / 8
	m, err := bmp.Decode(io.MultiReader(j.reader(), bytes.NewReader(make([]byte, padding))))
	if err != nil {
		return nil, err
	}
	return rowsOf(m)
}
