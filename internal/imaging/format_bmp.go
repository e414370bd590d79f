package imaging

import (
	"golang.org/x/image/bmp"
)

func bmpConfig(s source) (Config, error) {
	head, err := s.read(14, 12)
	if err != nil {
		return Config{}, err
	}
	if le32(head) == 12 {
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

func openBMP(j *job) (rows, error) {
	m, err := bmp.Decode(j.reader())
	if err != nil {
		return nil, err
	}
	return rowsOf(m)
}
