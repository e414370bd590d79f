package torchfile

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"resnet/internal/checkpoint/format"
)

// ZipName is the format's name in errors.
const ZipName = "PyTorch zip"

// The sizes, signatures and limits of a zip file (PKWARE's APPNOTE, 4.3).
const (
	localSize     = 30
	centralSize   = 46
	endSize       = 22
	end64Size     = 56
	locator64Size = 20

	localSig     = 0x04034b50
	centralSig   = 0x02014b50
	endSig       = 0x06054b50
	end64Sig     = 0x06064b50
	locator64Sig = 0x07064b50

	maxEntries   = 65_536
	maxEntryName = 512
	maxComment   = 64 << 10
	maxRatio     = 100 // unpacked to packed, of the file as a whole
)

// Bits of an entry's flags. All others (encryption, patches, masked headers) are refused.
const (
	flagDescriptor = 1 << 3 // sizes and checksum may stand after the data instead of before it
	flagsAllowed   = 1<<1 | 1<<2 | flagDescriptor | 1<<11
)

// A zipEntry is what the central directory says of an entry.
type zipEntry struct {
	name         string
	flags        uint16
	method       uint16
	crc          uint32
	packed, size int64
	header       int64 // where its local header begins
	limit        int64 // where the next thing in the file begins
}

// A zipDir is a checked central directory. archive/zip would do most of this, but accepts what can hide something from
// one reader that another sees: entries that overlap, come twice or disagree with their local header, bytes before
// and after the archive.
type zipDir struct {
	r       io.ReaderAt
	size    int64
	entries []*zipEntry // as the directory has them
	byName  map[string]*zipEntry
	crcs    bool // some entry has a checksum
}

func zipError(offset int64, rule string, args ...any) error {
	return format.Errorf(ZipName, offset, rule, args...)
}

func readZipDir(r io.ReaderAt, size int64) (*zipDir, error) {
	end, err := findEnd(r, size)
	if err != nil {
		return nil, err
	}
	d := &zipDir{r: r, size: size, byName: map[string]*zipEntry{}}
	if err := d.readCentral(end); err != nil {
		return nil, err
	}
	return d, d.checkPlaces(end.offset)
}

// centralEnd is what the end of the file says of the central directory.
type centralEnd struct {
	entries      uint64
	offset, size int64
}

// findEnd reads the end record, which must be the last thing in the file, and the zip64 record before it.
func findEnd(r io.ReaderAt, size int64) (centralEnd, error) {
	var none centralEnd
	tail := make([]byte, min(size, maxComment+endSize+locator64Size))
	start := size - int64(len(tail))
	if _, err := io.ReadFull(io.NewSectionReader(r, start, int64(len(tail))), tail); err != nil {
		return none, format.Truncated(err, ZipName, start, "the central directory")
	}
	i := strings.LastIndex(string(tail), "PK\x05\x06")
	if i < 0 {
		return none, zipError(size, "the central directory, which ends every zip file, is missing (truncated download?)")
	}
	at, b := start+int64(i), tail[i:]
	if len(b) < endSize {
		return none, zipError(at, "the end record is cut off (truncated download?)")
	}
	le := binary.LittleEndian
	if comment := int(le.Uint16(b[20:])); endSize+comment != len(b) {
		return none, zipError(at, "%d bytes follow the end of the zip file, its comment has %d", len(b)-endSize, comment)
	}
	disks := le.Uint32(b[4:])
	here, total := le.Uint16(b[8:]), le.Uint16(b[10:])
	end := centralEnd{entries: uint64(total), size: int64(le.Uint32(b[12:])), offset: int64(le.Uint32(b[16:]))}
	next := at
	if i >= locator64Size && le.Uint32(tail[i-locator64Size:]) == locator64Sig {
		var err error
		if next, err = end.read64(r, at-locator64Size, tail[i-locator64Size:i]); err != nil {
			return none, err
		}
	} else if disks != 0 || here != total {
		return none, zipError(at, "the zip file is one of several parts")
	}
	if end.entries > maxEntries {
		return none, zipError(at, "%d entries; a checkpoint has no more than %d", end.entries, maxEntries)
	}
	if end.offset < 0 || end.size < 0 || end.offset > next || end.size != next-end.offset {
		return none, zipError(at, "the central directory (%d bytes at %d) does not end where its end record begins (%d)", end.size, end.offset, next)
	}
	return end, nil
}

