package jpeg

// colourSpace is what a frame's components mean.
type colourSpace int

const (
	gray colourSpace = iota
	rgb
	yCbCr
	cmyk
	ycck
	stored // as they are, side by side
)

// guessColour follows libjpeg: the JFIF and Adobe markers decide, then the components' ids.
func (d *Decoder) guessColour() colourSpace {
	switch len(d.components) {
	case 1:
		return gray
	case 2:
		return stored
	case 4:
		if d.adobe <= 0 { // no marker, or one that says so
			return cmyk
		}
		return ycck
	}
	c := d.components
	switch {
	case d.sawJFIF || d.adobe > 0:
		return yCbCr
	case d.adobe == 0 || c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B':
		return rgb
	}
	return yCbCr
}

// chroma holds what the two chroma samples add to the luma, in 16 fractional bits for green.
type chroma struct {
	crR, cbB   [256]int32
	crG, cbG   [256]int32
	clampTable [3 * 256]byte
}

var chromaTables = func() *chroma {
	t := &chroma{}
	const half = 1 << 15
	for i := range 256 {
		x := int32(i) - 128
		t.crR[i] = (91881*x + half) >> 16
		t.cbB[i] = (116130*x + half) >> 16
		t.crG[i] = -46802 * x
		t.cbG[i] = -22554*x + half
		t.clampTable[256+i] = byte(i)
		t.clampTable[512+i] = 255
	}
	return t
}()

// convertRow makes a row of RGB.
func (d *Decoder) convertRow(dst []byte, y int) {
	x0, x1 := d.window.Min.X, d.window.Max.X
	var in [maxComponents][]byte
	for i := range d.components {
		c := &d.components[i]
		in[i] = c.upsample(c, d.lines[i], y, x0, x1)[x0:x1]
	}
	if d.colour == stored {
		n := len(d.components)
		for i := range n {
			for x, v := range in[i] {
				dst[n*(x0+x)+i] = v
			}
		}
		return
	}
	dst = dst[3*x0 : 3*x1]
	switch d.colour {
	case gray:
		for i, v := range in[0] {
			dst[3*i], dst[3*i+1], dst[3*i+2] = v, v, v
		}
	case rgb:
		for i, v := range in[0] {
			dst[3*i], dst[3*i+1], dst[3*i+2] = v, in[1][i], in[2][i]
		}
	case yCbCr:
		convertYCbCr(dst, in[0], in[1], in[2])
	case cmyk:
		convertCMYK(dst, in[0], in[1], in[2], in[3])
	case ycck:
		convertYCbCr(dst, in[0], in[1], in[2])
		for i, k := range in[3] {
			p := dst[3*i : 3*i+3]
			p[0], p[1], p[2] = WithBlack(255-p[0], k), WithBlack(255-p[1], k), WithBlack(255-p[2], k)
		}
	}
}

func convertYCbCr(dst, ys, cbs, crs []byte) {
	t := chromaTables
	done := convertYCbCrFast(dst, ys, cbs, crs)
	dst, ys = dst[3*done:], ys[done:]
	cbs, crs = cbs[done:][:len(ys)], crs[done:][:len(ys)]
	for i, v := range ys {
		cb, cr := cbs[i], crs[i]
		y := int32(v) + 256
		p := dst[3*i : 3*i+3 : 3*i+3]
		p[0] = t.clampTable[y+t.crR[cr]]
		p[1] = t.clampTable[y+(t.cbG[cb]+t.crG[cr])>>16]
		p[2] = t.clampTable[y+t.cbB[cb]]
	}
}

// convertCMYK reads inverted inks, as Adobe writes them and Pillow takes all to be.
func convertCMYK(dst, c, m, y, k []byte) {
	for i, black := range k {
		p := dst[3*i : 3*i+3]
		p[0], p[1], p[2] = WithBlack(c[i], black), WithBlack(m[i], black), WithBlack(y[i], black)
	}
}

// WithBlack takes the black ink off a colour as Pillow does: k - k·(255-v)/255, k and v being inverted inks.
func WithBlack(v, k byte) byte {
	t := uint32(255-v)*uint32(k) + 128
	return k - byte((t>>8+t)>>8)
}
