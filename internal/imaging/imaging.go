// Package imaging turns picture files into the tensors that a network was trained on: the same pixels, bit for bit, as
// torchvision's PIL path with Pillow 13 and libjpeg-turbo give, from any file, within bounds of memory and time.
//
// A file is sniffed by content, its size is read and limited before anything is decoded, and what decoding needs is
// taken from a budget of bytes that all decoders share. A decoder hands out rows from the top; the resize keeps the few
// that its window needs, so a large photo is never held whole where its format allows that.
package imaging

import (
	"image"
	"image/png"
	"io"
)

// Image is a picture of 8-bit RGB: Pix is (height, width, 3) without padding.
type Image struct {
	Width, Height int
	Pix           []byte
}

// NewImage makes a black picture.
func NewImage(width, height int) *Image {
	return &Image{Width: width, Height: height, Pix: make([]byte, 3*width*height)}
}

// Row is the y-th row, 3·Width bytes that share memory with the picture.
func (im *Image) Row(y int) []byte {
	n := 3 * im.Width
	return im.Pix[y*n : (y+1)*n : (y+1)*n]
}

// EncodePNG writes the picture as a PNG of 8-bit RGB, which gives the same pixels back.
func (im *Image) EncodePNG(w io.Writer) error {
	m := image.NewNRGBA(image.Rect(0, 0, im.Width, im.Height))
	for i, j := 0, 0; i < len(im.Pix); i, j = i+3, j+4 {
		copy(m.Pix[j:], im.Pix[i:i+3])
		m.Pix[j+3] = 255
	}
	return png.Encode(w, m)
}

// Options are the choices of one decode. The zero value is Pillow's behaviour with the orientation of EXIF applied.
type Options struct {
	// IgnoreEXIF leaves EXIF's orientation unapplied, as torchvision's loader does. A TIFF's own orientation tag is
	// always applied, as Pillow always does.
	IgnoreEXIF bool
	// Limits that are zero are Pillow's.
	Limits Limits
	// Budget is the memory that decoders share; nil is the one of the process.
	Budget *Budget
	// Warn, if set, is told what is odd but no error: a very large picture, values that were clipped.
	Warn func(message string)
}

func (o Options) warn(message string) {
	if o.Warn != nil {
		o.Warn(message)
	}
}
