package imaging

import "bytes"

// Format is the name of a picture format, as people write it.
type Format string

// The formats that are decoded.
const (
	JPEG Format = "JPEG"
	PNG  Format = "PNG"
	GIF  Format = "GIF"
	WebP Format = "WebP"
	BMP  Format = "BMP"
	TIFF Format = "TIFF"
)

// Supported reports whether pictures of the format can be decoded.
func (f Format) Supported() bool { return codecs[f].open != nil }

// sniffLength is how much of a file Sniff looks at.
const sniffLength = 64

// magic is a format's mark at an offset; '?' stands for any byte.
type magic struct {
	format Format
	offset int
	mark   string
}

// magics holds the formats that are decoded, then those that are only recognised so that the error can name them.
var magics = []magic{
	{JPEG, 0, "\xff\xd8\xff"},
	{PNG, 0, "\x89PNG\r\n\x1a\n"},
	{GIF, 0, "GIF87a"},
	{GIF, 0, "GIF89a"},
	{WebP, 0, "RIFF????WEBP"},
	{TIFF, 0, "II*\x00"},
	{TIFF, 0, "MM\x00*"},
	{TIFF, 0, "II\x00*"}, {TIFF, 0, "MM*\x00"}, // of writers that confuse the orders of bytes
	{TIFF, 0, "II+\x00"}, // BigTIFF

	{"HEIC", 4, "ftypheic"}, {"HEIC", 4, "ftypheix"}, {"HEIC", 4, "ftyphevc"}, {"HEIC", 4, "ftypheim"},
	{"HEIC", 4, "ftypmif1"}, {"HEIC", 4, "ftypmsf1"},
	{"AVIF", 4, "ftypavif"}, {"AVIF", 4, "ftypavis"},
	{"JPEG XL", 0, "\xff\x0a"}, {"JPEG XL", 0, "\x00\x00\x00\x0cJXL \r\n\x87\n"},
	{"JPEG 2000", 0, "\x00\x00\x00\x0cjP  \r\n\x87\n"}, {"JPEG 2000", 0, "\xff\x4f\xff\x51"},
	{"big-endian BigTIFF", 0, "MM\x00+"},
	{"PSD", 0, "8BPS"},
	{"ICO", 0, "\x00\x00\x01\x00"},
	{"OpenEXR", 0, "\x76\x2f\x31\x01"},
	{"QOI", 0, "qoif"},
	{"DDS", 0, "DDS "},
	{"PDF", 0, "%PDF-"},
	{"SVG", 0, "<svg"},
	{"MP4", 4, "ftyp"},
}

// Sniff names the format of a file by its first bytes (64 suffice), never by its name; "" where they are of none.
func Sniff(header []byte) Format {
	for _, m := range magics {
		if m.matches(header) {
			return m.format
		}
	}
	switch {
	case isBMP(header):
		return BMP
	case isNetpbm(header):
		return "Netpbm"
	case isTGA(header):
		return "TGA"
	case bytes.HasPrefix(header, []byte("\x00\x00\x02\x00")):
		return "CUR"
	case bytes.HasPrefix(header, []byte("<?xml")) && bytes.Contains(header, []byte("<svg")):
		return "SVG"
	}
	return ""
}

func (m magic) matches(header []byte) bool {
	if len(header) < m.offset+len(m.mark) {
		return false
	}
	for i := range len(m.mark) {
		if c := m.mark[i]; c != '?' && c != header[m.offset+i] {
			return false
		}
	}
	return true
}

// isBMP wants more than "BM", which any text may start with: a header length that some version of the format has.
func isBMP(header []byte) bool {
	if len(header) < 18 || string(header[:2]) != "BM" {
		return false
	}
	switch le32(header[14:]) {
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

// isTGA looks at the whole header, which has no mark: without one, an uncompressed picture begins as a cursor does.
func isTGA(header []byte) bool {
	if len(header) < 18 || header[1] > 1 || header[17] >= 0x40 || le16(header[12:]) == 0 || le16(header[14:]) == 0 {
		return false
	}
	const noMap = "\x00\x00\x00\x00\x00"
	kind, mapped, bits := header[2]&^8, header[1] == 1, header[16] // 8 added: run-length encoded
	return kind >= 1 && kind <= 3 && header[2] < 12 && (mapped || string(header[3:8]) == noMap && kind > 1) &&
		(bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32)
}

func isNetpbm(header []byte) bool {
	return len(header) > 2 && header[0] == 'P' && header[1] >= '1' && header[1] <= '7' &&
		(header[2] == '\n' || header[2] == ' ' || header[2] == '\r' || header[2] == '\t')
}
