package imaging

import (
	"bytes"
	"io"
	"math/bits"

	"resnet/internal/imaging/rgb"
)

func openBMP(j *job) (rows, error) {
	f, err := readBMPHeader(bytesSource(j.data))
	if err != nil {
		return nil, err
	}
	data := j.data[min(f.pixels, int64(len(j.data))):]
	if f.compression == bmpRLE4 || f.compression == bmpRLE8 {
		return f.openRLE(j, data)
	}
	pixelBits := f.bits
	if f.palette != nil {
		pixelBits = f.indexBits
	}
	n := (f.width*pixelBits + 7) / 8
	switch {
	case n > f.stride:
		return nil, errorf(Corrupt, "corrupt BMP: a palette of gray, which takes %d bits a pixel, with %d", pixelBits, f.bits)
	case pixels(f.stride, f.height-1) > int64(len(data)-n): // the padding of the last row may be missing
		return nil, io.ErrUnexpectedEOF
	}
	return pictureRows(func(dst []byte, y int) { f.convert(dst, data[f.stored(y)*f.stride:]) }), nil
}

// stored is the number of a row in the file.
func (f *bmpFile) stored(y int) int {
	if f.topDown {
		return y
	}
	return f.height - 1 - y
}

func (f *bmpFile) convert(dst, src []byte) {
	var low [3]int // bits below the channels
	for i, mask := range f.masks {
		low[i] = bits.TrailingZeros32(mask)
	}
	switch {
	case f.palette != nil:
		rgb.Index(dst, src, f.indexBits, f.palette)
	case f.bits == 16:
		for x := range len(dst) / 3 {
			word := uint32(le16(src[2*x:]))
			for i, mask := range f.masks {
				dst[3*x+i] = byte((word & mask >> low[i]) * 255 / (mask >> low[i]))
			}
		}
	default:
		rgb.Stride(dst, src, f.bits/8, low[0]/8, low[1]/8, low[2]/8)
	}
}

// openRLE expands the whole picture, since the row that is seen first comes last.
func (f *bmpFile) openRLE(j *job, data []byte) (rows, error) {
	if f.palette == nil {
		return nil, f.unsupported()
	}
	r := bmpRLE{
		reader: bytes.NewReader(data), odd: f.pixels%2 == 1,
		width: f.width, indices: make([]byte, 0, f.width*f.height),
	}
	for r.step(f.compression == bmpRLE4) {
		if err := checkContext(j.ctx); err != nil {
			return nil, err
		}
	}
	if len(r.indices) < cap(r.indices) {
		return nil, io.ErrUnexpectedEOF
	}
	table := f.palette
	if f.indexBits == 1 && table == &rgb.Grays[1] { // all but 0 are white
		white := rgb.Grays[8]
		for i := 1; i < len(white); i++ {
			white[i] = [3]byte{255, 255, 255}
		}
		table = &white
	}
	return pictureRows(func(dst []byte, y int) { rgb.Index(dst, r.indices[f.stored(y)*f.width:], 8, table) }), nil
}

// bmpRLE expands runs of indices as Pillow does.
type bmpRLE struct {
	reader  *bytes.Reader
	odd     bool // the reader begins at an odd place in the file
	width   int
	x       int
	indices []byte // up to its capacity
}

// step does one run; false at the end of the data or the picture.
func (r *bmpRLE) step(rle4 bool) bool {
	count, _ := r.reader.ReadByte()
	value, err := r.reader.ReadByte()
	if err != nil || len(r.indices) == cap(r.indices) {
		return false
	}
	switch {
	case count > 0:
		n := min(int(count), max(r.width-r.x, 0))
		r.x += n
		r.run(n, value, rle4)
	case value == 0: // end of the row
		r.blank((r.width - len(r.indices)%r.width) % r.width)
		r.x = 0
	case value == 1: // end of the picture
		return false
	case value == 2: // a step to the right and to later rows
		right, _ := r.reader.ReadByte()
		up, err := r.reader.ReadByte()
		if err != nil {
			return false
		}
		r.blank(int(right) + int(up)*r.width)
		r.x = len(r.indices) % r.width
	default:
		return r.literal(int(value), rle4)
	}
	return true
}

// run repeats an index, or the two of a byte in turn.
func (r *bmpRLE) run(n int, value byte, rle4 bool) {
	for i := range min(n, cap(r.indices)-len(r.indices)) {
		v := value
		switch {
		case rle4 && i%2 == 0:
			v = value >> 4
		case rle4:
			v = value & 0xF
		}
		r.indices = append(r.indices, v)
	}
}

// blank skips pixels, which stay 0.
func (r *bmpRLE) blank(n int) {
	n = min(n, cap(r.indices)-len(r.indices))
	r.indices = r.indices[:len(r.indices)+n]
}

// literal takes n indices as they are, and what pads them to an even place in the file.
func (r *bmpRLE) literal(n int, rle4 bool) bool {
	r.x += n
	n = min(n, cap(r.indices)-len(r.indices))
	for i := range n {
		if rle4 && i%2 == 1 {
			if err := r.reader.UnreadByte(); err != nil {
				return false
			}
		}
		v, err := r.reader.ReadByte()
		switch {
		case err != nil:
			return false
		case rle4 && i%2 == 0:
			v >>= 4
		case rle4:
			v &= 0xF
		}
		r.indices = append(r.indices, v)
	}
	if position := r.reader.Size() - int64(r.reader.Len()); position%2 == 1 != r.odd {
		_, _ = r.reader.ReadByte()
	}
	return true
}
