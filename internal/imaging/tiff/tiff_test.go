package tiff

import (
	"context"
	"strings"
	"testing"
)

// TestFaxCodesArePrefixFree wants each code of T.4 to stand in the tables at all places that begin with it, and nowhere to
// overwrite another.
func TestFaxCodesArePrefixFree(t *testing.T) {
	for name, c := range map[string]struct {
		table []faxCode
		bits  int
		codes string
	}{
		"white": {whiteCodes, whiteBits, whiteRuns + " " + whiteParts + " " + longParts},
		"black": {blackCodes, blackBits, blackRuns + " " + blackParts + " " + longParts},
	} {
		codes := strings.Fields(c.codes)
		if len(codes) != 64+27+13 {
			t.Errorf("%s: %d codes, want 104", name, len(codes))
		}
		taken := 1 << (c.bits - 11) // by the end of line
		for _, code := range codes {
			taken += 1 << (c.bits - len(code))
		}
		used := 0
		for _, entry := range c.table {
			if entry.kind != noCode {
				used++
			}
		}
		if used != taken {
			t.Errorf("%s: %d places of the table are used, want %d", name, used, taken)
		}
	}
}

// fuzzRows decodes rows of any data and wants no panic, and little work for few rows.
func fuzzRows(f *testing.F, width int, file func(kind byte) *File) {
	f.Add(byte(0), []byte{0x00, 0x1B, 0xB0, 0x01, 0x98, 0x01})
	f.Add(byte(1), []byte{0x80, 0x00, 0x80, 0x50, 0x10})
	f.Add(byte(9), []byte{0x81, 0x10, 0x81, 0x20, 0x81, 0x30})
	f.Add(byte(2), []byte{0x26, 0xB7, 0xF0, 0x01, 0x00, 0x10})
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		r := file(kind).newReader()
		line := make([]byte, (width+7)/8)
		for range 2 {
			if r.reset(data, 40) != nil {
				continue
			}
			for range 40 {
				if r.readRow(context.Background(), line) != nil {
					break
				}
			}
		}
	})
}

// FuzzFax reads faxes of every kind.
func FuzzFax(f *testing.F) {
	fuzzRows(f, 77, func(kind byte) *File {
		compression := []int{fax, faxWords, group3, group4}[kind&3]
		d := &directory{fields: map[uint16]field{}}
		return &File{directory: d, tileWidth: 77, compression: compression, samples: samples{reversed: kind&4 != 0}}
	})
}

// FuzzPacked reads LZW of both kinds, and PackBits; and pixels that share chroma samples.
func FuzzPacked(f *testing.F) {
	fuzzRows(f, 8*300, func(kind byte) *File {
		compression := []int{lzwCodes, packedBits, deflated, zstandard}[kind&3]
		if kind&8 != 0 {
			return &File{tileWidth: 100, compression: compression, chroma: &chroma{across: 2, down: 2}}
		}
		return &File{tileWidth: 300, compression: compression, samples: samples{reversed: kind&4 != 0}}
	})
}
