// Package tiff decodes the first picture of a TIFF (revision 6.0, and BigTIFF of little-endian order) to the pixels that
// Pillow's convert("RGB") gives: raw ones by Pillow's own rules, compressed ones by those of libtiff behind it.
//
// A Decoder hands out rows of RGB from the top, and holds a row of each strip or tile that it reads.
package tiff

import (
	"encoding/binary"
	"io"
	"slices"
)

// File is what the first directory of a TIFF says of its picture.
type File struct {
	*directory
	Width, Height int // as stored, before the orientation is applied
	compression   int
	predictor     int
	planar        bool // a plane for each channel, if only one
	planes        int  // how many of them are read; 1 where pixels are stored whole
	tiled         bool
	tileWidth     int // of a tile, or of a strip: the whole width
	tileLength    int
	lastOnly      bool // each strip is the whole picture, and the last one counts
	samples       samples
	pixelBits     int              // of a pixel in a tile or strip
	sampleOrder   binary.ByteOrder // of signed and floating-point samples, where that is not the file's
	tileStride    int              // of a raw tile that hangs over the right edge: bytes a row
	layout        layout
	chroma        *chroma // of YCbCr that libtiff converts
}

// The values of tags that have a meaning here.
const (
	uncompressed = 1
	fax          = 2 // rows begin at a byte
	group3       = 3
	group4       = 4
	lzwCodes     = 5
	jpegPicture  = 7
	deflated     = 8
	faxWords     = 32771 // rows begin at a word of two
	packedBits   = 32773
	deflated2    = 32946
	zstandard    = 50000

	whiteIsZero        = 0
	blackIsZero        = 1
	photometricRGB     = 2
	photometricPalette = 3
	photometricCMYK    = 5
	photometricYCbCr   = 6
	photometricLab     = 8
)

// compressionNames names compressions that are not read.
var compressionNames = map[int]string{
	6: "old JPEG", 32809: "ThunderScan", 34676: "SGI log", 34677: "SGI log 24",
	34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA", 50001: "WebP", 50002: "JPEG XL",
}

// Parse reads the headers from a file of that many bytes.
func Parse(r io.ReaderAt, size int64) (*File, error) {
	d, err := readDirectory(r, size)
	if err != nil {
		return nil, err
	}
	t := &File{directory: d, planes: 1}
	t.Width, t.Height = int(t.number(tagWidth, 0)), int(t.number(tagHeight, 0))
	t.compression = int(t.number(tagCompression, uncompressed))
	planar := t.number(tagPlanar, 1)
	t.planar = planar == 2
	t.readTiling()
	switch {
	case t.err != nil:
		return nil, t.err
	case (t.damaged || t.severalSizes()) && t.compression != uncompressed:
		return nil, corrupt("its directory is damaged")
	case t.Width <= 0 || t.Height <= 0 || t.Width >= 1<<31 || t.Height >= 1<<31:
		return nil, corrupt("%d×%d pixels", t.Width, t.Height)
	case t.tileWidth <= 0 || t.tileLength <= 0:
		return nil, corrupt("strips or tiles of %d×%d", t.tileWidth, t.tileLength)
	case (planar < 1 || planar > 2) && t.compression != uncompressed:
		return nil, corrupt("planar configuration %d", planar)
	}
	if err := t.checkCompression(); err != nil {
		return nil, err
	}
	if t.samples, err = t.readSamples(); err != nil {
		return nil, err
	}
	if t.layout, err = t.chooseLayout(); err != nil {
		return nil, err
	}
	return t, t.err
}

// severalSizes reports fields of several values where libtiff wants one.
func (t *File) severalSizes() bool {
	return slices.ContainsFunc(singleTags, func(tag uint16) bool { return t.fields[tag].count > 1 })
}

// readTiling finds whether the picture stands in strips or in tiles; Pillow and libtiff, which reads what is compressed,
// do so by different tags.
func (t *File) readTiling() {
	_, strips := t.fields[tagStripOffsets]
	_, wide := t.fields[tagTileWidth]
	_, long := t.fields[tagTileLength]
	if t.tiled = wide || long; t.compression == uncompressed {
		t.tiled = !strips
	}
	t.tileWidth, t.tileLength = t.Width, int(t.number(tagRowsPerStrip, int64(t.Height)))
	if t.tiled {
		t.tileWidth, t.tileLength = int(t.number(tagTileWidth, 0)), int(t.number(tagTileLength, 0))
	}
	t.lastOnly = t.tileWidth == t.Width && t.tileLength == t.Height
	if !t.tiled {
		t.tileLength = min(t.tileLength, t.Height)
	}
}

// placeTags are the tags of where strips or tiles begin, and of their lengths in bytes. For libtiff they are the same, and
// those of tiles, which stand behind, count.
func (t *File) placeTags() (offsets, lengths uint16) {
	offsets, lengths = tagStripOffsets, tagStripBytes
	_, tileOffsets := t.fields[tagTileOffsets]
	_, tileBytes := t.fields[tagTileBytes]
	packed := t.compression != uncompressed
	if t.tiled && !packed || tileOffsets && packed {
		offsets = tagTileOffsets
	}
	if t.tiled && !packed || tileBytes && packed {
		lengths = tagTileBytes
	}
	return offsets, lengths
}

func (t *File) checkCompression() error {
	t.predictor = 1
	switch t.compression {
	case uncompressed, packedBits, jpegPicture:
	case lzwCodes, deflated, deflated2, zstandard:
		t.predictor = int(t.number(tagPredictor, 1))
	case fax, faxWords, group3, group4: // of one bit a pixel: see readSamples
	default:
		name := compressionNames[t.compression]
		if name == "" {
			return unsupported("compression %d", t.compression)
		}
		return unsupported("compression %d (%s)", t.compression, name)
	}
	return nil
}

// rowBytes is the length of so many pixels as they are stored.
func (t *File) rowBytes(pixels int) int { return (pixels*t.pixelBits + 7) / 8 }

// across and down are the numbers of tiles or strips.
func (t *File) across() int { return (t.Width + t.tileWidth - 1) / t.tileWidth }
func (t *File) down() int   { return (t.Height + t.tileLength - 1) / t.tileLength }

// Tile is the width and the height of a tile, of a strip where the picture stands in strips. A tile may be larger than the
// picture, and is decoded all the same.
func (t *File) Tile() (width, height int) { return t.tileWidth, t.tileLength }

// Memory is what decoding allocates, in bytes: a row of each strip or tile that is open at a time, and their decoders: the window of
// inflate or ZSTD, the codes of LZW, two rows of a fax.
func (t *File) Memory() int64 {
	segment := 2*int64(t.rowBytes(t.tileWidth)) + 256
	switch t.compression {
	case deflated, deflated2:
		segment += 64 << 10
	case jpegPicture:
		segment += t.jpegMemory()
	case zstandard:
		segment += zstdWindow + 1<<20
	case lzwCodes:
		segment += 64 << 10
	case fax, faxWords, group3, group4:
		segment += faxMemory(t.tileWidth)
	}
	if t.chroma.subsampled() {
		segment += int64(t.chroma.groupBytes(t.tileWidth))
	}
	return int64(t.across())*int64(t.planes)*segment + 8*int64(t.tileWidth) + 64<<10
}
