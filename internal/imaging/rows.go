package imaging

// pictureRows hands out the rows of a picture that is decoded whole, or stands in the file as it is, with Pillow's meaning
// of convert("RGB"): alpha is dropped and never composited, 16 bits keep the high byte, a palette's transparency is ignored.
type pictureRows func(dst []byte, y int)

func (r pictureRows) row(dst []byte, y int) error {
	r(dst, y)
	return nil
}

func (r pictureRows) finish() error { return nil }

// clipGray16Row gives every value above 255 white, as Pillow does with 16-bit gray.
func clipGray16Row(dst, src []byte) {
	for ; len(dst) >= 3; dst, src = dst[3:], src[2:] {
		v := src[1]
		if src[0] != 0 {
			v = 255
		}
		dst[0], dst[1], dst[2] = v, v, v
	}
}
