package hdf5

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"io"
	"math"
	"slices"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// Filters that are read.
const (
	deflate = 1
	shuffle = 2
)

// A chunk may unpack to maxChunk bytes, which is the most that h5py chooses by itself, and those that lie side by side to
// maxSlab; or to maxRatio times what is stored of them.
const (
	maxChunk = 1 << 20
	maxSlab  = 8 << 20
	maxRatio = 100
)

// readFilters lists the filters that a chunk went through when it was written, the first one first.
func readFilters(c *cursor) ([]int, error) {
	version, n := c.u8(), c.u8()
	switch version {
	case 1:
		c.skip(6)
	case 2:
	default:
		return nil, c.fail("version %d of filters is not read", version)
	}
	filters := make([]int, 0, n)
	for range n {
		id, name := c.u16(), 0
		if version == 1 || id >= 256 {
			name = c.u16()
		}
		c.skip(2)
		values := c.u16()
		if version == 1 {
			name, values = padded(name), values+values&1
		}
		c.skip(name)
		c.skip(4 * values)
		if c.err != nil {
			return nil, c.err
		}
		if id != deflate && id != shuffle || slices.Contains(filters, id) {
			return nil, c.fail("filter %d is not read, gzip and shuffle are", id)
		}
		filters = append(filters, id)
	}
	return filters, c.err
}

// chunked reads the layout of data in chunks.
func (d *Dataset) chunked(c *cursor, element int) error {
	rank := c.u8() - 1
	d.address = c.u64()
	if c.err == nil && rank != len(d.Info.Shape) {
		return c.fail("chunks of %d dimensions, want %d", rank, len(d.Info.Shape))
	}
	d.chunk = make([]int, max(rank, 0))
	for i := range d.chunk {
		d.chunk[i] = int(c.u32())
		if c.err == nil && d.chunk[i] == 0 {
			return c.fail("a chunk has no elements")
		}
	}
	size := int(c.u32())
	n, ok := tensor.Shape(d.chunk).Checked()
	switch {
	case c.err != nil:
		return c.err
	case size != element || rank == 0:
		return c.fail("chunks of elements of %d bytes, want %d", size, element)
	case !ok || n > math.MaxInt32/element:
		return c.fail("chunks of %v elements are too large", d.chunk)
	case d.bytes > 0 && d.address == undefined:
		return c.fail("no data was ever written")
	}
	return nil
}

// A storedChunk is where a chunk lies, and which part of the dataset it is.
type storedChunk struct {
	at   []int // its first element
	data span
}

