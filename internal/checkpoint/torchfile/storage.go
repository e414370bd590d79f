package torchfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"sync/atomic"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// A storage is a flat array of elements in the file, which several tensors may share.
type storage struct {
	key    string
	dtype  tensor.DType
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

func (s *storage) bytes() int64 { return s.numel * int64(s.dtype.Size()) }

// newStorage checks that the size in bytes can be counted.
func newStorage(key string, dtype tensor.DType, numel int64) (*storage, error) {
	if numel < 0 || numel > math.MaxInt64/8 {
		return nil, fmt.Errorf("storage %q has %d elements", key, numel)
	}
	return &storage{key: key, dtype: dtype, numel: numel}, nil
}

// device is where a tensor may have been. "meta" is none of them: such a tensor has no data.
var device = regexp.MustCompile(`^(cpu|cuda|mps|xpu|hpu|xla|npu|mtia)(:[0-9]{1,3})?$`)

// storageID reads what all persistent ids have in common.
func storageID(id *tuple, fields int) (dtype tensor.DType, key string, numel int64, err error) {
	fail := func(rule string, args ...any) (tensor.DType, string, int64, error) {
		return "", "", 0, fmt.Errorf("persistent id: "+rule, args...)
	}
	if len(id.items) != fields {
		return fail("%d values, want %d", len(id.items), fields)
	}
	if id.items[0] != "storage" {
		return fail("want a storage")
	}
	class, _ := id.items[1].(global)
	dtype, ok := storageTypes[class]
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
	return dtype, key, numel, nil
}

// storages are those of one file, by key.
type storages map[string]*storage

// use returns the storage of a key, and makes it where the key is new; later references must agree with the first.
func (all storages) use(dtype tensor.DType, key string, numel int64) (s *storage, isNew bool, err error) {
	if s, ok := all[key]; ok {
		if s.dtype != dtype || s.numel != numel {
			return nil, false, fmt.Errorf("storage %q is once %d of %s, once %d of %s", key, s.numel, s.dtype, numel, dtype)
		}
		return s, false, nil
	}
	if len(all) == format.MaxTensors {
		return nil, false, fmt.Errorf("more than %d storages", format.MaxTensors)
	}
	s, err = newStorage(key, dtype, numel)
	if err != nil {
		return nil, false, err
	}
	all[key] = s
	return s, true, nil
}

// copyTo writes elements from … to of the storage to w. The first time it reads the whole record, so that its checksum
// vouches for the part; afterwards it reads the part alone.
func (s *storage) copyTo(w io.Writer, from, to int64) error {
	item := int64(s.dtype.Size())
	from, to = from*item, to*item
	if s.verified.Load() {
		if r, ok := s.record.direct(); ok {
			return format.Copy(w, io.NewSectionReader(r, from, to-from), to-from)
		}
	}
	size := s.bytes()
	r, err := s.record.open()
	if err != nil {
		return err
	}
	for _, part := range []struct {
		w io.Writer
		n int64
	}{{io.Discard, from}, {w, to - from}, {io.Discard, size - to}} {
		if err := format.Copy(part.w, r, part.n); err != nil {
			return err
		}
	}
	// Only a further read reaches the end, where the checksum is judged.
	var one [1]byte
	if n, err := r.Read(one[:]); n > 0 || err == nil {
		return fmt.Errorf("storage %q is longer than its %d bytes", s.key, size)
	} else if err != io.EOF {
		return err
	}
	s.verified.Store(true)
	return nil
}

// A tensorRecord is a view of a storage, as the pickle describes it. Offset and stride count elements.
type tensorRecord struct {
	storage *storage
	offset  int64
	size    []int64
	stride  []int64
	numel   int64
	extent  int64 // elements of the storage from the first to the last one of the view; 0 without elements
}

// newTensorRecord checks that the view lies within its storage. A view with more elements than the storage (a stride
// of 0 makes such) is no parameter, and could be of any size.
func newTensorRecord(s *storage, offset int64, size, stride []int64) (*tensorRecord, error) {
	if len(size) != len(stride) {
		return nil, fmt.Errorf("the size %v and the stride %v have different lengths", size, stride)
	}
	t := &tensorRecord{storage: s, offset: offset, size: size, stride: stride, numel: 1}
	for _, d := range size {
		if d > math.MaxInt32 || t.numel > math.MaxInt32 {
			return nil, fmt.Errorf("the size %v is too large", size)
		}
		t.numel *= d
	}
	if offset < 0 || offset > s.numel {
		return nil, fmt.Errorf("the storage offset %d is outside of the storage's %d elements", offset, s.numel)
	}
	if t.numel > s.numel {
		return nil, fmt.Errorf("the size %v has more elements than the storage's %d", size, s.numel)
	}
	if t.numel > 0 {
		if err := t.measure(); err != nil {
			return nil, err
		}
	}
	if s.root != nil {
		t.storage, t.offset = s.root, s.base+offset
	}
	return t, nil
}

// measure finds the extent of a view that has elements.
func (t *tensorRecord) measure() error {
	s, size, stride := t.storage, t.size, t.stride
	t.extent = 1
	for i, d := range size {
		if d > 1 && stride[i] > (s.numel-t.extent)/(d-1) {
			return fmt.Errorf("the size %v with stride %v reaches beyond the storage's %d elements", size, stride, s.numel)
		}
		t.extent += (d - 1) * stride[i]
	}
	if t.extent > s.numel-t.offset {
		return fmt.Errorf("the size %v with stride %v at offset %d reaches beyond the storage's %d elements", size, stride, t.offset, s.numel)
	}
	return nil
}

func (t *tensorRecord) info() tensor.Info {
	shape := make(tensor.Shape, len(t.size))
	for i, d := range t.size {
		shape[i] = int(d)
	}
	return tensor.Info{Shape: shape, DType: t.storage.dtype}
}

// contiguous reports whether the elements stand in row-major order without gaps.
func (t *tensorRecord) contiguous() bool {
	want := int64(1)
	for i := len(t.size) - 1; i >= 0; i-- {
		if t.size[i] != 1 && t.stride[i] != want {
			return false
		}
		want *= t.size[i]
	}
	return true
}

// copyTo writes the tensor's elements in row-major order.
func (t *tensorRecord) copyTo(w io.Writer) error {
	if t.contiguous() || t.numel == 0 {
		return t.storage.copyTo(w, t.offset, t.offset+t.numel)
	}
	var window appender
	if err := t.storage.copyTo(&window, t.offset, t.offset+t.extent); err != nil {
		return err
	}
	return t.gather(w, window)
}

// appender keeps what is written; it grows with what has been read.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}

// gather walks the view's indices, the last dimension fastest, and picks its elements from the window of the storage
// that holds them. It has at least one dimension: a scalar is contiguous.
func (t *tensorRecord) gather(w io.Writer, window []byte) error {
	buf, release := format.Chunk()
	defer release()
	item := int64(t.storage.dtype.Size())
	last := len(t.size) - 1
	index := make([]int64, last)
	at, filled := int64(0), 0
	for row := range t.numel / t.size[last] {
		if row > 0 {
			at += t.step(index)
		}
		for done := int64(0); done < t.size[last]; {
			n := min(t.size[last]-done, (format.ChunkSize-int64(filled))/item)
			pick(buf[filled:filled+int(n*item)], window[(at+done*t.stride[last])*item:], int(t.stride[last]*item), int(item))
			filled += int(n * item)
			done += n
			if filled < format.ChunkSize {
				continue
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
			filled = 0
		}
	}
	_, err := w.Write(buf[:filled])
	return err
}

// step moves index, which has all dimensions but the last, to the next row and returns how many elements further that
// is in the storage.
func (t *tensorRecord) step(index []int64) int64 {
	moved := int64(0)
	for d := len(index) - 1; d >= 0; d-- {
		moved += t.stride[d]
		if index[d]++; index[d] < t.size[d] {
			break
		}
		moved -= t.stride[d] * t.size[d]
		index[d] = 0
	}
	return moved
}

// pick fills dst with elements of size bytes that stand stride bytes apart in src.
func pick(dst, src []byte, stride, size int) {
	le := binary.LittleEndian
	at := 0
	switch size {
	case 4:
		for i := 0; i+4 <= len(dst); i += 4 {
			le.PutUint32(dst[i:], le.Uint32(src[at:]))
			at += stride
		}
	case 2:
		for i := 0; i+2 <= len(dst); i += 2 {
			le.PutUint16(dst[i:], le.Uint16(src[at:]))
			at += stride
		}
	default:
		for i := 0; i+size <= len(dst); i += size {
			copy(dst[i:i+size], src[at:])
			at += stride
		}
	}
}
