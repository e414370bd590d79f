package torchfile

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"sync/atomic"

	"resnet/internal/checkpoint/format"
)

// A storage is a flat array of elements in the file, which several tensors may share.
type storage struct {
	key string
	element
	numel  int64
	record record

	verified atomic.Bool // the checksum of the record has been found right

	root *storage // for the storage views of the oldest files: what it is a part of …
	base int64    // … and where it begins there
}

// A record is where a storage's bytes are in the file.
type record interface {
	// open checks what stands before the bytes and returns them. Reading to io.EOF checks them, where there is a checksum.
	open() (io.Reader, error)
	// direct reads without a checksum; ok is false where the bytes have to be unpacked.
	direct() (r io.ReaderAt, ok bool)
}

func (s *storage) bytes() int64 { return s.numel * s.size }

// newStorage checks that the size in bytes can be counted.
func newStorage(key string, of element, numel int64) (*storage, error) {
	if numel < 0 || numel > math.MaxInt64/of.size {
		return nil, fmt.Errorf("storage %q has %d elements", key, numel)
	}
	return &storage{key: key, element: of, numel: numel}, nil
}

// device is where a tensor may have been. "meta" is none of them: such a tensor has no data.
var device = regexp.MustCompile(`^(cpu|cuda|mps|xpu|hpu|xla|npu|mtia)(:[0-9]{1,3})?$`)

// storageID reads what all persistent ids have in common.
func storageID(id *tuple, fields int) (of element, key string, numel int64, err error) {
	fail := func(rule string, args ...any) (element, string, int64, error) {
		return element{}, "", 0, fmt.Errorf("persistent id: "+rule, args...)
	}
	if len(id.items) != fields {
		return fail("%d values, want %d", len(id.items), fields)
	}
	if id.items[0] != "storage" {
		return fail("want a storage")
	}
	class, _ := id.items[1].(global)
	of, ok := storageTypes[class]
	if !ok {
		return fail("the storage class is %s", describe(id.items[1]))
	}
	key, ok = id.items[2].(string)
	if !ok {
		return fail("the key is %s", describe(id.items[2]))
	}
	if location, _ := id.items[3].(string); !device.MatchString(location) { // wherever it was, here it is read as CPU
		return fail("the location is %s, want a device such as cpu or cuda:0", quoted(id.items[3]))
	}
	numel, ok = id.items[4].(int64)
	if !ok {
		return fail("the number of elements is %s", describe(id.items[4]))
	}
	return of, key, numel, nil
}

// storages are those of one file, by key.
type storages map[string]*storage

// use returns the storage of a key, and makes it where the key is new; later references must agree with the first.
func (all storages) use(of element, key string, numel int64) (s *storage, isNew bool, err error) {
	if s, ok := all[key]; ok {
		if s.element != of || s.numel != numel {
			return nil, false, fmt.Errorf("storage %q is once %d of %s, once %d of %s", key, s.numel, s.dtype, numel, of.dtype)
		}
		return s, false, nil
	}
	if len(all) == format.MaxTensors {
		return nil, false, fmt.Errorf("more than %d storages", format.MaxTensors)
	}
	s, err = newStorage(key, of, numel)
	if err != nil {
		return nil, false, err
	}
	all[key] = s
	return s, true, nil
}

// copyTo writes elements from … to of the storage to w. The first time it reads the whole record, so that its checksum
// vouches for the part; afterwards it reads the part alone.
func (s *storage) copyTo(w io.Writer, from, to int64) error {
	from, to = from*s.size, to*s.size
	if s.verified.Load() {
		if r, ok := s.record.direct(); ok {
			return format.Copy(w, io.NewSectionReader(r, from, to-from), to-from)
		}
	}
	all := s.bytes()
	r, err := s.record.open()
	if err != nil {
		return err
	}
	for _, part := range []struct {
		w io.Writer
		n int64
	}{{io.Discard, from}, {w, to - from}, {io.Discard, all - to}} {
		if err := format.Copy(part.w, r, part.n); err != nil {
			return err
		}
	}
	// Only a further read reaches the end, where the checksum is judged.
	var one [1]byte
	if n, err := r.Read(one[:]); n > 0 || err == nil {
		return fmt.Errorf("storage %q is longer than its %d bytes", s.key, all)
	} else if err != io.EOF {
		return err
	}
	s.verified.Store(true)
	return nil
}
