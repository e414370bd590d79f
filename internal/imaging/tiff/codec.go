package tiff

import (
	"bytes"
	"compress/zlib"
	"context"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
)

// segmentReader decodes strips or tiles, one after another.
type segmentReader interface {
	reset(data []byte, rows int) error // begins another one, of which so many rows will be read
	readRow(ctx context.Context, line []byte) error
	end() error // behind the last row
}

// newReader makes the decoder of the file's strips or tiles.
func (t *File) newReader() segmentReader {
	if t.chroma.subsampled() {
		return &subsampledReader{segmentReader: t.newDecompressor(), chroma: t.chroma, groups: make([]byte, t.chroma.groupBytes(t.tileWidth))}
	}
	return t.newDecompressor()
}

// newDecompressor makes the decoder of the file's compression.
func (t *File) newDecompressor() segmentReader {
	in := byteReader{reversed: t.samples.reversed}
	switch t.compression {
	case packedBits:
		return &packBits{in: in}
	case lzwCodes:
		return newLZW(t.samples.reversed)
	case fax, faxWords, group3, group4:
		return t.newFax()
	case zstandard:
		return &zstdReader{in: in}
	case jpegPicture:
		return t.newJPEG()
	}
	return &deflateReader{in: in}
}

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

// byteReader reads bytes, with their bits turned round where the file says so.
type byteReader struct {
	bytes.Reader
	reversed bool
}

func (r *byteReader) of(data []byte) { r.Reader.Reset(data) }

func (r *byteReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if r.reversed {
		reverseBits(p[:n])
	}
	return n, err
}

func (r *byteReader) ReadByte() (byte, error) {
	b, err := r.Reader.ReadByte()
	if r.reversed {
		b = bits.Reverse8(b)
	}
	return b, err
}

func reverseBits(b []byte) {
	for i, v := range b {
		b[i] = bits.Reverse8(v)
	}
}

// deflateReader inflates.
type deflateReader struct {
	in byteReader
	z  io.ReadCloser
}

func (d *deflateReader) reset(data []byte, _ int) (err error) {
	d.in.of(data)
	if d.z != nil {
		return d.z.(zlib.Resetter).Reset(&d.in, nil)
	}
	d.z, err = zlib.NewReader(&d.in)
	return err
}

func (d *deflateReader) readRow(_ context.Context, line []byte) error {
	_, err := io.ReadFull(d.z, line)
	return err
}

// end looks at what is behind the last row: more of them, which do not matter, or a checksum, which does.
func (d *deflateReader) end() error {
	if n, err := d.z.Read(make([]byte, 1)); n == 0 && err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	return nil
}

// zstdWindow is the most that a frame may look back, in bytes: what RFC 8878 asks of every decoder. Libtiff's own levels
// up to 19 need no more.
const zstdWindow = 8 << 20

type zstdReader struct {
	in byteReader
	z  *zstd.Decoder
}

func (d *zstdReader) reset(data []byte, _ int) (err error) {
	d.in.of(data)
	if d.z != nil {
		return d.z.Reset(&d.in)
	}
	d.z, err = zstd.NewReader(&d.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
	return err
}

func (d *zstdReader) readRow(_ context.Context, line []byte) error {
	_, err := io.ReadFull(d.z, line)
	return err
}

func (d *zstdReader) end() error { return nil }
