package tiff

import (
	"encoding/binary"
	"math"
	"slices"

	"resnet/internal/imaging/jpeg"
	"resnet/internal/imaging/rgb"
)

// layout is how rows of stored pixels become RGB.
type layout struct {
	convert func(dst, src []byte)
	missing byte   // stands for the pixels of a missing strip, so that they become what Pillow has there
	warning string // that values are clipped
}

// chooseLayout finds how pixels are stored and what they mean.
func (t *File) chooseLayout() (layout, error) {
	s := t.samples
	t.sampleOrder = t.order
	t.pixelBits = s.bits * s.count
	t.tileStride = t.tileWidth * t.pixelBits / 8
	l, err := t.layoutOf(s)
	if err != nil || !t.planar {
		return l, err
	}
	if s, err = t.separate(s); err != nil {
		return l, err
	}
	return t.layoutOf(s)
}

// layoutOf is Pillow's table of modes, and what those modes become with convert("RGB").
func (t *File) layoutOf(s samples) (l layout, err error) {
	switch gray := s.photometric == whiteIsZero || s.photometric == blackIsZero; {
	case gray && s.bits <= 8:
		l = s.gray(t)
	case gray:
		l = s.wideGray(t)
	case s.photometric == photometricRGB && s.format == 1,
		s.photometric == photometricYCbCr && t.compression == jpegPicture && !t.planar && s.count == 3: // which JPEG converts
		l = s.rgb(t.order)
	case s.photometric == photometricPalette && s.format == 1:
		l, err = s.paletted(t)
	case s.photometric == photometricCMYK && s.format == 1:
		l = s.cmyk(t.order)
	case s.photometric == photometricYCbCr && s.is(1, 8) && len(s.extra) == 0 && t.compression == uncompressed && s.count == 1:
		l.convert = s.indices(&rgb.Grays[8])
	case s.photometric == photometricYCbCr && s.is(1, 8) && len(s.extra) == 0 && t.compression == uncompressed && s.count == 3:
		l.convert = pillowYCbCr
	case s.photometric == photometricYCbCr && s.is(1, 8) && len(s.extra) == 0 && t.compression != uncompressed && s.count == 3:
		if t.chroma, err = t.readChroma(); err == nil {
			l.convert = t.chroma.converter()
		}
	}
	switch {
	case l.convert != nil || err != nil:
		return l, err
	case s.photometric == photometricLab:
		return l, unsupported("Lab colours")
	}
	return l, s.unsupported()
}

// indices looks up the first sample of each pixel.
func (s samples) indices(table *rgb.Table) func(dst, src []byte) {
	if s.count == 1 {
		return func(dst, src []byte) { rgb.Index(dst, src, s.bits, table) }
	}
	return func(dst, src []byte) {
		for x := range len(dst) / 3 {
			copy(dst[3*x:], table[src[s.count*x]][:])
		}
	}
}

// gray is of up to 8 bits, with a second channel that is left out.
func (s samples) gray(t *File) layout {
	narrow := s.bits == 1 || s.bits == 2 || s.bits == 4 || s.bits == 8
	if s.reversed && s.bits == 8 && s.photometric == whiteIsZero && t.compression == uncompressed {
		return layout{} // Pillow forgot them
	}
	unsigned, signed := s.format == 1 && narrow, s.is(2, 8) && s.photometric == blackIsZero
	switch {
	case s.count == 1 && len(s.extra) == 0 && (unsigned || signed):
		table := rgb.Grays[s.bits]
		if s.photometric == blackIsZero {
			return layout{convert: s.indices(&table)}
		}
		for i := range table {
			for c := range table[i] {
				table[i][c] ^= 0xFF
			}
		}
		return layout{convert: s.indices(&table), missing: 0xFF}
	case s.count == 2 && len(s.extra) == 1 && s.extraIs(0, 2) && s.photometric == blackIsZero && s.is(1, 8):
		return layout{convert: s.indices(&rgb.Grays[8])}
	}
	return layout{}
}

