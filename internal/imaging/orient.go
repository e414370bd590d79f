package imaging

// The orientations of EXIF, as they are undone: 2 mirrors left and right, 3 turns by 180°, 4 mirrors top and bottom,
// 5 transposes, 6 turns clockwise, 7 transposes along the other diagonal, 8 turns counter-clockwise.

// transposed reports whether rows become columns.
func transposed(orientation int) bool { return orientation >= 5 && orientation <= 8 }

// mirrors says which axes of the picture as seen run against the stored ones.
func mirrors(orientation int) (x, y bool) {
	switch orientation {
	case 2:
		return true, false
	case 3, 7:
		return true, true
	case 4:
		return false, true
	case 6:
		return true, false
	case 8:
		return false, true
	}
	return false, false
}

// orient gives the picture as seen of a stored one; im itself where they are the same.
func orient(im *Image, orientation int) *Image {
	if orientation <= 1 || orientation > 8 {
		return im
	}
	w, h := im.Width, im.Height
	stepX, stepY := 3, 3*w // of the stored pixel, for a step along the seen axes
	if transposed(orientation) {
		w, h = h, w
		stepX, stepY = stepY, stepX
	}
	start := 0
	if mx, my := mirrors(orientation); mx || my {
		if mx {
			start += (w - 1) * stepX
			stepX = -stepX
		}
		if my {
			start += (h - 1) * stepY
			stepY = -stepY
		}
	}
	out := NewImage(w, h)
	for y := range h {
		dst := out.Row(y)
		from := start + y*stepY
		for x := 0; x < len(dst); x += 3 {
			src := im.Pix[from : from+3 : from+3]
			dst[x], dst[x+1], dst[x+2] = src[0], src[1], src[2]
			from += stepX
		}
	}
	return out
}
