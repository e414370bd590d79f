package torchfile

import (
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"math"

	"resnet/internal/checkpoint/format"
)

// zipRecord is the bytes of an entry.
type zipRecord struct {
	dir   *zipDir
	entry *zipEntry
}

// open reads the local header, which must agree with the central directory, and returns the unpacked data. Its end is
// io.EOF only if the checksum agrees.
func (z zipRecord) open() (io.Reader, error) {
	e := z.entry
	start, err := z.dataStart()
	if err != nil {
		return nil, err
	}
	var data io.Reader = io.NewSectionReader(z.dir.r, start, e.packed)
	if e.method == 8 {
		data = flate.NewReader(data)
	}
	return &checkedReader{r: data, entry: e, left: e.size, check: z.dir.crcs, sum: crc32.NewIEEE()}, nil
}

// direct reads stored data.
func (z zipRecord) direct() (io.ReaderAt, bool) {
	if z.entry.method != 0 {
		return nil, false
	}
	start, err := z.dataStart()
	if err != nil {
		return nil, false
	}
	return io.NewSectionReader(z.dir.r, start, z.entry.packed), true
}

// dataStart checks the local header and returns where it ends.
func (z zipRecord) dataStart() (int64, error) {
	e := z.entry
	var b [localSize]byte
	if _, err := z.dir.r.ReadAt(b[:], e.header); err != nil {
		return 0, format.Truncated(err, ZipName, e.header, "the header of "+e.name)
	}
	le := binary.LittleEndian
	if le.Uint32(b[:]) != localSig {
		return 0, zipError(e.header, "entry %q does not begin here", e.name)
	}
	nameLen, extraLen := int(le.Uint16(b[26:])), int(le.Uint16(b[28:]))
	if nameLen != len(e.name) {
		return 0, e.disagrees("name")
	}
	start := e.header + localSize + int64(nameLen) + int64(extraLen)
	if start > e.limit-e.packed {
		return 0, zipError(e.header, "entry %q overlaps what follows at %d", e.name, e.limit)
	}
	text := make([]byte, nameLen+extraLen)
	if _, err := z.dir.r.ReadAt(text, e.header+localSize); err != nil {
		return 0, format.Truncated(err, ZipName, e.header, "the header of "+e.name)
	}
	packed, size := int64(le.Uint32(b[18:])), int64(le.Uint32(b[22:]))
	// Where sizes stand after the data, what stands here instead may be zeros, or all ones without a zip64 field.
	wide := readZip64Extra(text[nameLen:], &size, &packed)
	later := le.Uint16(b[6:])&flagDescriptor != 0
	agrees := func(here, there int64) bool {
		return here == there || later && (here == 0 || here == math.MaxUint32)
	}
	switch {
	case string(text[:nameLen]) != e.name:
		return 0, e.disagrees("name")
	case le.Uint16(b[6:]) != e.flags:
		return 0, e.disagrees("flags")
	case le.Uint16(b[8:]) != e.method:
		return 0, e.disagrees("method")
	case !agrees(size, e.size) || !agrees(packed, e.packed) || !wide && !later:
		return 0, e.disagrees("size")
	case !agrees(int64(le.Uint32(b[14:])), int64(e.crc)):
		return 0, e.disagrees("checksum")
	}
	return start, nil
}

func (e *zipEntry) disagrees(what string) error {
	return zipError(e.header, "entry %q: its own header and the central directory disagree on the %s", e.name, what)
}

// checkedReader ends after exactly the entry's size, and with an error if the checksum does not agree.
type checkedReader struct {
	r     io.Reader
	entry *zipEntry
	left  int64
	check bool
	sum   hash.Hash32
}

func (c *checkedReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.left == 0 {
		return 0, c.end()
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	if c.check {
		c.sum.Write(p[:n])
	}
	c.left -= int64(n)
	switch {
	case err == io.EOF && c.left > 0:
		return n, zipError(c.entry.header, "entry %q ends %d bytes early", c.entry.name, c.left)
	case err == io.EOF:
		err = nil // end decides
	case err != nil:
		return n, c.broken(err)
	}
	return n, err
}

func (c *checkedReader) end() error {
	var one [1]byte
	switch n, err := io.ReadFull(c.r, one[:]); {
	case n > 0:
		return zipError(c.entry.header, "entry %q unpacks to more than its %d bytes", c.entry.name, c.entry.size)
	case err != io.EOF:
		return c.broken(err)
	case c.check && c.sum.Sum32() != c.entry.crc:
		return zipError(c.entry.header, "entry %q is damaged: its checksum is %08x, not %08x (download it again)", c.entry.name, c.sum.Sum32(), c.entry.crc)
	}
	return io.EOF
}

// broken tells bad compressed data from a disk that fails.
func (c *checkedReader) broken(err error) error {
	if _, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return zipError(c.entry.header, "entry %q is damaged: %v", c.entry.name, err)
	}
	return format.Truncated(err, ZipName, c.entry.header, "the entry "+c.entry.name)
}