// read64 replaces what the end record says by the zip64 record that the locator points to. It returns where that begins.
func (end *centralEnd) read64(r io.ReaderAt, locatorAt int64, locator []byte) (int64, error) {
	le := binary.LittleEndian
	at := le.Uint64(locator[8:])
	if locatorAt < end64Size || at > uint64(locatorAt-end64Size) {
		return 0, zipError(locatorAt, "the zip64 record is said to begin at byte %d, past its locator", at)
	}
	var b [end64Size]byte
	if _, err := r.ReadAt(b[:], int64(at)); err != nil {
		return 0, format.Truncated(err, ZipName, int64(at), "the zip64 record")
	}
	if le.Uint32(b[:]) != end64Sig || le.Uint64(b[4:]) != uint64(locatorAt)-at-12 {
		return 0, zipError(int64(at), "there is no zip64 record that ends at its locator")
	}
	if le.Uint32(locator[4:]) != 0 || le.Uint32(locator[16:]) > 1 || le.Uint64(b[16:]) != 0 || le.Uint64(b[24:]) != le.Uint64(b[32:]) {
		return 0, zipError(int64(at), "the zip file is one of several parts")
	}
	wide := centralEnd{entries: le.Uint64(b[32:]), size: int64(le.Uint64(b[40:])), offset: int64(le.Uint64(b[48:]))}
	if disagree(end.entries, wide.entries, math.MaxUint16) ||
		disagree(uint64(end.size), uint64(wide.size), math.MaxUint32) || disagree(uint64(end.offset), uint64(wide.offset), math.MaxUint32) {
		return 0, zipError(int64(at), "the zip64 record and the end record disagree")
	}
	*end = wide
	return int64(at), nil
}

// disagree compares a narrow field with its wide form; the narrow one may be all ones instead.
func disagree(narrow, wide, ones uint64) bool { return narrow != wide && narrow != ones }

// readCentral reads the entries of the central directory, which must fill it.
func (d *zipDir) readCentral(end centralEnd) error {
	in := bufio.NewReaderSize(io.NewSectionReader(d.r, end.offset, end.size), 16<<10)
	at := end.offset
	for range end.entries {
		e, n, err := readCentralEntry(in, at)
		if err != nil {
			return format.Truncated(err, ZipName, at, "the central directory")
		}
		at += n
		if d.byName[e.name] != nil {
			return zipError(at-n, "two entries have the name %q", e.name)
		}
		d.byName[e.name] = e
		d.entries = append(d.entries, e)
		d.crcs = d.crcs || e.crc != 0
	}
	if at != end.offset+end.size {
		return zipError(at, "the central directory has more than its %d entries", end.entries)
	}
	return nil
}

