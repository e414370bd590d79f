package npy

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"resnet/internal/tensor"
)

// Magic is what every file begins with.
const Magic = "\x93NUMPY"

// maxHeader bounds the dictionary before the data; NumPy's is shorter than a hundred bytes.
const maxHeader = 1 << 16

// dictionary is what NumPy writes there, whatever version of the format it is.
var dictionary = regexp.MustCompile(`^\{'descr': *'([^']*)', *'fortran_order': *(True|False), *'shape': *\(([0-9, ]*)\) *,? *\} *\n?$`)

// Reader reads an array of float32 or float64 row by row.
type Reader struct {
	Rows, Width int // the shape is (rows, width)

	r    *bufio.Reader
	size int // of an element, in bytes
	row  []byte
}

// NewReader reads the header of a file of size bytes, which must be a two-dimensional array and hold all of it.
func NewReader(r io.Reader, size int64) (*Reader, error) {
	buffered := bufio.NewReader(r)
	shape, descr, before, err := readHeader(buffered)
	if err != nil {
		return nil, err
	}
	out := &Reader{r: buffered, size: map[string]int{"<f4": 4, "<f8": 8}[descr]}
	if out.size == 0 {
		return nil, fmt.Errorf("an array of %q; want float32 or float64, little-endian", descr)
	}
	if len(shape) != 2 || shape[1] == 0 {
		return nil, fmt.Errorf("an array of shape %v; want a row for each vector", shape)
	}
	out.Rows, out.Width = shape[0], shape[1]
	if data := size - before; int64(out.Width) > data/int64(out.size) && out.Rows > 0 || int64(out.Rows)*int64(out.Width) != data/int64(out.size) || data%int64(out.size) != 0 {
		return nil, fmt.Errorf("an array of %v does not fit the file's %d bytes: it was cut off, or is no array", shape, size)
	}
	return out, nil
}

// readHeader reads what stands before the data, which begins at byte before.
func readHeader(r io.Reader) (shape tensor.Shape, descr string, before int64, err error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:6]) != Magic {
		return nil, "", 0, errors.New("no .npy file")
	}
	length := make([]byte, 4)
	switch head[6] {
	case 1:
		length = length[:2]
	case 2, 3:
	default:
		return nil, "", 0, fmt.Errorf("version %d of the format is not known", head[6])
	}
	if _, err := io.ReadFull(r, length); err != nil {
		return nil, "", 0, err
	}
	n := binary.LittleEndian.Uint32(append(length[:len(length):len(length)], 0, 0)[:4])
	if n > maxHeader {
		return nil, "", 0, fmt.Errorf("a header of %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, "", 0, err
	}
	found := dictionary.FindStringSubmatch(string(text))
	if found == nil {
		return nil, "", 0, errors.New("the header is not as NumPy writes it")
	}
	if found[2] == "True" {
		return nil, "", 0, errors.New("an array in Fortran's order: save numpy.ascontiguousarray of it")
	}
	for _, dim := range strings.FieldsFunc(found[3], func(r rune) bool { return r == ',' || r == ' ' }) {
		v, err := strconv.ParseUint(dim, 10, 31)
		if err != nil {
			return nil, "", 0, fmt.Errorf("a dimension of %s", dim)
		}
		shape = append(shape, int(v))
	}
	return shape, found[1], int64(8 + len(length) + len(text)), nil
}

// Row reads the next row into dst, which has Width elements.
func (r *Reader) Row(dst []float32) error {
	if r.row == nil {
		r.row = make([]byte, r.Width*r.size)
	}
	if _, err := io.ReadFull(r.r, r.row); err != nil {
		return err
	}
	for i := range dst {
		if r.size == 4 {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.row[4*i:]))
		} else {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(r.row[8*i:])))
		}
	}
	return nil
}
