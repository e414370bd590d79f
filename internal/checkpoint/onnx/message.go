package onnx

import (
	"io"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"resnet/internal/checkpoint/format"
)

// Limits that no residual network comes near.
const (
	maxItems   = 65_536 // nodes, their inputs, outputs and attributes, and tensors
	windowSize = 512
	maxMessage = 1 << 20 // bytes of a message that is read whole
	maxList    = 64      // numbers of an attribute
	maxText    = 4096    // bytes of a name
	maxInline  = 4096    // elements that are not stored as raw bytes

	maxMetadata = 8 << 20 // bytes of all metadata; names of 21,000 classes have 1 MB
)

// A field is one of a message: a number, or length bytes at an offset of the file.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  uint64 // of a varint or a fixed number
	at     int64  // where the content begins
	length int64
}

// A window reads a few hundred bytes at a time, as most fields are small.
type window struct {
	file io.ReaderAt
	at   int64
	buf  []byte
}

func (w *window) ReadAt(p []byte, off int64) (int, error) {
	if len(p) >= windowSize {
		return w.file.ReadAt(p, off)
	}
	if off < w.at || off+int64(len(p)) > w.at+int64(len(w.buf)) {
		w.at, w.buf = off, append(w.buf[:0], make([]byte, windowSize)...)
		n, err := w.file.ReadAt(w.buf, off)
		if w.buf = w.buf[:n]; n < len(p) {
			return copy(p, w.buf), err
		}
	}
	return copy(p, w.buf[off-w.at:]), nil
}

// walk calls visit for each field of the message in [at, end) of the file, and reads no content of theirs.
func (o *Reader) walk(at, end int64, visit func(field) error) error {
	var head [20]byte // a tag and a length or number, of 10 bytes at most each
	for at < end {
		window := head[:min(int64(len(head)), end-at)]
		if n, err := o.heads.ReadAt(window, at); n < len(window) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return format.Truncated(err, Name, at, "a message")
		}
		f, n, err := parseField(window, at, end)
		if err != nil {
			return err
		}
		if err := visit(f); err != nil {
			return err
		}
		at += int64(n) + f.length
	}
	return nil
}

// parseField reads the head of a field; n is its size.
func parseField(b []byte, at, end int64) (f field, n int, err error) {
	number, kind, n := protowire.ConsumeTag(b)
	if n < 0 {
		return f, 0, format.Errorf(Name, at, "no field of a protobuf message begins here")
	}
	f = field{number: number, kind: kind}
	m := 0
	switch kind {
	case protowire.VarintType:
		f.value, m = protowire.ConsumeVarint(b[n:])
	case protowire.Fixed32Type:
		var v uint32
		v, m = protowire.ConsumeFixed32(b[n:])
		f.value = uint64(v)
	case protowire.Fixed64Type:
		f.value, m = protowire.ConsumeFixed64(b[n:])
	case protowire.BytesType:
		f.value, m = protowire.ConsumeVarint(b[n:])
		if m > 0 && f.value > uint64(end-at-int64(n+m)) {
			return f, 0, format.Errorf(Name, at, "a field of %d bytes is longer than the %d bytes that are left (truncated download?)", f.value, end-at-int64(n+m))
		}
		f.length = int64(f.value)
	default:
		return f, 0, format.Errorf(Name, at, "a field has the wire type %d, which ONNX does not use", int(kind))
	}
	if m < 0 {
		return f, 0, format.Errorf(Name, at, "the number or length of a field is cut off or longer than 10 bytes")
	}
	f.at = at + int64(n+m)
	return f, n + m, nil
}

// bytes reads a field's content.
func (o *Reader) bytes(f field, limit int64) ([]byte, error) {
	if f.kind != protowire.BytesType {
		return nil, format.Errorf(Name, f.at, "field %d is a number, want bytes", int(f.number))
	}
	if f.length > limit {
		return nil, format.Errorf(Name, f.at, "field %d has %d bytes, more than %d", int(f.number), f.length, limit)
	}
	b := make([]byte, f.length)
	if _, err := io.ReadFull(io.NewSectionReader(&o.heads, f.at, f.length), b); err != nil {
		return nil, format.Truncated(err, Name, f.at, "a message")
	}
	return b, nil
}

// text reads a name.
func (o *Reader) text(f field) (string, error) {
	b, err := o.bytes(f, maxText)
	if err == nil && !utf8.Valid(b) {
		err = format.Errorf(Name, f.at, "a name is no UTF-8")
	}
	return string(b), err
}

// each calls visit for each field of a message in memory, which lies at an offset of the file.
func each(b []byte, at int64, visit func(f field, content []byte) error) error {
	end := at + int64(len(b))
	for len(b) > 0 {
		f, n, err := parseField(b, at, end)
		if err != nil {
			return err
		}
		rest := b[n:]
		if err := visit(f, rest[:f.length]); err != nil {
			return err
		}
		b = rest[f.length:]
		at += int64(n) + f.length
	}
	return nil
}

// numbers reads a repeated number, which is one field each, or all packed in one.
func numbers(list []uint64, f field, content []byte, fixed int, limit int) ([]uint64, error) {
	if f.kind != protowire.BytesType {
		list = append(list, f.value)
	}
	for len(content) > 0 && len(list) <= limit {
		var v uint64
		n := -1
		switch {
		case fixed == 4 && len(content) >= 4:
			v32, m := protowire.ConsumeFixed32(content)
			v, n = uint64(v32), m
		case fixed == 0:
			v, n = protowire.ConsumeVarint(content)
		}
		if n < 0 {
			return nil, format.Errorf(Name, f.at, "a list of numbers is cut off")
		}
		list, content = append(list, v), content[n:]
	}
	if len(list) > limit {
		return nil, format.Errorf(Name, f.at, "a list has more than %d numbers", limit)
	}
	return list, nil
}

// spend counts an item.
func (o *Reader) spend(at int64) error {
	if o.budget--; o.budget < 0 {
		return format.Errorf(Name, at, "the model has more than %d tensors, operators, and inputs and attributes of operators", maxItems)
	}
	return nil
}
