package imaging

import (
	"encoding/binary"
	"slices"
)

// tiffFile is what the first directory of a TIFF says of its picture.
type tiffFile struct {
	*tiffDirectory
	width, height int
	compression   int
	predictor     int
	planar        bool // a plane for each channel, if only one
	planes        int  // how many of them are read; 1 where pixels are stored whole
	tiled         bool
	tileWidth     int // of a tile, or of a strip: the whole width
	tileLength    int
	lastOnly      bool // each strip is the whole picture, and the last one counts
	samples       tiffSamples
	pixelBits     int              // of a pixel in a tile or strip
	sampleOrder   binary.ByteOrder // of signed and floating-point samples, where that is not the file's
	tileStride    int              // of a raw tile that hangs over the right edge: bytes a row
	layout        tiffLayout
}

// The values of tags that have a meaning here.
const (
	tiffRaw      = 1
	tiffGroup3   = 3
	tiffGroup4   = 4
	tiffLZW      = 5
	tiffDeflate  = 8
	tiffPackBits = 32773
	tiffDeflate2 = 32946

	whiteIsZero = 0
	blackIsZero = 1
	tiffRGB     = 2
	tiffPalette = 3
	tiffCMYK    = 5
	tiffYCbCr   = 6
	tiffLab     = 8
)

// tiffCompressions names compressions that are not read.
var tiffCompressions = map[int]string{
	2: "fax in bytes", 6: "old JPEG", 7: "JPEG", 32771: "fax in words", 32809: "ThunderScan", 34676: "SGI log", 34677: "SGI log 24",
	34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA", 50000: "ZSTD", 50001: "WebP", 50002: "JPEG XL",
}

func tiffConfig(s source) (Config, error) {
	t, err := readTIFF(s)
	if err != nil {
		return Config{}, err
	}
	c := Config{Width: t.width, Height: t.height, Orientation: t.orientation()}
	c.memory = t.memory()
	return c, t.err
}

