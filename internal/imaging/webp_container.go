package imaging

import (
	"image"
	"io"
	"slices"
)

// webpFile is what the container says of the first frame and of the canvas that it stands on.
type webpFile struct {
	canvas   image.Point
	frame    image.Rectangle // on the canvas
	lossless bool
	data     int64 // offset and length of the bitstream
	length   int64

	orientation int
	animated    bool
}

// parseWebP walks the chunks of a RIFF container: a lone bitstream, or VP8X with one or with frames. All frames but the
// first are skipped.
func parseWebP(s source) (webpFile, error) {
	var f webpFile
	head, err := s.read(0, 12)
	if err != nil {
		return f, err
	}
	end := 8 + int64(le32(head[4:]))
	if end > s.size {
		return f, io.ErrUnexpectedEOF
	}
	if kind, err := s.read(12, 4); err != nil || !slices.Contains([]string{"VP8 ", "VP8L", "VP8X"}, string(kind)) {
		return f, errorf(Corrupt, "corrupt WebP: starts with chunk %q", kind)
	}
	xmp := 0
	err = walkRIFF(s, 12, end, func(kind string, at, n int64) error {
		switch kind {
		case "VP8X":
			return f.readExtended(s, at, n)
		case "ANMF":
			if f.length == 0 {
				return f.readFrame(s, at, n)
			}
		case "VP8 ", "VP8L":
			if f.length == 0 && !f.animated {
				return f.readBitstream(s, kind, at, n)
			}
		case "EXIF":
			f.orientation = exifOrientation(block(s, at, n))
		case "XMP ":
			xmp = xmpOrientation(block(s, at, n))
		}
		return nil
	})
	switch {
	case err != nil:
		return f, err
	case f.length == 0:
		return f, errorf(Corrupt, "corrupt WebP: no picture in the file")
	}
	if f.canvas == (image.Point{}) {
		f.canvas = f.frame.Max
	}
	if !f.frame.In(image.Rectangle{Max: f.canvas}) || !f.animated && f.frame.Max != f.canvas {
		return f, errorf(Corrupt, "corrupt WebP: a frame of %v on a canvas of %v", f.frame, f.canvas)
	}
	if f.orientation == 0 {
		f.orientation = xmp
	}
	return f, nil
}

// walkRIFF visits the chunks between two offsets.
func walkRIFF(s source, offset, end int64, visit func(kind string, at, n int64) error) error {
	for offset+8 <= end {
		head, err := s.read(offset, 8)
		if err != nil {
			return err
		}
		n := int64(uint32(le32(head[4:])))
		offset += 8
		if n > end-offset {
			return io.ErrUnexpectedEOF
		}
		if err := visit(string(head[:4]), offset, n); err != nil {
			return err
		}
		offset += n + n&1
	}
	return nil
}

// block is a chunk's content, nil where it is too long for metadata or cannot be read.
func block(s source, at, n int64) []byte {
	const longest = 16 << 20
	if n > longest {
		return nil
	}
	b, err := s.read(at, int(n))
	if err != nil {
		return nil
	}
	return b
}

func (f *webpFile) readExtended(s source, at, n int64) error {
	b, err := s.read(at, 10)
	if err != nil || n < 10 {
		return errorf(Corrupt, "corrupt WebP: VP8X chunk of %d bytes", n)
	}
	f.animated = b[0]&0x02 != 0
	f.canvas = image.Pt(le24(b[4:])+1, le24(b[7:])+1)
	return nil
}

// readFrame reads a frame of an animation: its place, and the bitstream within.
func (f *webpFile) readFrame(s source, at, n int64) error {
	b, err := s.read(at, 16)
	if err != nil || n < 16 {
		return errorf(Corrupt, "corrupt WebP: ANMF chunk of %d bytes", n)
	}
	corner, size := image.Pt(2*le24(b), 2*le24(b[3:])), image.Pt(le24(b[6:])+1, le24(b[9:])+1)
	err = walkRIFF(s, at+16, at+n, func(kind string, at, n int64) error {
		if f.length > 0 || kind != "VP8 " && kind != "VP8L" {
			return nil
		}
		return f.readBitstream(s, kind, at, n)
	})
	if err != nil {
		return err
	}
	if f.length == 0 || f.frame.Max != size {
		return errorf(Corrupt, "corrupt WebP: a frame of %v holds a picture of %v", size, f.frame.Max)
	}
	f.frame = f.frame.Add(corner)
	return nil
}

// readBitstream reads the size from a bitstream's header.
func (f *webpFile) readBitstream(s source, kind string, at, n int64) error {
	b, err := s.read(at, int(min(n, 10)))
	if err != nil {
		return err
	}
	f.lossless = kind == "VP8L"
	switch {
	case f.lossless && n >= 5 && b[0] == 0x2F:
		bits := le32(b[1:])
		f.frame.Max = image.Pt(bits&0x3FFF+1, bits>>14&0x3FFF+1)
	case !f.lossless && n >= 10 && isKeyFrame(b, n):
		f.frame.Max = image.Pt(le16(b[6:])&0x3FFF, le16(b[8:])&0x3FFF)
	default:
		return errorf(Corrupt, "corrupt WebP: no header in the %q chunk", kind)
	}
	f.data, f.length = at, n
	return nil
}

// isKeyFrame checks the frame header of VP8 (RFC 6386, 9.1): a key frame of a known profile that is shown.
func isKeyFrame(b []byte, n int64) bool {
	bits := le24(b)
	return bits&1 == 0 && bits>>1&7 <= 3 && bits>>4&1 == 1 && int64(bits>>5) < n && string(b[3:6]) == "\x9D\x01\x2A"
}

func le24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
