package safetensors

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"resnet/internal/atomicfile"
	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// Spec declares a tensor that will be written.
type Spec struct {
	Name string
	tensor.Info
}

// output is what a Writer needs of a file: an atomicfile.File, or in tests one that runs full.
type output interface {
	io.WriterAt
	Commit() error  // flush to the disk and give the file its name
	Cleanup() error // remove what was not committed
}

// A Writer writes a safetensors file tensor by tensor, in any order. The file appears under its name, complete, at
// Close; until then, and after an error, there is none. It is for one goroutine.
type Writer struct {
	out     output
	data    int64 // where the tensors' data begins
	entries map[string]*writerEntry
	left    int // tensors not yet written
	err     error
	done    bool
}

type writerEntry struct {
	entry
	written bool
}

// Create begins the file path, which will hold exactly the tensors declared. Readers list them in the order of the
// specs; their data is laid out by element size, largest first, so that every element is aligned. metadata may be nil.
func Create(path string, specs []Spec, metadata map[string]string) (*Writer, error) {
	text, entries, err := layout(specs, metadata)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	out, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	return start(out, text, entries)
}

func start(out output, text []byte, entries []entry) (*Writer, error) {
	w := &Writer{out: out, data: 8 + int64(len(text)), left: len(entries), entries: map[string]*writerEntry{}}
	for _, e := range entries {
		w.entries[e.name] = &writerEntry{entry: e}
	}
	head := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	if _, err := out.WriteAt(append(head, text...), 0); err != nil {
		return nil, errors.Join(err, out.Cleanup())
	}
	return w, nil
}

// layout gives every tensor its place and writes the header's JSON, padded with spaces to a multiple of eight.
func layout(specs []Spec, metadata map[string]string) ([]byte, []entry, error) {
	for key, value := range metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return nil, nil, fmt.Errorf("metadata %q: %q is not text", key, value)
		}
	}
	entries := make([]entry, len(specs))
	names := map[string]bool{metadataKey: true}
	for i, spec := range specs {
		if names[spec.Name] {
			return nil, nil, fmt.Errorf("tensor %q: the name is taken or reserved", spec.Name)
		}
		names[spec.Name] = true
		var err error
		if entries[i], err = spec.entry(); err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", spec.Name, err)
		}
	}
	place := make([]*entry, len(entries))
	for i := range entries {
		place[i] = &entries[i]
	}
	slices.SortStableFunc(place, func(a, b *entry) int { return cmp.Compare(b.bits, a.bits) })
	at := int64(0)
	for _, e := range place {
		size := e.end
		if at > math.MaxInt64-size {
			return nil, nil, fmt.Errorf("tensor %q: shape %v is too large", e.name, e.info.Shape)
		}
		e.start, e.end = at, at+size
		at = e.end
	}
	return headerText(entries, metadata), entries, nil
}

// entry checks a spec; the entry's end is its size.
func (s Spec) entry() (entry, error) {
	t, ok := typeOfDType(s.DType)
	n, fits := s.Shape.Checked()
	switch {
	case strings.ContainsRune(s.Name, 0) || !utf8.ValidString(s.Name):
		return entry{}, errors.New("the name is not text")
	case !ok:
		return entry{}, fmt.Errorf("dtype %q cannot be written", s.DType)
	case !fits || int64(n) > math.MaxInt64/t.bits:
		return entry{}, fmt.Errorf("shape %v is too large", s.Shape)
	}
	return entry{name: s.Name, info: s.Info, bits: t.bits, end: int64(n) * t.bits / 8}, nil
}

func headerText(entries []entry, metadata map[string]string) []byte {
	var members [][]byte
	if len(metadata) > 0 {
		var values [][]byte
		for _, key := range slices.Sorted(maps.Keys(metadata)) {
			values = append(values, quote(append(quote(nil, key), ':'), metadata[key]))
		}
		members = append(members, object(quote(nil, metadataKey), values))
	}
	for _, e := range entries {
		t, _ := typeOfDType(e.info.DType)
		members = append(members, object(quote(nil, e.name), [][]byte{
			fmt.Appendf(nil, `"dtype":%q`, t.code),
			fmt.Appendf(nil, `"shape":[%s]`, e.info.Shape.Join(",")),
			fmt.Appendf(nil, `"data_offsets":[%d,%d]`, e.start, e.end),
		}))
	}
	text := object(nil, members)
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	return text
}

