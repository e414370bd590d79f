package torchfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// A tensorRecord is a view of a storage, as the pickle describes it. Offset and stride count elements.
type tensorRecord struct {
	dtype   tensor.DType
	storage *storage // nil where the elements cannot be read; then dtype and size are all there is
	offset  int64
	size    []int64
	stride  []int64
	numel   int64
	extent  int64 // elements of the storage from the first to the last one of the view; 0 without elements
}

// newTensorRecord checks that the view lies within its storage. Overlapping ones may have more elements than that.
func newTensorRecord(s *storage, offset int64, size, stride []int64) (*tensorRecord, error) {
	if len(size) != len(stride) {
		return nil, fmt.Errorf("the size %v and the stride %v have different lengths", size, stride)
	}
	t, err := unreadTensor(s.dtype, size)
	if err != nil || s.dtype.Size() == 0 {
		return t, err
	}
	t.storage, t.offset, t.stride = s, offset, stride
	if offset < 0 || offset > s.numel {
		return nil, fmt.Errorf("the storage offset %d is outside of the storage's %d elements", offset, s.numel)
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

// unreadTensor is a tensor of which type and size are known alone.
func unreadTensor(dtype tensor.DType, size []int64) (*tensorRecord, error) {
	t := &tensorRecord{dtype: dtype, size: size, numel: 1}
	for _, d := range size {
		if d > math.MaxInt32 || t.numel > math.MaxInt32 {
			return nil, fmt.Errorf("the size %v is too large", size)
		}
		t.numel *= d
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
	return tensor.Info{Shape: shape, DType: t.dtype}
}

// contiguous reports whether the elements stand in row-major order without gaps.
func (t *tensorRecord) contiguous() bool {
	want := int64(1)
	for i, v := range slices.Backward(t.size) {
		if v != 1 && t.stride[i] != want {
			return false
		}
		want *= v
	}
	return true
}

// copyTo writes the tensor's elements in row-major order.
func (t *tensorRecord) copyTo(w io.Writer) error {
	if t.contiguous() || t.numel == 0 {
		return t.storage.copyTo(w, t.offset, t.offset+t.numel)
	}
	var window appender
	if _, ok := t.storage.record.direct(); ok { // as many bytes as the file has been found to hold
		window = make(appender, 0, t.extent*t.storage.size)
	}
	if err := t.storage.copyTo(&window, t.offset, t.offset+t.extent); err != nil {
		return err
	}
	return newGatherer(t, window).copyTo(w)
}

// appender keeps what is written; it grows with what has been read.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}

// A gatherer picks the elements of a view, in row-major order, from the part of the storage that holds them.
type gatherer struct {
	window []byte
	item   int64 // bytes of an element
	size   []int64
	stride []int64
	index  []int64 // of the next row: all dimensions but the last
}

// newGatherer joins the dimensions that can be walked as one, as can height and width of a channels-last kernel, so that
// rows are long.
func newGatherer(t *tensorRecord, window []byte) *gatherer {
	g := &gatherer{window: window, item: t.storage.size}
	for i, d := range t.size {
		last := len(g.size) - 1
		switch {
		case d == 1:
		case last >= 0 && g.stride[last] == d*t.stride[i]:
			g.size[last] *= d
			g.stride[last] = t.stride[i]
		default:
			g.size = append(g.size, d)
			g.stride = append(g.stride, t.stride[i])
		}
	}
	g.index = make([]int64, len(g.size)-1) // there is a dimension: what has one element only is contiguous
	return g
}

// copyTo writes all elements.
func (g *gatherer) copyTo(w io.Writer) error {
	buf, release := format.Chunk()
	defer release()
	last := len(g.size) - 1
	rows := int64(1)
	for _, d := range g.size[:last] {
		rows *= d
	}
	at, filled := int64(0), int64(0)
	for range rows {
		for done := int64(0); done < g.size[last]; {
			n := min(g.size[last]-done, (format.ChunkSize-filled)/g.item)
			pick(buf[filled:filled+n*g.item], g.window[(at+done*g.stride[last])*g.item:], int(g.stride[last]*g.item), int(g.item))
			filled += n * g.item
			done += n
			if filled < format.ChunkSize {
				continue
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
			filled = 0
		}
		at += g.next()
	}
	_, err := w.Write(buf[:filled])
	return err
}

// next moves the index to the next row and returns how many elements further that is in the storage.
func (g *gatherer) next() int64 {
	moved := int64(0)
	for d := len(g.index) - 1; d >= 0; d-- {
		moved += g.stride[d]
		if g.index[d]++; g.index[d] < g.size[d] {
			break
		}
		moved -= g.stride[d] * g.size[d]
		g.index[d] = 0
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
