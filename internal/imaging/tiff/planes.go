package tiff

import "encoding/binary"

// separate finds what to read of pixels whose channels are in planes, and what their samples are once they are put
// together, as bytes.
func (t *File) separate(s samples) (samples, error) {
	raw := t.compression == uncompressed
	if s.count == 1 {
		if raw {
			return t.onlyPlane(s)
		}
		return s, nil
	}
	colour := s.photometric == photometricRGB || s.photometric == photometricCMYK || s.photometric == photometricYCbCr && !raw
	twoByTwo := s.count == 2 && s.bits == 8 && !raw // gray or indices, and alpha
	switch {
	case colour && s.count > 4, !colour && !twoByTwo, s.bits != 8 && s.bits != 16, raw && s.extraIs(1):
		return s, unsupported("%d planes of %d bits, photometric interpretation %d",
			s.count, s.bits, s.photometric)
	}
	t.planes = s.count
	colours := 3
	if s.photometric == photometricCMYK {
		colours = 4
	}
	t.tileStride = t.tileWidth * s.bits * s.count / 8 / (colours + len(s.extra))
	t.pixelBits = s.bits
	if !raw && s.photometric == photometricRGB && s.count == 4 && len(s.extra) == 0 { // which libtiff takes for premultiplied
		s.extra = []int{1}
	}
	if raw { // Pillow reads bytes then, whatever the samples are
		t.pixelBits = 8
		s.reversed, t.samples.reversed = false, false
	}
	s.bits = 8
	return s, nil
}

// onlyPlane is for raw pixels of one channel that is said to be in a plane. Pillow takes only the first letter of their
// mode then: bits are not reversed, gray is not inverted, and all but single bits of gray are bytes or 32-bit words.
func (t *File) onlyPlane(s samples) (samples, error) {
	switch {
	case s.bits > 8 && s.format == 1 && s.bits < 32:
		return s, s.unsupported()
	case s.bits > 8:
		s.bits, t.sampleOrder = 32, binary.LittleEndian
	case s.bits > 1 || s.photometric == photometricPalette:
		s.bits = 8
	}
	if s.photometric == whiteIsZero && s.bits <= 8 {
		s.photometric = blackIsZero
	}
	s.reversed, t.samples.reversed = false, false
	t.pixelBits = s.bits
	return s, nil
}
