package safetensors

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// entry is a tensor as the header describes it. Offsets count from the end of the header.
type entry struct {
	name       string
	info       tensor.Info
	bits       int64 // of one element
	start, end int64
	at         int64 // byte of the file where its description begins, for errors
}

// header is the parsed header, its tensors in the order in which it names them.
type header struct {
	entries  []entry
	index    map[string]int // of entries
	metadata map[string]string
}

const metadataKey = "__metadata__"

// parseHeader reads the JSON text that begins at byte 8 of the file.
func parseHeader(text []byte) (*header, error) {
	s := &scanner{data: text, base: 8, format: Name}
	if text[0] != '{' {
		return nil, s.fail(`the header must begin with "{"`)
	}
	n := min(bytes.Count(text, []byte(`"data_offsets"`)), format.MaxTensors) // what has been read, not what is promised
	h := &header{entries: make([]entry, 0, n), index: make(map[string]int, n)}
	err := s.object(func(name string) error {
		if _, twice := h.index[name]; twice || name == metadataKey && h.metadata != nil {
			return s.fail("%q stands twice in the header", name)
		}
		if name == metadataKey {
			return h.readMetadata(s)
		}
		if len(h.entries) == format.MaxTensors {
			return s.fail("more than %d tensors", format.MaxTensors)
		}
		if strings.ContainsRune(name, 0) {
			return s.fail("the tensor name %q has a NUL byte", name)
		}
		h.index[name] = len(h.entries)
		h.entries = append(h.entries, entry{name: name})
		return h.entries[len(h.entries)-1].read(s)
	})
	if err != nil {
		return nil, err
	}
	for ; s.pos < len(text); s.pos++ {
		if text[s.pos] != ' ' {
			return nil, s.fail("only spaces may follow the header's JSON")
		}
	}
	return h, nil
}

func (h *header) readMetadata(s *scanner) error {
	h.metadata = map[string]string{}
	if s.peek() == 'n' { // MLX writes null where it has none
		return s.word("null")
	}
	return s.object(func(key string) error {
		if _, twice := h.metadata[key]; twice {
			return s.fail("%q stands twice in %s", key, metadataKey)
		}
		if len(h.metadata) == format.MaxTensors {
			return s.fail("more than %d values in %s", format.MaxTensors, metadataKey)
		}
		if s.peek() != '"' {
			return s.fail("%s: the value of %q is not a string", metadataKey, key)
		}
		value, err := s.str()
		h.metadata[key] = value
		return err
	})
}

// fields of a tensor's description; others are ignored.
var fields = []string{"dtype", "shape", "data_offsets"}

// read reads {"dtype": …, "shape": […], "data_offsets": [start, end]}.
func (e *entry) read(s *scanner) error {
	s.peek()
	e.at = s.base + int64(s.pos)
	var seen [3]bool
	err := s.object(func(field string) error {
		i := slices.Index(fields, field)
		if i < 0 {
			return s.skip(0)
		}
		if seen[i] {
			return s.fail("tensor %q has two %q", e.name, field)
		}
		seen[i] = true
		switch i {
		case 0:
			return e.readDType(s)
		case 1:
			return e.readShape(s)
		}
		return e.readOffsets(s)
	})
	if i := slices.Index(seen[:], false); err == nil && i >= 0 {
		err = format.Errorf(Name, e.at, "tensor %q has no %q", e.name, fields[i])
	}
	return err
}

func (e *entry) readDType(s *scanner) error {
	s.peek()
	before := *s
	code, err := s.str()
	if err != nil {
		return err
	}
	t, ok := typeOfCode(code)
	if !ok {
		return before.fail("tensor %q has the unknown dtype %q", e.name, code)
	}
	e.info.DType, e.bits = t.dtype, t.bits
	return nil
}

func (e *entry) readShape(s *scanner) error {
	e.info.Shape = tensor.Shape{}
	return s.array(func() error {
		d, err := s.integer()
		if err != nil {
			return err
		}
		if len(e.info.Shape) == format.MaxDims {
			return s.fail("tensor %q has more than %d dimensions", e.name, format.MaxDims)
		}
		if d > math.MaxInt {
			return s.fail("tensor %q: the dimension %d is too large", e.name, d)
		}
		e.info.Shape = append(e.info.Shape, int(d))
		return nil
	})
}

func (e *entry) readOffsets(s *scanner) error {
	n := 0
	err := s.array(func() error {
		offset, err := s.integer()
		switch n {
		case 0:
			e.start = offset
		case 1:
			e.end = offset
		}
		n++
		return err
	})
	if err == nil && n != 2 {
		err = s.fail("tensor %q: data_offsets must be two numbers", e.name)
	}
	return err
}

// check holds every tensor's offsets against its shape, and all of them against the size of the data: no hole, no
// overlap, nothing left over.
func (h *header) check(dataSize int64) error {
	order := make([]*entry, len(h.entries))
	for i := range h.entries {
		order[i] = &h.entries[i]
		if err := order[i].check(); err != nil {
			return err
		}
	}
	slices.SortFunc(order, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	end := int64(0)
	for _, e := range order {
		switch {
		case e.start > end:
			return format.Errorf(Name, e.at, "tensor %q begins at byte %d of the data, which leaves a hole after %d", e.name, e.start, end)
		case e.start < end:
			return format.Errorf(Name, e.at, "tensor %q begins at byte %d of the data, inside the one before it", e.name, e.start)
		}
		end = e.end
	}
	switch {
	case end > dataSize:
		return format.Errorf(Name, -1, "the tensors need %d bytes of data, the file has %d (truncated download?)", end, dataSize)
	case end < dataSize:
		return format.Errorf(Name, -1, "%d bytes follow the last tensor", dataSize-end)
	}
	return nil
}

func (e *entry) check() error {
	if e.end < e.start {
		return format.Errorf(Name, e.at, "tensor %q ends (%d) before it begins (%d)", e.name, e.end, e.start)
	}
	n, ok := e.info.Shape.Checked()
	if !ok || int64(n) > math.MaxInt64/e.bits {
		return format.Errorf(Name, e.at, "tensor %q: the shape %v is too large", e.name, e.info.Shape)
	}
	bits := int64(n) * e.bits
	if bits%8 != 0 || bits/8 != e.end-e.start {
		return format.Errorf(Name, e.at, "tensor %q: %v of %s is not %d bytes", e.name, e.info.Shape, e.info.DType, e.end-e.start)
	}
	return nil
}
