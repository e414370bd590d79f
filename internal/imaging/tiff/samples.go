package tiff

import (
	"encoding/binary"
	"slices"
)

// samples is how pixels are stored: what Pillow chooses its mode by.
type samples struct {
	photometric int
	format      int // 1 unsigned, 2 signed, 3 floating point
	reversed    bool
	bits        int // of each sample
	count       int
	extra       []int // what the samples behind the colour are: 0 nothing, 1 premultiplied alpha, 2 alpha
}

func (t *File) readSamples() (samples, error) {
	const limit = 1 << 10
	s := samples{photometric: whiteIsZero, format: 1, count: int(t.number(tagSamplesPerPixel, 1))}
	if f := t.fields[tagPhotometric]; f.count == 1 || f.kind < 3 { // several numbers are none for Pillow
		s.photometric = int(t.number(tagPhotometric, whiteIsZero))
	}
	fillOrder := t.number(tagFillOrder, 1)
	s.reversed = fillOrder == 2

	bits, formats := t.list(tagBitsPerSample, limit), t.list(tagSampleFormat, limit)
	s.extra = t.list(tagExtraSamples, limit)
	if len(bits) == 0 {
		bits = []int{1}
	}
	if t.planar && len(s.extra) > 0 && slices.Max(s.extra) == 0 { // whole planes that nobody needs
		bits = bits[:max(len(bits)-len(s.extra), 0)]
		s.count -= len(s.extra)
		s.extra = nil
	}
	if len(bits) == 1 && s.count > 0 && s.count <= 6 {
		bits = slices.Repeat(bits, s.count)
	}
	bits = bits[:max(min(len(bits), s.count), 0)]
	if len(formats) > 0 {
		s.format = formats[0]
	}
	same := func(values []int) bool { return len(slices.Compact(slices.Clone(values))) <= 1 }
	switch {
	case t.err != nil:
		return s, t.err
	case s.count <= 0 || len(bits) != s.count || !same(bits) || !same(formats) || fillOrder < 1 || fillOrder > 2:
		return s, unsupported("%d samples of %v bits in formats %v, fill order %d",
			s.count, bits, formats, fillOrder)
	case bits[0] <= 0 || bits[0] > 32:
		return s, unsupported("samples of %d bits", bits[0])
	case t.compression == jpegPicture && bits[0] != 8:
		return s, corrupt("JPEG of samples of %d bits", bits[0])
	case t.isFax() && (bits[0] != 1 || s.count != 1):
		return s, corrupt("fax of %d samples of %d bits", s.count, bits[0])
	}
	s.bits = bits[0]
	return s, nil
}

func (s samples) unsupported() error {
	return unsupported("photometric interpretation %d of %d samples (extra: %v) of %d bits, sample format %d",
		s.photometric, s.count, s.extra, s.bits, s.format)
}

// is asks for a format, bits in usual order and their number.
func (s samples) is(format, bits int) bool {
	return s.format == format && s.bits == bits && !s.reversed
}

// extraIs asks for samples behind the colour of which the first is one of these and the rest are nothing.
func (s samples) extraIs(first ...int) bool {
	return len(s.extra) > 0 && slices.Contains(first, s.extra[0]) && slices.Equal(s.extra[1:], make([]int, len(s.extra)-1))
}

// high is where the high byte of a sample is.
func (s samples) high(order binary.ByteOrder) int {
	if s.bits == 16 && order == binary.LittleEndian {
		return 1
	}
	return 0
}