// object writes {…}, with key: before it unless key is nil.
func object(key []byte, members [][]byte) []byte {
	text := key
	if key != nil {
		text = append(text, ':')
	}
	text = append(text, '{')
	for i, m := range members {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, m...)
	}
	return append(text, '}')
}

// Write writes a whole tensor, rounding float32 values to its declared floating-point type.
func (w *Writer) Write(name string, data []float32) error {
	e, err := w.take(name)
	if err != nil {
		return err
	}
	size := e.info.DType.Size()
	switch {
	case !format.CanEncode(e.info.DType):
		return w.fail(fmt.Errorf("tensor %q: float32 values cannot be written as %s", name, e.info.DType))
	case len(data) != e.info.Shape.Elements():
		return w.fail(fmt.Errorf("tensor %q: %d values for shape %v", name, len(data), e.info.Shape))
	}
	buf, release := format.Chunk()
	defer release()
	at := w.data + e.start
	for len(data) > 0 {
		n := min(len(data), len(buf)/size)
		chunk := buf[:n*size]
		format.Encode(chunk, data[:n], e.info.DType)
		if _, err := w.out.WriteAt(chunk, at); err != nil {
			return w.fail(err)
		}
		at += int64(len(chunk))
		data = data[n:]
	}
	return nil
}

// WriteFrom writes a whole tensor from its bytes as they are stored, which stream writes to its argument: the Stream
// method of an opened checkpoint, say.
func (w *Writer) WriteFrom(name string, stream func(io.Writer) error) error {
	e, err := w.take(name)
	if err != nil {
		return err
	}
	section := &section{out: w.out, at: w.data + e.start, end: w.data + e.end}
	if err := stream(section); err != nil {
		return w.fail(cmp.Or(section.err, err)) // whoever streams may take it for its own
	}
	if section.at != section.end {
		return w.fail(fmt.Errorf("tensor %q: %d bytes are missing", name, section.end-section.at))
	}
	return nil
}

// section is the part of the file that belongs to one tensor.
type section struct {
	out     io.WriterAt
	at, end int64
	err     error // of the file
}

func (s *section) Write(p []byte) (int, error) {
	if int64(len(p)) > s.end-s.at {
		return 0, errors.New("more bytes than the tensor has")
	}
	n, err := s.out.WriteAt(p, s.at)
	s.at, s.err = s.at+int64(n), err
	return n, err
}

// take marks a tensor as written.
func (w *Writer) take(name string) (*writerEntry, error) {
	if w.err != nil || w.done {
		return nil, errors.Join(errors.New("write after the end of the file or an error"), w.err)
	}
	e := w.entries[name]
	switch {
	case e == nil:
		return nil, w.fail(fmt.Errorf("tensor %q was not declared", name))
	case e.written:
		return nil, w.fail(fmt.Errorf("tensor %q is written twice", name))
	}
	e.written = true
	w.left--
	return e, nil
}

func (w *Writer) fail(err error) error {
	w.err = err
	return err
}

// Close flushes the file to the disk and gives it its name. After an error, or with tensors still missing, it removes
// what was written and returns an error.
func (w *Writer) Close() error {
	if w.done {
		return nil
	}
	w.done = true
	err := w.err
	if err == nil && w.left > 0 {
		err = fmt.Errorf("%d of %d tensors were not written", w.left, len(w.entries))
	}
	if err != nil {
		return errors.Join(err, w.out.Cleanup())
	}
	return errors.Join(w.out.Commit(), w.out.Cleanup())
}

// Abort removes what was written. After Close it does nothing, so that it can be deferred.
func (w *Writer) Abort() error {
	if w.done {
		return nil
	}
	w.done = true
	return w.out.Cleanup()
}