func readTIFF(s source) (*tiffFile, error) {
	d, err := readTIFFDirectory(s)
	if err != nil {
		return nil, err
	}
	t := &tiffFile{tiffDirectory: d, planes: 1}
	t.width, t.height = int(t.number(tiffWidth, 0)), int(t.number(tiffHeight, 0))
	t.compression = int(t.number(tiffCompression, tiffRaw))
	planar := t.number(tiffPlanar, 1)
	t.planar = planar == 2
	t.readTiling()
	switch {
	case t.err != nil:
		return nil, t.err
	case t.damaged && t.compression != tiffRaw:
		return nil, errorf(Corrupt, "corrupt TIFF: its directory is damaged")
	case t.width <= 0 || t.height <= 0 || t.width >= 1<<31 || t.height >= 1<<31:
		return nil, errorf(Corrupt, "corrupt TIFF: %d×%d pixels", t.width, t.height)
	case t.tileWidth <= 0 || t.tileLength <= 0:
		return nil, errorf(Corrupt, "corrupt TIFF: strips or tiles of %d×%d", t.tileWidth, t.tileLength)
	case (planar < 1 || planar > 2) && t.compression != tiffRaw:
		return nil, errorf(Corrupt, "corrupt TIFF: planar configuration %d", planar)
	case pixels(t.tileWidth, t.tileLength) > DefaultMaxPixels && t.tiled:
		return nil, errorf(TooLarge, "TIFF with tiles of %d×%d", t.tileWidth, t.tileLength)
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

// readTiling finds whether the picture stands in strips or in tiles; Pillow and libtiff, which reads what is compressed,
// do so by different tags.
func (t *tiffFile) readTiling() {
	_, strips := t.fields[tiffStripOffsets]
	_, wide := t.fields[tiffTileWidth]
	_, long := t.fields[tiffTileLength]
	if t.tiled = wide || long; t.compression == tiffRaw {
		t.tiled = !strips
	}
	t.tileWidth, t.tileLength = t.width, int(t.number(tiffRowsPerStrip, int64(t.height)))
	if t.tiled {
		t.tileWidth, t.tileLength = int(t.number(tiffTileWidth, 0)), int(t.number(tiffTileLength, 0))
	}
	t.lastOnly = t.tileWidth == t.width && t.tileLength == t.height
	if !t.tiled {
		t.tileLength = min(t.tileLength, t.height)
	}
}

// placeTags are the tags of where strips or tiles begin, and of their lengths in bytes.
func (t *tiffFile) placeTags() (offsets, lengths uint16) {
	if t.tiled {
		return tiffTileOffsets, tiffTileBytes
	}
	return tiffStripOffsets, tiffStripBytes
}

func (t *tiffFile) checkCompression() error {
	t.predictor = 1
	switch t.compression {
	case tiffRaw, tiffPackBits:
	case tiffLZW, tiffDeflate, tiffDeflate2:
		t.predictor = int(t.number(tiffPredictor, 1))
	case tiffGroup3, tiffGroup4: // of one bit a pixel: see readSamples
		if t.compression == tiffGroup3 && t.number(tiffT4Options, 0)&1 != 0 {
			return errorf(Unsupported, "unsupported TIFF: two-dimensional fax of group 3; convert to PNG")
		}
	default:
		name := tiffCompressions[t.compression]
		if name == "" {
			return errorf(Unsupported, "unsupported TIFF: compression %d; convert to PNG", t.compression)
		}
		return errorf(Unsupported, "unsupported TIFF: compression %d (%s); convert to PNG", t.compression, name)
	}
	return nil
}

// tiffSamples is how pixels are stored: what Pillow chooses its mode by.
type tiffSamples struct {
	photometric int
	format      int // 1 unsigned, 2 signed, 3 floating point
	reversed    bool
	bits        int // of each sample
	count       int
	extra       []int // what the samples behind the colour are: 0 nothing, 1 premultiplied alpha, 2 alpha
}

func (t *tiffFile) readSamples() (tiffSamples, error) {
	const limit = 1 << 10
	s := tiffSamples{photometric: whiteIsZero, format: 1, count: int(t.number(tiffSamplesPerPixel, 1))}
	if f := t.fields[tiffPhotometric]; f.count == 1 || f.kind < 3 { // several numbers are none for Pillow
		s.photometric = int(t.number(tiffPhotometric, whiteIsZero))
	}
	fillOrder := t.number(tiffFillOrder, 1)
	s.reversed = fillOrder == 2

	bits, formats := t.list(tiffBitsPerSample, limit), t.list(tiffSampleFormat, limit)
	s.extra = t.list(tiffExtraSamples, limit)
	if len(bits) == 0 {
		bits = []int{1}
	}
	if t.planar && len(s.extra) > 0 && slices.Max(s.extra) == 0 { // whole planes that nobody needs
		bits = bits[:max(len(bits)-len(s.extra), 0)]
		s.count -= len(s.extra)
		s.extra = nil
	}
	if len(bits) == 1 && s.count > 0 && s.count <= 6 {
		bits = slices.Repeat(bits, s.count)
	}
	bits = bits[:max(min(len(bits), s.count), 0)]
	if len(formats) > 0 {
		s.format = formats[0]
	}
	same := func(values []int) bool { return len(slices.Compact(slices.Clone(values))) <= 1 }
	switch {
	case t.err != nil:
		return s, t.err
	case s.count <= 0 || len(bits) != s.count || !same(bits) || !same(formats) || fillOrder < 1 || fillOrder > 2:
		return s, errorf(Unsupported, "unsupported TIFF: %d samples of %v bits in formats %v, fill order %d; convert to PNG",
			s.count, bits, formats, fillOrder)
	case bits[0] <= 0 || bits[0] > 32:
		return s, errorf(Unsupported, "unsupported TIFF: samples of %d bits; convert to PNG", bits[0])
	case (t.compression == tiffGroup3 || t.compression == tiffGroup4) && (bits[0] != 1 || s.count != 1):
		return s, errorf(Corrupt, "corrupt TIFF: fax of %d samples of %d bits", s.count, bits[0])
	}
	s.bits = bits[0]
	return s, nil
}

// rowBytes is the length of so many pixels as they are stored.
func (t *tiffFile) rowBytes(pixels int) int { return (pixels*t.pixelBits + 7) / 8 }

// across and down are the numbers of tiles or strips.
func (t *tiffFile) across() int { return (t.width + t.tileWidth - 1) / t.tileWidth }
func (t *tiffFile) down() int   { return (t.height + t.tileLength - 1) / t.tileLength }

// memory is for a row of each strip or tile that is open at a time, and for their decoders: the window of inflate, the
// codes of LZW, two rows of fax at a byte a pixel.
func (t *tiffFile) memory() int64 {
	segment := 2*int64(t.rowBytes(t.tileWidth)) + 256
	switch t.compression {
	case tiffDeflate, tiffDeflate2:
		segment += 64 << 10
	case tiffLZW:
		segment += 32 << 10
	case tiffGroup3, tiffGroup4:
		segment += 2<<10 + 2*int64(t.tileWidth)
	}
	return int64(t.across())*int64(t.planes)*segment + 8*int64(t.tileWidth) + 64<<10
}