// wideGray clips values of more than 8 bits to 0 … 255. White as 0 is not looked at, and samples of compressed files that
// are signed or floating point are taken for little-endian, both as Pillow does.
func (s samples) wideGray(t *File) layout {
	if s.count != 1 || len(s.extra) > 0 {
		return layout{}
	}
	order, little, black := t.sampleOrder, t.order == binary.LittleEndian, s.photometric == blackIsZero
	if t.compression != uncompressed {
		order = binary.LittleEndian
	}
	var value func(src []byte, x int) int
	switch {
	case s.is(1, 12) && little && black:
		value = func(src []byte, x int) int {
			if x%2 == 0 {
				return int(src[3*x/2])<<4 | int(src[3*x/2+1])>>4
			}
			return int(src[3*x/2])&0xF<<8 | int(src[3*x/2+1])
		}
	case s.is(1, 16) && (little || black) || s.format == 1 && s.bits == 16 && little && black:
		value = func(src []byte, x int) int { return int(t.order.Uint16(src[2*x:])) }
	case s.is(2, 16) && black:
		value = func(src []byte, x int) int { return int(int16(order.Uint16(src[2*x:]))) }
	case s.is(2, 32) && black, s.is(1, 32) && little && black:
		value = func(src []byte, x int) int { return int(int32(order.Uint32(src[4*x:]))) }
	case s.is(3, 32):
		value = func(src []byte, x int) int {
			v := math.Float32frombits(order.Uint32(src[4*x:]))
			if v != v {
				return 0
			}
			return int(min(max(v, 0), 255))
		}
	default:
		return layout{}
	}
	convert := func(dst, src []byte) {
		for x := range len(dst) / 3 {
			v := byte(min(max(value(src, x), 0), 255))
			dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
		}
	}
	return layout{convert: convert, warning: wideGrayWarning}
}

const wideGrayWarning = "gray of more than 8 bits: values above 255 are clipped to white and those below 0 to black, as Pillow does"

// rgb may have alpha, which is dropped, and divided by first where it was multiplied in.
func (s samples) rgb(order binary.ByteOrder) layout {
	bytes, high := s.bits/8, s.high(order)
	stride := bytes * s.count
	plain := s.count == 3 && len(s.extra) == 0
	alpha := s.count == 4 && len(s.extra) == 0 // the tag was forgotten
	switch {
	case s.bits == 8 && s.format == 1 && plain: // reversed or not
	case !s.is(1, 8) && !s.is(1, 16):
		return layout{}
	case plain, alpha, s.count == 4 && len(s.extra) == 1 && s.extraIs(0, 2):
	case s.bits == 8 && s.count == 4 && len(s.extra) == 1 && s.extraIs(999): // Corel Draw's
	case s.bits == 8 && s.count <= 6 && s.count == 3+len(s.extra) && s.extraIs(0, 2):
	case s.count == 4 && len(s.extra) == 1 && s.extraIs(1), s.bits == 8 && s.count <= 6 && s.count == 3+len(s.extra) && s.extraIs(1):
		return layout{convert: func(dst, src []byte) { unmultiplyRow(dst, src, stride, bytes, high) }}
	default:
		return layout{}
	}
	return layout{convert: func(dst, src []byte) { rgb.Stride(dst, src, stride, high, bytes+high, 2*bytes+high) }}
}

// unmultiplyRow divides by alpha as Pillow does, on the high bytes of samples of that many bytes.
func unmultiplyRow(dst, src []byte, stride, bytes, high int) {
	for ; len(dst) >= 3; dst, src = dst[3:], src[stride:] {
		alpha := int(src[3*bytes+high])
		for i := range 3 {
			v := int(src[i*bytes+high])
			if alpha == 0 {
				v = 0
			} else {
				v = min(v*255/alpha, 255)
			}
			dst[i] = byte(v)
		}
	}
}

func (s samples) cmyk(order binary.ByteOrder) layout {
	padded := s.is(1, 8) && len(s.extra) <= 2 && (len(s.extra) == 0 || s.extraIs(0))
	if s.count != 4+len(s.extra) || !padded && !(s.is(1, 16) && s.count == 4) {
		return layout{}
	}
	bytes, high := s.bits/8, s.high(order)
	return layout{convert: func(dst, src []byte) {
		for ; len(dst) >= 3; dst, src = dst[3:], src[bytes*s.count:] {
			for i := range 3 {
				dst[i] = jpeg.WithBlack(255-src[i*bytes+high], 255-src[3*bytes+high])
			}
		}
	}}
}

// paletted has its colours in 16 bits, of which the high ones count: all of red, of green, of blue.
func (s samples) paletted(t *File) (layout, error) {
	narrow := s.bits == 1 || s.bits == 2 || s.bits == 4 || s.bits == 8
	switch {
	case s.count == 1 && len(s.extra) == 0 && narrow && !(s.reversed && s.bits < 8 && t.compression == uncompressed):
	case s.count == 2 && len(s.extra) == 1 && s.extraIs(0, 2) && s.is(1, 8):
	default:
		return layout{}, nil
	}
	colours := t.list(tagColorMap, 3*256+2)
	table := new(rgb.Table)
	n := len(colours) / 3
	for i := range n {
		for c := range 3 {
			table[i][c] = byte(colours[c*n+i] >> 8)
		}
	}
	wrong := t.compression != uncompressed && s.bits < 8 && len(colours) != 3<<s.bits // for libtiff
	if t.err == nil && (wrong || n == 0 || slices.Max(colours) > 0xFFFF || slices.Min(colours) < 0) {
		t.fail(corrupt("no palette of 16-bit colours"))
	}
	return layout{convert: s.indices(table)}, t.err
}
