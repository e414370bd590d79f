package tiff

import (
	"context"
	"math"
	"slices"
)

// chroma says how YCbCr is stored that libtiff converts: compressed, other than by JPEG. Of strips and tiles that are damaged
// Pillow shows what there is, and green behind it; here they are refused.
type chroma struct {
	across, down int // pixels that share one pair of chroma samples
	luma         [3]float32
	reference    [6]float32 // black and white of Y, Cb and Cr
}

// readChroma reads the fields of YCbCr. Their defaults are libtiff's (TIFFGetFieldDefaulted).
func (t *File) readChroma() (*chroma, error) {
	c := &chroma{across: 2, down: 2, luma: [3]float32{0.299, 0.587, 0.114}, reference: [6]float32{0, 255, 128, 255, 128, 255}}
	if t.fields[tagYCbCrSubsampling].count == 2 {
		c.across, c.down = int(t.value(tagYCbCrSubsampling, 0)), int(t.value(tagYCbCrSubsampling, 1))
	}
	t.reals(tagYCbCrCoefficients, c.luma[:])
	t.reals(tagReferenceBlackWhite, c.reference[:])
	known := [][2]int{{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}, {4, 4}}
	sampling := [2]int{c.across, c.down}
	switch orientation := t.Orientation(); {
	case t.err != nil:
		return nil, t.err
	case !slices.Contains(known, sampling) || t.planar && sampling != [2]int{1, 1}:
		return nil, corrupt("YCbCr subsampling of %d×%d", c.across, c.down)
	case t.Width < c.across || t.Height < c.down:
		return nil, corrupt("%d×%d pixels with YCbCr subsampling of %d×%d", t.Width, t.Height, c.across, c.down)
	case c.luma[1] == 0:
		return nil, corrupt("YCbCr without green")
	case t.tiled && (t.tileWidth%c.across != 0 || t.tileLength%c.down != 0):
		return nil, corrupt("tiles of %d×%d with YCbCr subsampling of %d×%d", t.tileWidth, t.tileLength, c.across, c.down)
	case !t.tiled && c.down == 4 && c.units(t.Width)%2 != 0: // libtiff rounds the length of a strip down
		return nil, unsupported("YCbCr subsampling of %d×%d at this width", c.across, c.down)
	case t.predictor != 1 && sampling != [2]int{1, 1}:
		return nil, unsupported("predictor %d with YCbCr subsampling", t.predictor)
	case orientation > 1: // Pillow turns them twice, strip by strip
		return nil, unsupported("compressed YCbCr with orientation %d", orientation)
	}
	return c, nil
}

// units is the number of pairs of chroma samples in a row of so many pixels.
func (c *chroma) units(pixels int) int { return (pixels + c.across - 1) / c.across }

// subsampled reports whether pixels share chroma samples.
func (c *chroma) subsampled() bool { return c != nil && c.across*c.down > 1 }

// reals fills values with those of a tag, if it has so many: like libtiff it passes over any other.
func (d *directory) reals(tag uint16, values []float32) {
	f := d.fields[tag]
	if f.count != int64(len(values)) {
		return
	}
	size := int(typeSizes[f.kind])
	b, err := d.read(f.at, size*len(values))
	if err != nil {
		d.fail(err)
		return
	}
	for i := range values {
		values[i] = d.real(f.kind, tag, b[i*size:])
	}
}

// real reads one value of a type that libtiff makes a float of.
func (d *directory) real(kind, tag uint16, b []byte) float32 {
	var v float32
	switch kind {
	case 5: // a ratio, of which libtiff makes 0 where it divides by 0
		if by := d.order.Uint32(b[4:]); by != 0 {
			v = float32(d.order.Uint32(b)) / float32(by)
		}
	case 11:
		v = math.Float32frombits(d.order.Uint32(b))
	case 12:
		v = float32(math.Float64frombits(d.order.Uint64(b)))
	default:
		v = float32(d.parse(tag, b))
	}
	if !(math.Abs(float64(v)) < math.MaxInt32-128) {
		d.fail(corrupt("tag %d has a value that makes no sense", tag))
	}
	return v
}

