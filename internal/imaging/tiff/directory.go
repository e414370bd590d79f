package tiff

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"slices"
)

// The tags that are read.
const (
	tagWidth               = 256
	tagHeight              = 257
	tagBitsPerSample       = 258
	tagCompression         = 259
	tagPhotometric         = 262
	tagFillOrder           = 266
	tagStripOffsets        = 273
	tagOrientation         = 274
	tagSamplesPerPixel     = 277
	tagRowsPerStrip        = 278
	tagStripBytes          = 279
	tagPlanar              = 284
	tagT4Options           = 292
	tagPredictor           = 317
	tagColorMap            = 320
	tagTileWidth           = 322
	tagTileLength          = 323
	tagTileOffsets         = 324
	tagTileBytes           = 325
	tagExtraSamples        = 338
	tagSampleFormat        = 339
	tagJPEGTables          = 347
	tagYCbCrCoefficients   = 529
	tagYCbCrSubsampling    = 530
	tagReferenceBlackWhite = 532
)

// directory is the first directory of a TIFF. Its lists stay in the file, and are looked at by need.
type directory struct {
	file   io.ReaderAt
	size   int64 // of the file
	order  binary.ByteOrder
	fields map[uint16]field
	// damaged: it goes on behind the end of the file, or a field that matters has no type or more values than the file.
	// Pillow reads raw pixels all the same; libtiff, which it has for compressed ones, does not.
	damaged bool
	err     error // the first of value and list
}

// field is a list of values of one type.
type field struct {
	kind  uint16
	count int64
	at    int64 // in the file
}

// neededTags are the tags of which libtiff makes sure.
var neededTags = []uint16{
	tagWidth, tagHeight, tagBitsPerSample, tagCompression, tagStripOffsets, tagSamplesPerPixel, tagRowsPerStrip,
	tagStripBytes, tagPlanar, tagTileWidth, tagTileLength, tagTileOffsets, tagTileBytes, tagExtraSamples, tagSampleFormat,
}

// singleTags are the tags of which libtiff wants one value.
var singleTags = []uint16{
	tagWidth, tagHeight, tagCompression, tagSamplesPerPixel, tagRowsPerStrip, tagPlanar, tagTileWidth, tagTileLength,
}

// typeSizes are the lengths of the types that Pillow knows, in bytes.
var typeSizes = map[uint16]int64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}

// readDirectory reads what there is: like Pillow it leaves out fields that make no sense, and ends with the file. The
// fields are at most 65,535 of 12 bytes, or as many of a BigTIFF's longer ones.
func readDirectory(r io.ReaderAt, size int64) (*directory, error) {
	d := &directory{file: r, size: size, order: binary.LittleEndian, fields: map[uint16]field{}}
	head, err := d.read(0, 8)
	if err != nil {
		return nil, err
	}
	if head[0] == 'M' {
		d.order = binary.BigEndian
	}
	big := string(head[:4]) == "II+\x00"
	start, entrySize, first := int64(d.order.Uint32(head[4:])), int64(12), int64(2)
	if big {
		if head, err = d.read(8, 8); err != nil {
			return nil, err
		}
		start, entrySize, first = int64(min(d.order.Uint64(head), math.MaxInt32<<16)), 20, 8
	}
	b, err := d.read(start, int(first))
	if err != nil {
		return nil, err
	}
	count := int64(d.order.Uint16(b))
	if big {
		count = int64(min(d.order.Uint64(b), math.MaxUint16))
	}
	if inside := (d.size - start - first) / entrySize; count > inside {
		count, d.damaged = inside, true
	}
	entries, err := d.read(start+first, int(count*entrySize))
	if err != nil {
		return nil, err
	}
	outside := int64(0)
	for at := start + first; len(entries) > 0; at, entries = at+entrySize, entries[entrySize:] {
		f := field{kind: d.order.Uint16(entries[2:]), count: int64(d.order.Uint32(entries[4:])), at: at + 8}
		if big {
			f.count, f.at = int64(min(d.order.Uint64(entries[4:]), math.MaxInt32)), at+12
		}
		tag, size := d.order.Uint16(entries), f.count*typeSizes[f.kind]
		if _, twice := d.fields[tag]; twice {
			continue
		}
		if size == 0 {
			d.damaged = d.damaged || slices.Contains(neededTags, tag)
			continue
		}
		if inside := entrySize - (f.at - at); size > inside {
			f.at = int64(d.order.Uint32(entries[8:]))
			if big {
				f.at = int64(d.order.Uint64(entries[12:]))
			}
			if outside += size; outside > d.size || f.at < 0 {
				d.damaged = d.damaged || slices.Contains(neededTags, tag)
				continue
			}
			if f.at > d.size-size {
				break
			}
		}
		d.fields[tag] = f
	}
	return d, nil
}

// read is the n bytes at an offset, io.ErrUnexpectedEOF where the file ends before.
func (d *directory) read(offset int64, n int) ([]byte, error) {
	if offset < 0 || offset > d.size-int64(n) {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	_, err := d.file.ReadAt(b, offset)
	return b, err
}

// number is the first value of a tag, or what it is by default.
func (d *directory) number(tag uint16, otherwise int64) int64 {
	if d.fields[tag].count == 0 {
		return otherwise
	}
	return d.value(tag, 0)
}

// value is the i-th value of a tag, which must have so many.
func (d *directory) value(tag uint16, i int64) int64 {
	f := d.fields[tag]
	size := typeSizes[f.kind]
	b, err := d.read(f.at+i*size, int(size))
	if err != nil {
		d.fail(err)
		return 0
	}
	return d.parse(tag, b)
}

// list is all values of a tag, of which more than limit make no sense.
func (d *directory) list(tag uint16, limit int) []int {
	f := d.fields[tag]
	if f.count > int64(limit) {
		d.fail(corrupt("%d values of tag %d", f.count, tag))
		return nil
	}
	size := int(typeSizes[f.kind])
	b, err := d.read(f.at, size*int(f.count))
	if err != nil {
		d.fail(err)
		return nil
	}
	values := make([]int, f.count)
	for i := range values {
		values[i] = int(d.parse(tag, b[i*size:]))
	}
	return values
}

// parse reads one value of a tag.
func (d *directory) parse(tag uint16, b []byte) int64 {
	switch d.fields[tag].kind {
	case 3:
		return int64(d.order.Uint16(b))
	case 4, 13:
		return int64(d.order.Uint32(b))
	case 6:
		return int64(int8(b[0]))
	case 8:
		return int64(int16(d.order.Uint16(b)))
	case 9:
		return int64(int32(d.order.Uint32(b)))
	case 16:
		return int64(min(d.order.Uint64(b), math.MaxInt64))
	}
	d.fail(corrupt("tag %d is no whole number", tag))
	return 0
}

// fail keeps the first error.
func (d *directory) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Orientation reads EXIF's orientation from a block of EXIF, which is a TIFF without a picture; 0 where there is none or the
// block makes no sense.
func Orientation(exif []byte) int {
	if !bytes.HasPrefix(exif, []byte("II")) && !bytes.HasPrefix(exif, []byte("MM")) {
		return 0
	}
	d, err := readDirectory(bytes.NewReader(exif), int64(len(exif)))
	if err != nil {
		return 0
	}
	return d.Orientation()
}

// Orientation is that of EXIF (1 … 8), which has it from TIFF; 0 where there is none or it makes no sense.
func (d *directory) Orientation() int {
	if f := d.fields[tagOrientation]; f.kind != 3 && f.kind != 4 {
		return 0
	}
	if v := d.number(tagOrientation, 0); v <= 8 {
		return int(v)
	}
	return 0
}
