package imaging

import (
	"compress/zlib"
	"hash/crc32"
	"strings"

	"resnet/internal/imaging/rgb"
)

// pngHeader is what IHDR says.
type pngHeader struct {
	width, height int
	depth         int // bits a sample
	colour        int
	interlaced    bool
}

// The colour types of PNG.
const (
	pngGray      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGrayAlpha = 4
	pngRGBA      = 6
)

func readPNGHeader(s source) (pngHeader, error) {
	b, err := s.read(8, 8+13)
	if err != nil {
		return pngHeader{}, err
	}
	if string(b[4:8]) != "IHDR" || be32(b) < 13 {
		return pngHeader{}, errorf(Corrupt, "corrupt PNG: no IHDR chunk")
	}
	b = b[8:]
	h := pngHeader{width: be32(b), height: be32(b[4:]), depth: int(b[8]), colour: int(b[9]), interlaced: b[12] != 0}
	if h.samples() == 0 || b[11] != 0 {
		return h, errorf(Corrupt, "corrupt PNG: colour type %d with %d bits a sample, filter method %d", h.colour, h.depth, b[11])
	}
	return h, nil
}

// samples is the number of samples of a pixel; 0 where type and depth do not go together.
func (h pngHeader) samples() int {
	switch wide := h.depth == 8 || h.depth == 16; {
	case h.colour == pngGray && (wide || h.depth == 1 || h.depth == 2 || h.depth == 4):
		return 1
	case h.colour == pngPalette && (h.depth == 1 || h.depth == 2 || h.depth == 4 || h.depth == 8):
		return 1
	case h.colour == pngGrayAlpha && wide:
		return 2
	case h.colour == pngRGB && wide:
		return 3
	case h.colour == pngRGBA && wide:
		return 4
	}
	return 0
}

// rowBytes is the length of a row of pixels, without the filter's byte.
func (h pngHeader) rowBytes(pixels int) int { return (pixels*h.samples()*h.depth + 7) / 8 }

// pixelBytes is how far back a filter looks.
func (h pngHeader) pixelBytes() int { return max(1, h.samples()*h.depth/8) }

// pngConfig reads the header, and the orientation from wherever it stands among the chunks.
func pngConfig(s source) (Config, error) {
	h, err := readPNGHeader(s)
	if err != nil {
		return Config{}, err
	}
	c := Config{Width: h.width, Height: h.height, Orientation: pngOrientation(s)}
	c.memory = 10*int64(c.Width) + 128<<10 // rows, and the window of inflate
	if h.interlaced {
		c.memory += 3 * pixels(c.Width, c.Height)
	}
	return c, nil
}

// walkPNG visits the chunks until visit has enough or the file ends.
func walkPNG(s source, visit func(kind string, at, n int64) bool) {
	for offset := int64(8); ; {
		head, err := s.read(offset, 8)
		if err != nil {
			return
		}
		n := int64(be32(head))
		if !visit(string(head[4:8]), offset+8, n) {
			return
		}
		offset += 8 + n + 4
	}
}

// isChunkName wants letters; Pillow is content with digits and _.
func isChunkName(kind string) bool {
	return !strings.ContainsFunc(kind, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}

// pngFile is what decoding needs of the chunks.
type pngFile struct {
	pngHeader
	palette rgb.Table
	data    *idat
}

// openPNG reads the chunks as Pillow does: up to the picture their checksums must be right, those of the picture are not
// looked at, and nothing behind it matters.
func openPNG(j *job) (rows, error) {
	s := bytesSource(j.data)
	f := pngFile{data: &idat{}}
	var err error
	if f.pngHeader, err = readPNGHeader(s); err != nil {
		return nil, err
	}
	palettes := 0
	walkPNG(s, func(kind string, at, n int64) bool {
		inside := min(n, s.size-at)
		content := j.data[at : at+inside]
		if kind == "IDAT" {
			f.data.add(content)
			return true
		}
		if f.data.found {
			return false
		}
		if !isChunkName(kind) {
			err = errorf(Corrupt, "corrupt PNG: a chunk named %q", kind)
			return false
		}
		sum, short := s.read(at+n, 4)
		if short != nil {
			err = short
			return false
		}
		if crc32.ChecksumIEEE(j.data[at-4:at+n]) != uint32(be32(sum)) {
			err = errorf(Corrupt, "corrupt PNG: wrong checksum of the %q chunk", kind)
		}
		if kind == "PLTE" && palettes > 0 {
			err = errorf(Unsupported, "unsupported PNG: two palettes, of which readers choose different ones")
		}
		if kind == "PLTE" {
			palettes++
			for i := range min(len(content)/3, 256) {
				f.palette[i] = [3]byte(content[3*i:])
			}
		}
		return err == nil && kind != "IEND"
	})
	switch {
	case err != nil:
		return nil, err
	case !f.data.found:
		return nil, errorf(Corrupt, "corrupt PNG: no picture in the file")
	}
	inflate, err := zlib.NewReader(f.data)
	if err != nil {
		return nil, err
	}
	if f.depth == 16 && f.colour == pngGray {
		j.opts.warn(gray16Warning)
	}
	r := &pngRows{pngFile: f, ctx: j.ctx, inflate: inflate}
	if f.interlaced {
		return r.deinterlace()
	}
	r.begin(f.width)
	return r, nil
}

const gray16Warning = "16-bit gray: values above 255 are clipped to white, as Pillow does"