// converter gives libtiff's conversion to RGB (TIFFYCbCrToRGBInit), which is fixed-point arithmetic with 16 fractional bits,
// and the numbers of the file in single precision.
func (c *chroma) converter() func(dst, src []byte) {
	fixed := func(v float32) int32 { return int32(float64(min(max(v, 0), 2)*(1<<16)) + 0.5) }
	red, blue := 2-float32(2*c.luma[0]), 2-float32(2*c.luma[2])
	crRed, cbBlue := fixed(red), fixed(blue)
	crGreen, cbGreen := -fixed(float32(c.luma[0]*red)/c.luma[1]), -fixed(float32(c.luma[2]*blue)/c.luma[1])
	var luma, crR, cbB, crG, cbG [256]int32
	const half = 1 << 15
	for i := range int32(256) {
		cb := spread(i-128, c.reference[2]-128, c.reference[3]-128, 127)
		cr := spread(i-128, c.reference[4]-128, c.reference[5]-128, 127)
		luma[i] = spread(i, c.reference[0], c.reference[1], 255)
		crR[i], cbB[i] = (crRed*cr+half)>>16, (cbBlue*cb+half)>>16
		crG[i], cbG[i] = crGreen*cr, cbGreen*cb+half
	}
	clamp := func(v int32) byte { return byte(min(max(v, 0), 255)) }
	return func(dst, src []byte) {
		for ; len(dst) >= 3; dst, src = dst[3:], src[3:] {
			y, cb, cr := luma[src[0]], src[1], src[2]
			dst[0], dst[1], dst[2] = clamp(y+crR[cr]), clamp(y+(cbG[cb]+crG[cr])>>16), clamp(y+cbB[cb])
		}
	}
}

// spread brings a code between black and white to the range of codes.
func spread(code int32, black, white, codes float32) int32 {
	width := white - black
	if width == 0 {
		width = 1
	}
	v := float32(float32(code-int32(black))*codes) / width
	return int32(min(max(v, -128*32), 128*32))
}

// subsampledReader takes pixels apart that share chroma samples: in the file stand the luma samples of such a group, row by
// row, then its Cb and its Cr.
type subsampledReader struct {
	segmentReader
	*chroma
	groups []byte // a row of them
	row    int    // of the groups that is read next
}

// groupBytes is the length of a row of groups.
func (c *chroma) groupBytes(pixels int) int { return c.units(pixels) * (c.across*c.down + 2) }

func (r *subsampledReader) reset(data []byte, rows int) error {
	r.row = 0
	return r.segmentReader.reset(data, rows)
}

func (r *subsampledReader) readRow(ctx context.Context, line []byte) error {
	if r.row == 0 {
		if err := r.segmentReader.readRow(ctx, r.groups); err != nil {
			return err
		}
	}
	size := r.across*r.down + 2
	for x := range len(line) / 3 {
		group := r.groups[x/r.across*size:][:size]
		line[3*x] = group[r.row*r.across+x%r.across]
		line[3*x+1], line[3*x+2] = group[size-2], group[size-1]
	}
	r.row = (r.row + 1) % r.down
	return nil
}

// pillowYCbCr is Pillow's conversion, of what is not compressed, which is another than libtiff's and JPEG's. Subsampling is
// not looked at, as by Pillow.
func pillowYCbCr(dst, src []byte) {
	part := func(chroma byte, factor float64) int { return int(float64(float64(int(chroma)-128)*factor*64) + 0.5) }
	for ; len(dst) >= 3; dst, src = dst[3:], src[3:] {
		y := int(src[0])
		for i, v := range [3]int{part(src[2], 1.402), part(src[1], -0.34414) + part(src[2], -0.71414), part(src[1], 1.772)} {
			dst[i] = byte(min(max(y+v>>6, 0), 255))
		}
	}
}
