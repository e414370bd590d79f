package format

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"
	"unsafe"

	"resnet/internal/tensor"
)

// A Decoder converts the little-endian elements of one tensor to float32 as they stream by. Integers above 2²⁴ and
// float64 values are rounded to the nearest float32.
type Decoder struct {
	DType tensor.DType
	rest  []float32
}

// NewDecoder fills dst.
func NewDecoder(dtype tensor.DType, dst []float32) *Decoder { return &Decoder{DType: dtype, rest: dst} }

// littleEndian reports whether a float32 lies in memory as it does in a file.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// direct lends the memory of the next n bytes, where these need no conversion, so that they are read where they belong.
func (d *Decoder) direct(n int64) []byte {
	values := n / 4
	if !littleEndian || d.DType != tensor.Float32 || n%4 != 0 || n == 0 || values > int64(len(d.rest)) {
		return nil
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&d.rest[0])), n)
	d.rest = d.rest[values:]
	return b
}

// Write takes a chunk of whole elements.
func (d *Decoder) Write(chunk []byte) (int, error) {
	n := len(chunk) / d.DType.Size()
	if n > len(d.rest) || n*d.DType.Size() != len(chunk) {
		return 0, fmt.Errorf("%d bytes of %s do not fit in the %d values left", len(chunk), d.DType, len(d.rest))
	}
	decode(d.rest[:n], chunk, d.DType)
	d.rest = d.rest[n:]
	return len(chunk), nil
}

// decode converts len(dst) elements.
func decode(dst []float32, src []byte, dtype tensor.DType) {
	le := binary.LittleEndian
	switch dtype {
	case tensor.Float32:
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(src[4*i:]))
		}
	case tensor.Float16:
		for i := range dst {
			dst[i] = halfToFloat(le.Uint16(src[2*i:]))
		}
	case tensor.BFloat16:
		for i := range dst {
			dst[i] = bfloatToFloat(le.Uint16(src[2*i:]))
		}
	case tensor.Float64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	case tensor.Int64:
		for i := range dst {
			dst[i] = float32(int64(le.Uint64(src[8*i:])))
		}
	case tensor.Int32:
		for i := range dst {
			dst[i] = float32(int32(le.Uint32(src[4*i:])))
		}
	case tensor.Int16:
		for i := range dst {
			dst[i] = float32(int16(le.Uint16(src[2*i:])))
		}
	case tensor.Int8:
		for i := range dst {
			dst[i] = float32(int8(src[i]))
		}
	case tensor.UInt8, tensor.Bool:
		for i := range dst {
			dst[i] = float32(src[i])
		}
	}
}

// CanEncode reports whether float32 values can be written as dtype.
func CanEncode(dtype tensor.DType) bool {
	switch dtype {
	case tensor.Float64, tensor.Float32, tensor.Float16, tensor.BFloat16:
		return true
	}
	return false
}

// Encode converts len(src) values to a floating-point dtype, little-endian, rounding to the nearest, ties to even.
func Encode(dst []byte, src []float32, dtype tensor.DType) {
	le := binary.LittleEndian
	switch dtype {
	case tensor.Float64:
		for i, v := range src {
			le.PutUint64(dst[8*i:], math.Float64bits(float64(v)))
		}
	case tensor.Float32:
		for i, v := range src {
			le.PutUint32(dst[4*i:], math.Float32bits(v))
		}
	case tensor.Float16:
		for i, v := range src {
			le.PutUint16(dst[2*i:], floatToHalf(v))
		}
	case tensor.BFloat16:
		for i, v := range src {
			le.PutUint16(dst[2*i:], floatToBfloat(v))
		}
	}
}

// ChunkSize bounds what streaming holds at a time: small enough for the second-level cache, so that the conversion
// reads what the disk has just brought. It is a multiple of every element size.
const ChunkSize = 256 << 10

var chunks = sync.Pool{New: func() any { return new([ChunkSize]byte) }}

// Chunk lends a buffer of ChunkSize bytes; the returned function takes it back.
func Chunk() (buf []byte, release func()) {
	c := chunks.Get().(*[ChunkSize]byte)
	return c[:], func() { chunks.Put(c) }
}

// Copy streams n bytes from r to w through one chunk. Unlike io.Copy it never lets w or r choose the chunk, so that w sees
// whole elements.
func Copy(w io.Writer, r io.Reader, n int64) error {
	if d, ok := w.(*Decoder); ok {
		if memory := d.direct(n); memory != nil {
			return copyDirect(memory, r)
		}
	}
	if n == 0 {
		return nil
	}
	buf, release := Chunk()
	defer release()
	for n > 0 {
		chunk := buf[:min(n, ChunkSize)]
		if err := readFull(r, chunk); err != nil {
			return err
		}
		if _, err := w.Write(chunk); err != nil {
			return err
		}
		n -= int64(len(chunk))
	}
	return nil
}

// copyDirect reads in chunks too, for the sake of a checksum, which then finds them in the cache.
func copyDirect(memory []byte, r io.Reader) error {
	for len(memory) > 0 {
		n := min(len(memory), ChunkSize)
		if err := readFull(r, memory[:n]); err != nil {
			return err
		}
		memory = memory[n:]
	}
	return nil
}

func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// BoolChecker passes on the bytes of a bool tensor, which must be 0 or 1. Offset is where in the file they begin, or -1.
type BoolChecker struct {
	W      io.Writer
	Format string
	Offset int64
}

func (c *BoolChecker) Write(chunk []byte) (int, error) {
	for i, b := range chunk {
		if b <= 1 {
			continue
		}
		if c.Offset >= 0 {
			c.Offset += int64(i)
		}
		return 0, Errorf(c.Format, c.Offset, "a bool is %d; it must be 0 or 1", b)
	}
	if c.Offset >= 0 {
		c.Offset += int64(len(chunk))
	}
	return c.W.Write(chunk)
}
