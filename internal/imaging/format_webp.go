package imaging

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"

	"resnet/internal/imaging/rgb"
)

func webpConfig(s source) (Config, error) {
	f, err := parseWebP(s)
	if err != nil {
		return Config{}, err
	}
	return Config{Width: f.canvas.X, Height: f.canvas.Y, Orientation: f.orientation, memory: f.memory()}, nil
}

// memory is an upper estimate of what the bitstream's decoder allocates.
func (f *webpFile) memory() int64 {
	w, h := int64(f.frame.Dx()+15), int64(f.frame.Dy()+15)
	if !f.lossless {
		return w*h*3/2 + w*h/16 + 2*f.length + 64<<10
	}
	// Lossless: the pixels, twice where a palette packs them, and the Huffman trees, of which a file may ask for one
	// group for each 4×4 pixels, at 55 bits or more each.
	groups := min(65536, w*h/16, f.length*8/55) + 1
	return 8*w*h + groups*4096 + 1<<20
}

// openWebP decodes the first frame. The part of the canvas that it leaves free is black: transparent in the file, and
// alpha is dropped.
func openWebP(j *job) (rows, error) {
	f, err := parseWebP(bytesSource(j.data))
	if err != nil {
		return nil, err
	}
	stream := j.data[f.data : f.data+f.length]
	frame, err := abandonable(j, func() (pictureRows, error) {
		if f.lossless {
			return losslessRows(j.ctx, stream)
		}
		return lossyRows(stream)
	})
	if err != nil {
		return nil, err
	}
	if f.frame.Size() == f.canvas {
		return frame, nil
	}
	return pictureRows(func(dst []byte, y int) {
		clear(dst)
		if y >= f.frame.Min.Y && y < f.frame.Max.Y {
			frame(dst[3*f.frame.Min.X:3*f.frame.Max.X], y-f.frame.Min.Y)
		}
	}), nil
}

func losslessRows(ctx context.Context, stream []byte) (pictureRows, error) {
	m, err := vp8l.Decode(contextReader{ctx, bytes.NewReader(stream)})
	if err != nil {
		return nil, err
	}
	nrgba, ok := m.(*image.NRGBA)
	if !ok {
		return nil, fmt.Errorf("no conversion from %T", m)
	}
	return func(dst []byte, y int) { rgb.Stride(dst, nrgba.Pix[y*nrgba.Stride:], 4, 0, 1, 2) }, nil
}

func lossyRows(stream []byte) (pictureRows, error) {
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(stream), len(stream))
	if _, err := d.DecodeFrameHeader(); err != nil {
		return nil, err
	}
	m, err := d.DecodeFrame()
	if err != nil {
		return nil, err
	}
	return func(dst []byte, y int) { webpRow(dst, m, y) }, nil
}

// webpRow makes a row of RGB as libwebp does by default. Its "fancy" upsampling weighs the four nearest chroma samples
// 9, 3, 3 and 1, in two rounding steps; beyond the edges a sample is repeated.
func webpRow(dst []byte, m *image.YCbCr, y int) {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	near, far := y/2, y/2-1
	if y&1 != 0 {
		far = y/2 + 1
	}
	far = min(max(far, 0), (height-1)/2)
	luma := m.Y[y*m.YStride:][:width]
	half := (width + 1) / 2
	cb, cbFar := m.Cb[near*m.CStride:][:half], m.Cb[far*m.CStride:][:half]
	cr, crFar := m.Cr[near*m.CStride:][:half], m.Cr[far*m.CStride:][:half]

	edge := func(x int) {
		i := x / 2
		u := (3*int32(cb[i]) + int32(cbFar[i]) + 2) >> 2
		v := (3*int32(cr[i]) + int32(crFar[i]) + 2) >> 2
		webpPixel(dst[3*x:], luma[x], u, v)
	}
	edge(0)
	for x := 1; x+1 < width; x += 2 { // the two pixels between the chroma samples i and j
		i := x / 2
		j := i + 1
		u1, u2 := between(cb[i], cb[j], cbFar[i], cbFar[j])
		v1, v2 := between(cr[i], cr[j], crFar[i], crFar[j])
		webpPixel(dst[3*x:], luma[x], u1, v1)
		webpPixel(dst[3*x+3:], luma[x+1], u2, v2)
	}
	if width&1 == 0 {
		edge(width - 1)
	}
}

// between are the two values between a and b, of which c and d are the neighbours in the further row.
func between(a, b, c, d byte) (nearA, nearB int32) {
	sum := int32(a) + int32(b) + int32(c) + int32(d) + 8
	return ((sum+2*(int32(b)+int32(c)))>>3 + int32(a)) >> 1, ((sum+2*(int32(a)+int32(d)))>>3 + int32(b)) >> 1
}

// webpPixel converts with libwebp's matrix (BT.601, studio range), in 14 fractional bits of which 8 are dropped early.
func webpPixel(dst []byte, luma byte, u, v int32) {
	y := int32(luma) * 19077 >> 8
	dst[0] = clip6(y + v*26149>>8 - 14234)
	dst[1] = clip6(y - u*6419>>8 - v*13320>>8 + 8708)
	dst[2] = clip6(y + u*33050>>8 - 17685)
}

func clip6(v int32) byte {
	if v < 0 {
		return 0
	}
	return byte(min(v>>6, 255))
}
