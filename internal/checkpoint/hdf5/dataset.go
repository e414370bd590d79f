package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// A Dataset is an array of numbers.
type Dataset struct {
	Path string
	Info tensor.Info

	bytes   int64  // of all elements
	compact []byte // where the header has them
	address uint64 // of the data, or of the tree of chunks
	chunk   []int  // nil: in one piece
	filters []int
}

// How a type holds text.
const (
	noText    = iota
	fixedText // in place, padded
	heapText  // in a global heap
)

// datatype is the type of an element.
type datatype struct {
	size  int
	dtype tensor.DType // what is no number is named and has no Size
	text  int
	pad   int // of fixed text: ended by NUL, padded with NULs, padded with spaces
}

// trim takes the padding off a text.
func (t datatype) trim(text string) string {
	switch {
	case t.text == fixedText && t.pad == 0:
		text, _, _ = strings.Cut(text, "\x00")
	case t.text == fixedText && t.pad == 2:
		text = strings.TrimRight(text, " ")
	default:
		text = strings.TrimRight(text, "\x00")
	}
	return text
}

// readType reads a datatype message.
func readType(c *cursor) (datatype, error) {
	class := c.u8() & 15
	bits := [3]int{c.u8(), c.u8(), c.u8()}
	t := datatype{size: int(c.u32()), dtype: tensor.DType(fmt.Sprintf("HDF5 type %d", class))}
	if c.err == nil && t.size == 0 {
		return t, c.fail("a type has elements of no bytes")
	}
	switch class {
	case 0:
		return t.integer(c, bits)
	case 1:
		return t.float(c, bits)
	case 3:
		t.text, t.pad, t.dtype = fixedText, bits[0]&15, "string"
	case 9:
		if t.dtype = "sequence"; bits[0]&15 == 1 && t.size == 16 {
			t.text, t.dtype = heapText, "string"
		}
	}
	return t, c.err
}

func (t datatype) integer(c *cursor, bits [3]int) (datatype, error) {
	offset, precision := c.u16(), c.u16()
	signed := bits[0]&8 != 0
	if c.err == nil && (bits[0]&1 != 0 && t.size > 1 || offset != 0 || precision != 8*t.size) {
		return t, c.fail("integers that are big-endian or do not fill their bytes are not read")
	}
	types := map[int]tensor.DType{1: tensor.Int8, 2: tensor.Int16, 4: tensor.Int32, 8: tensor.Int64}
	if dtype, ok := types[t.size]; ok && signed {
		t.dtype = dtype
	} else if t.dtype = tensor.DType(fmt.Sprintf("uint%d", min(precision, 9999))); signed {
		t.dtype = t.dtype[1:]
	}
	return t, c.err
}

// floats are the layouts of IEEE 754's types and bfloat16: where exponent and mantissa lie and how long they are.
var floats = map[[5]int]tensor.DType{
	{2, 10, 5, 0, 10}:  tensor.Float16,
	{2, 7, 8, 0, 7}:    tensor.BFloat16,
	{4, 23, 8, 0, 23}:  tensor.Float32,
	{8, 52, 11, 0, 52}: tensor.Float64,
}

func (t datatype) float(c *cursor, bits [3]int) (datatype, error) {
	c.skip(4)
	layout := [5]int{t.size, c.u8(), c.u8(), c.u8(), c.u8()}
	bias := c.u32()
	dtype, ok := floats[layout]
	if c.err == nil && (bits[0]&(1|1<<6) != 0 || !ok || bias != 1<<(layout[2]-1)-1) {
		return t, c.fail("floating-point numbers of %d bytes that are big-endian or not IEEE 754's are not read", t.size)
	}
	t.dtype = dtype
	return t, c.err
}