// readCentralEntry also returns the length of what it read.
func readCentralEntry(in io.Reader, at int64) (*zipEntry, int64, error) {
	var b [centralSize]byte
	if _, err := io.ReadFull(in, b[:]); err != nil {
		return nil, 0, err
	}
	le := binary.LittleEndian
	if le.Uint32(b[:]) != centralSig {
		return nil, 0, zipError(at, "the central directory has something that is no entry")
	}
	lengths := [3]int{int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))} // name, extra, comment
	if lengths[0] > maxEntryName {
		return nil, 0, zipError(at, "an entry's name has %d bytes; a checkpoint's has no more than %d", lengths[0], maxEntryName)
	}
	text := make([]byte, lengths[0]+lengths[1]+lengths[2])
	if _, err := io.ReadFull(in, text); err != nil {
		return nil, 0, err
	}
	e := &zipEntry{
		name:   string(text[:lengths[0]]),
		flags:  le.Uint16(b[8:]),
		method: le.Uint16(b[10:]),
		crc:    le.Uint32(b[16:]),
		packed: int64(le.Uint32(b[20:])),
		size:   int64(le.Uint32(b[24:])),
		header: int64(le.Uint32(b[42:])),
	}
	if !validName(e.name) {
		return nil, 0, zipError(at, "the entry name %q is not a plain relative path", e.name)
	}
	if disk := le.Uint16(b[34:]); disk != 0 {
		return nil, 0, zipError(at, "entry %q is in another part of the archive", e.name)
	}
	extra := text[lengths[0] : lengths[0]+lengths[1]]
	if !readZip64Extra(extra, &e.size, &e.packed, &e.header) {
		return nil, 0, zipError(at, "entry %q: a size or offset of 64 bits is missing or too large", e.name)
	}
	return e, centralSize + int64(len(text)), e.check(at)
}

func (e *zipEntry) check(at int64) error {
	switch {
	case e.flags&1 != 0:
		return zipError(at, "entry %q is encrypted", e.name)
	case e.flags&^flagsAllowed != 0:
		return zipError(at, "entry %q has the unknown flags %#x", e.name, e.flags)
	case e.method != 0 && e.method != 8:
		return zipError(at, "entry %q is compressed with method %d; only deflate is read", e.name, e.method)
	case e.method == 0 && e.packed != e.size:
		return zipError(at, "entry %q is stored, but in %d bytes instead of %d", e.name, e.packed, e.size)
	}
	return nil
}

// readZip64Extra replaces each field that is all ones by its value in the zip64 extra field (4.5.3), in that order.
func readZip64Extra(extra []byte, fields ...*int64) bool {
	le := binary.LittleEndian
	var wide []byte
	for len(extra) >= 4 {
		n := int(le.Uint16(extra[2:]))
		if n > len(extra)-4 {
			break // padding that is no proper field: what the alignment of old files left
		}
		if le.Uint16(extra) == 1 {
			wide = extra[4 : 4+n]
			break
		}
		extra = extra[4+n:]
	}
	for _, f := range fields {
		if *f != math.MaxUint32 {
			continue
		}
		if len(wide) < 8 || wide[7] > 0x7f {
			return false
		}
		*f = int64(le.Uint64(wide))
		wide = wide[8:]
	}
	return true
}

// validName admits what could be a path below a directory, on every system.
func validName(name string) bool {
	if name == "" || !utf8.ValidString(name) || strings.ContainsAny(name, "\\\x00") {
		return false
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(name, "/"), "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// checkPlaces makes sure that the entries lie one behind the other, from the first byte of the file to the directory.
func (d *zipDir) checkPlaces(central int64) error {
	order := slices.SortedFunc(slices.Values(d.entries), func(a, b *zipEntry) int { return cmp.Compare(a.header, b.header) })
	var packed, size int64
	for i, e := range order {
		e.limit = central
		if i+1 < len(order) {
			e.limit = order[i+1].header
		}
		if e.header < 0 || e.header > e.limit || e.packed > e.limit-e.header-localSize-int64(len(e.name)) {
			return zipError(e.header, "entry %q (%d bytes) overlaps what follows at %d", e.name, e.packed, e.limit)
		}
		packed += e.packed
		if e.size > math.MaxInt64-size {
			return zipError(e.header, "entry %q unpacks to %d bytes", e.name, e.size)
		}
		size += e.size
	}
	if len(order) > 0 && order[0].header != 0 {
		return zipError(0, "%d bytes stand before the first entry", order[0].header)
	}
	if size/maxRatio > packed {
		return zipError(-1, "%d bytes unpack to %d: more than %d to one", packed, size, maxRatio)
	}
	return nil
}
