package imaging

import (
	"slices"

	"resnet/internal/imaging/rgb"
)

// bmpFile is what the headers of a BMP say.
type bmpFile struct {
	width, height int
	topDown       bool
	bits          int // of a pixel in the file
	compression   int
	pixels        int64 // where they begin
	stride        int   // bytes of a row, padded to 32 bits

	// A pixel is an index of 1, 4 or 8 bits (indexBits) into a table, or these bytes or bits of its little-endian word.
	indexBits int
	palette   *rgb.Table
	masks     [3]uint32
}

// The compressions of BMP that are read.
const (
	bmpRaw       = 0
	bmpRLE8      = 1
	bmpRLE4      = 2
	bmpBitfields = 3
)

func bmpConfig(s source) (Config, error) {
	f, err := readBMPHeader(s)
	if err != nil {
		return Config{}, err
	}
	c := Config{Width: f.width, Height: f.height, memory: 4 << 10}
	if f.compression == bmpRLE4 || f.compression == bmpRLE8 {
		c.memory += pixels(f.width, f.height)
	}
	return c, nil
}

func readBMPHeader(s source) (*bmpFile, error) {
	head, err := s.read(0, 18)
	if err != nil {
		return nil, err
	}
	f := &bmpFile{pixels: int64(le32(head[10:]))}
	size := le32(head[14:])
	header, err := s.read(14, size)
	if err != nil {
		return nil, err
	}
	colours, palette := 0, bmpPalette{entry: 4, at: 14 + int64(size)}
	switch size {
	case 12: // OS/2
		f.width, f.height, f.bits = le16(header[4:]), le16(header[6:]), le16(header[10:])
		palette.entry = 3
	case 40, 52, 56, 64, 108, 124:
		f.width, f.height, f.bits = le32(header[4:]), le32(header[8:]), le16(header[14:])
		if f.topDown = header[11] == 0xFF; f.topDown { // a negative height
			f.height = 1<<32 - f.height
		}
		f.compression = le32(header[16:])
		colours = le32(header[32:])
	default:
		return nil, errorf(Unsupported, "unsupported BMP: a header of %d bytes; convert to PNG", size)
	}
	f.stride = (f.width*f.bits + 31) / 32 * 4

	switch f.bits {
	case 1, 4, 8:
		if f.compression > bmpRLE4 {
			return nil, f.unsupported()
		}
		if colours == 0 {
			colours = 1 << f.bits
		}
		if f.pixels == palette.at {
			f.pixels += int64(palette.entry * colours) // a writer that forgot the palette
		}
		if palette.colours = colours; colours > 1<<16 {
			return nil, errorf(Corrupt, "corrupt BMP: a palette of %d colours", colours)
		}
		if err := f.readPalette(s, palette); err != nil {
			return nil, err
		}
	case 16, 24, 32:
		if err := f.readMasks(s, header, &palette.at); err != nil {
			return nil, err
		}
	default:
		return nil, errorf(Unsupported, "unsupported BMP: %d bits a pixel; convert to PNG", f.bits)
	}
	if f.pixels == 0 { // right behind the headers
		f.pixels = palette.at + int64(palette.entry*palette.colours)
	}
	return f, nil
}

func (f *bmpFile) unsupported() error {
	return errorf(Unsupported, "unsupported BMP: compression %d with %d bits a pixel; convert to PNG", f.compression, f.bits)
}

// bmpPalette is where the palette stands.
type bmpPalette struct {
	at      int64
	entry   int // bytes a colour
	colours int
}

// readPalette takes the colours, and sees with Pillow's eyes whether all are the grays that their indices are: such a
// picture is one of gray, whose pixels Pillow reads as bits where there are two colours at most, else as bytes, whatever
// the header says.
func (f *bmpFile) readPalette(s source, p bmpPalette) error {
	b, err := s.read(p.at, int(min(int64(p.entry*p.colours), max(s.size-p.at, 0))))
	if err != nil {
		return err
	}
	step := 1
	if p.colours == 2 {
		step = 255
	}
	gray := len(b) >= p.entry*(p.colours-1)+3
	for i := 0; gray && i < p.colours; i++ {
		v := byte(i * step)
		gray = [3]byte(b[i*p.entry:]) == [3]byte{v, v, v}
	}
	if gray && p.colours <= 2 {
		f.indexBits, f.palette = 1, &rgb.Grays[1]
		return nil
	}
	if gray {
		f.indexBits, f.palette = 8, &rgb.Grays[8]
		return nil
	}
	if len(b)/p.entry > 256 {
		return errorf(Corrupt, "corrupt BMP: a palette of %d colours", p.colours)
	}
	f.indexBits, f.palette = f.bits, new(rgb.Table)
	for i := range min(p.colours, len(b)/p.entry) {
		bgr := b[i*p.entry:]
		f.palette[i] = [3]byte{bgr[2], bgr[1], bgr[0]}
	}
	return nil
}

// bmpMasks are those of red, green, blue and alpha that Pillow reads; all are 0 where the header leaves them to the reader.
var bmpMasks = map[int][][4]uint32{
	32: {
		{0xFF0000, 0xFF00, 0xFF, 0},
		{0xFF000000, 0xFF0000, 0xFF00, 0},
		{0xFF000000, 0xFF00, 0xFF, 0},
		{0xFF000000, 0xFF0000, 0xFF00, 0xFF},
		{0xFF, 0xFF00, 0xFF0000, 0xFF000000},
		{0xFF0000, 0xFF00, 0xFF, 0xFF000000},
		{0xFF000000, 0xFF00, 0xFF, 0xFF0000},
		{},
	},
	24: {{0xFF0000, 0xFF00, 0xFF}},
	16: {{0xF800, 0x7E0, 0x1F}, {0x7C00, 0x3E0, 0x1F}},
}

// readMasks finds the bits of the channels. In the shortest header they stand behind it, and end is moved.
func (f *bmpFile) readMasks(s source, header []byte, end *int64) error {
	f.masks = [3]uint32{0xFF0000, 0xFF00, 0xFF}
	if f.bits == 16 {
		f.masks = [3]uint32{0x7C00, 0x3E0, 0x1F}
	}
	switch {
	case f.compression == bmpRaw:
		return nil
	case f.compression != bmpBitfields:
		return f.unsupported()
	}
	var masks [4]uint32
	given := header[min(40, len(header)):]
	if len(header) == 40 {
		var err error
		if given, err = s.read(*end, 12); err != nil {
			return err
		}
		*end += 12
	}
	for i := range min(len(masks), len(given)/4) {
		masks[i] = uint32(le32(given[4*i:]))
	}
	if f.bits != 32 {
		masks[3] = 0
	}
	if slices.Contains(bmpMasks[f.bits], masks) {
		if masks != [4]uint32{} {
			f.masks = [3]uint32(masks[:3])
		}
		return nil
	}
	return errorf(Unsupported, "unsupported BMP: channels in the bits %x; convert to PNG", masks)
}