// readShape reads a dataspace message.
func readShape(c *cursor) ([]int, error) {
	version, rank := c.u8(), c.u8()
	flags := c.u8()
	switch version {
	case 1:
		c.skip(5)
	case 2:
		if kind := c.u8(); kind == 2 {
			return nil, c.fail("an array without elements is not read")
		}
	default:
		return nil, c.fail("version %d of a shape is not read", version)
	}
	if rank > format.MaxDims || flags&^1 != 0 {
		return nil, c.fail("a shape of %d dimensions is not read", rank)
	}
	shape := make([]int, rank)
	for i := range shape {
		d := c.u64()
		if d > math.MaxInt {
			return nil, c.fail("the dimension %d is too large", d)
		}
		shape[i] = int(d)
	}
	return shape, c.err
}

// dataset reads the description of a dataset.
func (w *walker) dataset(path string, messages []message) (*Dataset, error) {
	d := &Dataset{Path: path}
	var typ datatype
	var layout *cursor
	parts := 0
	for _, m := range messages {
		if m.shared && (m.kind == msgDataspace || m.kind == msgDatatype || m.kind == msgFilters) {
			return nil, m.body.fail("%s: a type that is shared is not read", path)
		}
		var err error
		switch m.kind {
		case msgDataspace:
			d.Info.Shape, err = readShape(m.body)
			parts |= 1
		case msgDatatype:
			typ, err = readType(m.body)
			parts |= 2
		case msgLayout:
			layout = m.body
		case msgFilters:
			d.filters, err = readFilters(m.body)
		case msgExternal:
			err = m.body.fail("its data stands in another file, which is not read")
		}
		if err != nil {
			return nil, of(path, err)
		}
	}
	if parts != 3 {
		return nil, layout.fail("%s has no shape or no type", path)
	}
	d.Info.DType = typ.dtype
	n, ok := d.Info.Shape.Checked()
	if !ok || n > math.MaxInt/typ.size {
		return nil, layout.fail("%s: the shape %v is too large", path, d.Info.Shape)
	}
	d.bytes = int64(n) * int64(typ.size)
	if err := d.layout(layout, typ.size, w.size); err != nil {
		return nil, of(path, err)
	}
	return d, nil
}

// of says which object an error is about.
func of(path string, err error) error {
	if e, ok := errors.AsType[*format.Error](err); ok {
		return format.Errorf(Name, e.Offset, "%s: %v", path, errors.New(e.Rule))
	}
	return err
}

// layout reads where the data lies in a file of size bytes.
func (d *Dataset) layout(c *cursor, element int, size int64) error {
	version, class := c.u8(), c.u8()
	if c.err == nil && (version < 3 || version > 4) {
		return c.fail("version %d of a layout is not read", version)
	}
	switch {
	case class == 0 && d.filters == nil:
		d.compact = c.bytes(c.u16())
		if c.err == nil && int64(len(d.compact)) < d.bytes {
			return c.fail("%d bytes of data, want %d", len(d.compact), d.bytes)
		}
	case class == 1 && d.filters == nil:
		var n uint64
		d.address, n = c.u64(), c.u64()
		switch {
		case c.err != nil || d.bytes == 0:
		case d.address == undefined:
			return c.fail("no data was ever written")
		case n != uint64(d.bytes):
			return c.fail("%d bytes of data, want %d", n, d.bytes)
		case d.address > uint64(size) || d.bytes > size-int64(d.address):
			return c.fail("the data at %d lies outside the file of %d bytes (truncated download?)", d.address, size)
		}
	case class == 2 && version == 3:
		return d.chunked(c, element)
	default:
		return c.fail("a layout of class %d, version %d is not read; %s", class, version, fractal)
	}
	return c.err
}

// Stream writes the elements to w, row-major and little-endian.
func (f *File) Stream(d *Dataset, w io.Writer) error {
	switch {
	case d.Info.DType.Size() == 0:
		return format.Errorf(Name, -1, "%s: elements of type %s cannot be read", d.Path, d.Info.DType)
	case d.bytes == 0:
		return nil
	case d.chunk != nil:
		return f.streamChunks(d, w)
	case d.compact != nil:
		return format.Copy(w, bytes.NewReader(d.compact[:d.bytes]), d.bytes)
	}
	err := format.Copy(w, io.NewSectionReader(f.r, int64(d.address), d.bytes), d.bytes)
	return format.Truncated(err, Name, int64(d.address), "the dataset "+d.Path)
}
