package tiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math/bits"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"
)

// compressed is the content of the i-th strip or tile.
func (r *Decoder) compressed(i int) ([]byte, error) {
	offsets, lengths := r.placeTags()
	only := r.planes*r.across()*r.down() == 1
	if int64(i) >= r.fields[offsets].count {
		return nil, corrupt("no place for strip or tile %d", i)
	}
	offset, length := r.value(offsets, int64(i)), int64(0)
	if int64(i) < r.fields[lengths].count {
		length = r.value(lengths, int64(i))
	}
	// Libtiff cuts lengths that are out of all proportion.
	if limit := 10*int64(r.rowBytes(r.tileWidth))*int64(r.tileLength) + 4096; length > 1<<20 && length > limit {
		length = limit
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case offset < 0 || offset > r.size:
		return nil, io.ErrUnexpectedEOF
	case length == 0 && only: // unknown
		length = r.size - offset
	case length <= 0:
		return nil, corrupt("strip or tile %d is empty", i)
	case length > r.size-offset:
		return nil, io.ErrUnexpectedEOF
	}
	return r.data[offset : offset+length], nil
}

// decoder makes a segment read that content, of so many rows.
func (r *Decoder) decoder(s *segment, data []byte, rows int) (err error) {
	var in byteReader = bytes.NewReader(data)
	if r.samples.reversed {
		in = reversedReader{in}
	}
	switch r.compression {
	case packedBits:
		s.decode = &packBits{in: in}
	case lzwCodes:
		first := byte(0x80) // of the nine bits of the code that clears
		if r.samples.reversed {
			first = 1
		}
		if len(data) < 2 || data[0] != first || data[1]&first != 0 {
			return corrupt("LZW that does not begin with a clear code")
		}
		s.decode = lzw.NewReader(in, lzw.MSB, 8)
	case group3, group4:
		format := ccitt.Group3
		if r.compression == group4 {
			format = ccitt.Group4
		}
		if r.tiled {
			rows = r.tileLength
		}
		s.decode = ccitt.NewReader(in, ccitt.MSB, format, r.tileWidth, rows, &ccitt.Options{Invert: true})
	default:
		if again, ok := s.decode.(zlib.Resetter); ok {
			return again.Reset(in, nil)
		}
		s.decode, err = zlib.NewReader(in)
	}
	return err
}

// checkSum looks at what is behind the last row of a deflated segment: more rows, which do not matter, or a checksum,
// which does.
func (r *Decoder) checkSum(s *segment) error {
	if r.compression != deflated && r.compression != deflated2 {
		return nil
	}
	if n, err := s.decode.Read(make([]byte, 1)); n == 0 && err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	return nil
}

// byteReader is what the decoders read without a buffer of their own.
type byteReader interface {
	io.Reader
	io.ByteReader
}

// reversedReader turns the bits of each byte round.
type reversedReader struct{ byteReader }

func (r reversedReader) Read(p []byte) (int, error) {
	n, err := r.byteReader.Read(p)
	reverseBits(p[:n])
	return n, err
}

func (r reversedReader) ReadByte() (byte, error) {
	b, err := r.byteReader.ReadByte()
	return bits.Reverse8(b), err
}

func reverseBits(b []byte) {
	for i, v := range b {
		b[i] = bits.Reverse8(v)
	}
}

// packBits expands runs: n+1 bytes as they are, or one byte 1-n times where n is negative; -128 is nothing.
type packBits struct {
	in     byteReader
	left   int // of the run
	repeat bool
	value  byte
}

func (p *packBits) Read(dst []byte) (n int, err error) {
	for n < len(dst) {
		if p.left == 0 {
			if err := p.begin(); err != nil {
				return n, err
			}
			continue
		}
		part := dst[n:min(n+p.left, len(dst))]
		if !p.repeat {
			if _, err := io.ReadFull(p.in, part); err != nil {
				return n, err
			}
		} else {
			for i := range part {
				part[i] = p.value
			}
		}
		n += len(part)
		p.left -= len(part)
	}
	return n, nil
}

// begin reads what a run is.
func (p *packBits) begin() error {
	head, err := p.in.ReadByte()
	n := int(int8(head))
	switch {
	case err != nil || n == -128:
		return err
	case n >= 0:
		p.left, p.repeat = n+1, false
		return nil
	}
	p.left, p.repeat = 1-n, true
	p.value, err = p.in.ReadByte()
	return err
}

// unpredict undoes the predictor on a row of a strip or tile.
func (r *Decoder) unpredict(line []byte) error {
	step := 1
	if !r.planar {
		step = r.samples.count
	}
	switch width := r.samples.bits; {
	case r.predictor == 1:
	case r.predictor == 2 && width == 8:
		for i := step; i < len(line); i++ {
			line[i] += line[i-step]
		}
	case r.predictor == 2 && width == 16:
		for i := 2 * step; i+2 <= len(line); i += 2 {
			r.order.PutUint16(line[i:], r.order.Uint16(line[i:])+r.order.Uint16(line[i-2*step:]))
		}
	case r.predictor == 2 && width == 32:
		for i := 4 * step; i+4 <= len(line); i += 4 {
			r.order.PutUint32(line[i:], r.order.Uint32(line[i:])+r.order.Uint32(line[i-4*step:]))
		}
	case r.predictor == 3 && width == 32 && r.samples.format == 3 && step == 1:
		r.unpredictFloats(line)
	default:
		return unsupported("predictor %d with %d bits", r.predictor, width)
	}
	return nil
}

// unpredictFloats sums up a row's bytes, all the highest ones first, and puts the floats together in the file's order.
func (r *Decoder) unpredictFloats(line []byte) {
	for i := 1; i < len(line); i++ {
		line[i] += line[i-1]
	}
	planes := append(r.scratch[:0], line...)
	n := len(line) / 4
	for i := range n {
		v := [4]byte{planes[i], planes[n+i], planes[2*n+i], planes[3*n+i]}
		r.order.PutUint32(line[4*i:], binary.BigEndian.Uint32(v[:]))
	}
}