// chunks lists all of a dataset in the order of their place. There must be exactly those that it needs.
func (f *File) chunks(d *Dataset) ([]storedChunk, error) {
	rank := len(d.chunk)
	s := source{r: f.r, size: f.size, left: f.size}
	var list []storedChunk
	err := s.tree(d.address, chunkNode, 8+8*(rank+1), 0, func(key *cursor, child uint64) error {
		c := storedChunk{at: make([]int, rank), data: span{child, uint64(key.u32())}}
		if mask := key.u32(); mask != 0 {
			return key.fail("a chunk that went through some filters only is not read")
		}
		for i := range c.at {
			at := key.u64()
			if at >= uint64(d.Info.Shape[i]) || at%uint64(d.chunk[i]) != 0 {
				return key.fail("a chunk lies outside its dataset of %v", d.Info.Shape)
			}
			c.at[i] = int(at)
		}
		list = append(list, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b storedChunk) int { return slices.Compare(a.at, b.at) })
	return list, d.checkChunks(list, f.size)
}

// checkChunks wants every place filled once, and no byte of the file to be of two chunks.
func (d *Dataset) checkChunks(list []storedChunk, size int64) error {
	next := make([]int, len(d.chunk))
	for i, c := range list {
		if i > 0 && slices.Max(next) == 0 || !slices.Equal(c.at, next) {
			return format.Errorf(Name, int64(d.address), "%s: the chunk at %v is missing or stands twice", d.Path, next)
		}
		for axis := len(next) - 1; axis >= 0; axis-- {
			if next[axis] += d.chunk[axis]; next[axis] < d.Info.Shape[axis] {
				break
			}
			next[axis] = 0
		}
	}
	if len(list) == 0 || slices.Max(next) != 0 {
		return format.Errorf(Name, int64(d.address), "%s: the chunk at %v is missing", d.Path, next)
	}
	order := slices.Clone(list)
	slices.SortFunc(order, func(a, b storedChunk) int { return cmp.Compare(a.data.address, b.data.address) })
	end := uint64(0)
	for _, c := range order {
		if c.data.address < end || c.data.address > uint64(size) || c.data.size > uint64(size)-c.data.address {
			return format.Errorf(Name, int64(d.address), "%s: the chunk at %v overlaps another or lies outside the file (truncated download?)", d.Path, c.at)
		}
		end = c.data.address + c.data.size
	}
	return nil
}

// streamChunks writes the dataset slab by slab: all chunks with the same place along the first axis.
func (f *File) streamChunks(d *Dataset, w io.Writer) error {
	list, err := f.chunks(d)
	if err != nil {
		return err
	}
	u := unpacker{r: f.r}
	row := d.bytes / int64(d.Info.Shape[0])
	element := d.bytes / int64(d.Info.Shape.Elements())
	for len(list) > 0 {
		first, stored, n := list[0].at[0], int64(0), 0
		for n < len(list) && list[n].at[0] == first {
			stored += int64(list[n].data.size)
			n++
		}
		rows := min(d.chunk[0], d.Info.Shape[0]-first)
		if int64(rows)*row > maxSlab && int64(rows)*row > maxRatio*stored {
			return format.Errorf(Name, int64(d.address), "%s unpacks to more than %d times what is stored of it", d.Path, maxRatio)
		}
		var slab []byte
		for _, c := range list[:n] {
			data, err := u.unpack(d, c.data, int(element))
			if err != nil {
				return err
			}
			if slab == nil { // not before a chunk was whole
				slab = make([]byte, int64(rows)*row)
			}
			d.place(slab, rows, data, c.at, int(element))
		}
		if err := format.Copy(w, bytes.NewReader(slab), int64(len(slab))); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// place copies a chunk to its part of a slab that begins at the same place along the first axis; what a chunk has beyond
// the edge of the dataset is dropped.
func (d *Dataset) place(slab []byte, rows int, data []byte, at []int, element int) {
	last := len(at) - 1
	size := slices.Clone(d.chunk) // what of the chunk lies within
	for i := range size {
		size[i] = min(size[i], d.Info.Shape[i]-at[i])
	}
	size[0] = min(size[0], rows)
	index := make([]int, len(at))
	for {
		from, to := index[0], index[0]
		for i := 1; i <= last; i++ {
			from, to = from*d.chunk[i]+index[i], to*d.Info.Shape[i]+at[i]+index[i]
		}
		n := size[last]
		copy(slab[to*element:(to+n)*element], data[from*element:(from+n)*element])
		axis := last - 1
		for ; axis >= 0; axis-- {
			if index[axis]++; index[axis] < size[axis] {
				break
			}
			index[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}

// An unpacker reads chunks. It keeps the inflater's tables, which are larger than most chunks.
type unpacker struct {
	r io.ReaderAt
	z io.ReadCloser
}

// unpack reads a chunk and takes its filters back, the last one first.
func (u *unpacker) unpack(d *Dataset, at span, element int) ([]byte, error) {
	want := element
	for _, n := range d.chunk {
		want *= n
	}
	fail := func(rule string, args ...any) error {
		return format.Errorf(Name, int64(at.address), d.Path+": "+rule, args...)
	}
	data := make([]byte, at.size) // which the file has
	if _, err := io.ReadFull(io.NewSectionReader(u.r, int64(at.address), int64(at.size)), data); err != nil {
		return nil, format.Truncated(err, Name, int64(at.address), "the dataset "+d.Path)
	}
	for _, filter := range slices.Backward(d.filters) {
		switch filter {
		case shuffle:
			data = unshuffle(data, element)
		case deflate:
			if want > maxChunk && want > maxRatio*int(at.size) {
				return nil, fail("a chunk unpacks to more than %d times what is stored of it", maxRatio)
			}
			unpacked, err := u.inflate(data, want)
			if err != nil {
				return nil, fail("a chunk is damaged: %v (download it again)", err)
			}
			data = unpacked
		}
	}
	if len(data) != want {
		return nil, fail("a chunk has %d bytes, want %d", len(data), want)
	}
	return data, nil
}

// inflate unpacks at most one byte more than want. The checksum is compared.
func (u *unpacker) inflate(data []byte, want int) ([]byte, error) {
	packed := bytes.NewReader(data)
	var err error
	if u.z == nil {
		u.z, err = zlib.NewReader(packed)
	} else {
		err = u.z.(zlib.Resetter).Reset(packed, nil)
	}
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = io.Copy(&out, io.LimitReader(u.z, int64(want)+1))
	return out.Bytes(), err
}

// unshuffle gathers the bytes of each element, which lie apart: first all first bytes, then all second ones.
func unshuffle(data []byte, element int) []byte {
	n := len(data) / element
	out := make([]byte, len(data))
	for b := range element {
		for i := range n {
			out[i*element+b] = data[b*n+i]
		}
	}
	copy(out[n*element:], data[n*element:]) // a remainder stands as it is
	return out
}
