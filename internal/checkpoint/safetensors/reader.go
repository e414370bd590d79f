// Package safetensors reads and writes Hugging Face's safetensors format: eight bytes with the length of a JSON header,
// the header, and the tensors' data without a gap (github.com/huggingface/safetensors).
//
// The reader is stricter than that library's version 0.8, which accepts white space before the header, names that stand
// twice or hold a NUL, bools other than 0 and 1, and any number of dimensions and tensors (here 8 and 32,768).
package safetensors

import (
	"encoding/binary"
	"io"
	"maps"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// maxHeader is the format's own limit.
const maxHeader = 100_000_000

// Sniff reports whether a file of that size, whose first bytes are head, can be a safetensors file.
func Sniff(head []byte, size int64) bool {
	if len(head) < 9 {
		return false
	}
	n := binary.LittleEndian.Uint64(head)
	return n <= maxHeader && int64(n) <= size-8 && head[8] == '{'
}

// A Reader is an opened safetensors file. It may be used by several goroutines.
type Reader struct {
	r      io.ReaderAt
	data   int64 // where the tensors' data begins
	header *header
	names  []string
}

// Open reads and checks the header of a file of size bytes; the data is read by Stream alone.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	if size < 8 {
		return nil, format.Errorf(Name, 0, "the file has %d bytes; the length of the header alone takes 8", size)
	}
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil && err != io.EOF {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(head[:])
	switch {
	case n > maxHeader:
		return nil, format.Errorf(Name, 0, "the header's length is %d, the limit %d", n, maxHeader)
	case int64(n) > size-8:
		return nil, format.Errorf(Name, 0, "the header's length is %d, but only %d bytes follow (truncated download?)", n, size-8)
	case n < 2:
		return nil, format.Errorf(Name, 0, "the header's length is %d, too short for {}", n)
	}
	text := make([]byte, n) // no more than the file has
	if _, err := io.ReadFull(io.NewSectionReader(r, 8, int64(n)), text); err != nil {
		return nil, format.Truncated(err, Name, 8, "the header")
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	data := 8 + int64(n)
	if err := h.check(size - data); err != nil {
		return nil, err
	}
	f := &Reader{r: r, data: data, header: h, names: make([]string, len(h.entries))}
	for i, e := range h.entries {
		f.names[i] = e.name
	}
	return f, nil
}

// Names lists the tensors in the order of the header. The slice is the caller's to read only.
func (f *Reader) Names() []string { return f.names }

// Info is a tensor's shape and element type.
func (f *Reader) Info(name string) (tensor.Info, bool) {
	i, ok := f.header.index[name]
	if !ok {
		return tensor.Info{}, false
	}
	return f.header.entries[i].info, true
}

// Metadata is a copy of the header's __metadata__.
func (f *Reader) Metadata() map[string]string { return maps.Clone(f.header.metadata) }

// Checksums is false: the format has none.
func (f *Reader) Checksums() bool { return false }

// Warnings is empty: what is not in order in this format is an error.
func (f *Reader) Warnings() []string { return nil }

// Stream writes a tensor's data to w as it is stored: row-major, little-endian, in chunks of whole elements.
func (f *Reader) Stream(name string, w io.Writer) error {
	i, ok := f.header.index[name]
	if !ok {
		return format.Errorf(Name, -1, "no tensor %q", name)
	}
	e := &f.header.entries[i]
	if e.info.DType == tensor.Bool {
		w = &format.BoolChecker{W: w, Format: Name, Offset: f.data + e.start}
	}
	err := format.Copy(w, io.NewSectionReader(f.r, f.data+e.start, e.end-e.start), e.end-e.start)
	return format.Truncated(err, Name, f.data+e.start, "the tensor "+name)
}
