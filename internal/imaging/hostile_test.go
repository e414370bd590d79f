package imaging

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// small are limits that make a file of a few pixels hostile, so that no file here can harm a decoder that has none.
var small = Limits{MaxPixels: 1_000_000, MaxBytes: 1 << 20}

const smallBudget = 2 << 20

// hostile are files that ask for more than the small limits allow, or that contradict themselves. class "" means that the
// file is well and is decoded. Seen in other decoders, with larger numbers: gigabytes taken by a canvas, tiles, strips or
// a palette that a header declares, texts and pictures that inflate without a bound, minutes of scans without data, and
// directories that go round.
var hostile = []struct {
	name  string
	class Class
	data  func() []byte
}{
	{"empty", UnknownFormat, func() []byte { return nil }},
	{"text", UnknownFormat, func() []byte { return []byte("BM, said the bear, and looked for honey\n") }},
	{"signature alone", Truncated, func() []byte { return []byte("\x89PNG\r\n\x1a\n") }},
	{"HEIC", Unsupported, func() []byte { return []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic") }},

	{"PNG over the pixels", TooLarge, func() []byte { return bombPNG(1001, 1000, 2, nil) }},
	{"PNG without data", Truncated, func() []byte { return bombPNG(900, 900, 6, nil) }},
	{"interlaced PNG over the memory", TooLarge, func() []byte { return bombPNG(900, 900, 0x102, nil) }},
	{"PNG with no width", Corrupt, func() []byte { return bombPNG(0, 5, 2, nil) }},
	{"PNG with texts", "", func() []byte {
		zeros := deflated(10_000)
		return bombPNG(1, 1, 2, append(pngChunk("zTXt", append([]byte("key\x00\x00"), zeros...)), pngChunk("iCCP", append([]byte("p\x00\x00"), zeros...))...), 0, 1, 2, 3)
	}},
	{"PNG of 5,000 rows", "", func() []byte { return bombPNG(1, 5000, 0, nil, make([]byte, 2*5000)...) }},

	{"JPEG over the pixels", TooLarge, func() []byte { return bombJPEG(0xC0, 1001, 1000, 1) }},
	{"progressive JPEG over the pixels", TooLarge, func() []byte { return bombJPEG(0xC2, 1001, 1000, 1) }},
	{"JPEG of 810,000 pixels in no data", "", func() []byte { return bombJPEG(0xC0, 900, 900, 1) }},
	{"progressive JPEG over the memory", TooLarge, func() []byte { return bombJPEG(0xC2, 900, 900, 1) }},
	{"progressive JPEG within the memory", "", func() []byte { return bombJPEG(0xC2, 500, 500, 1) }},
	{"JPEG of height 0", Corrupt, func() []byte { return bombJPEG(0xC0, 100, 0, 1) }},
	{"JPEG with 12 bits", Unsupported, func() []byte {
		return bytes.Replace(bombJPEG(0xC1, 8, 8, 1), []byte{0xFF, 0xC1, 0, 17, 8}, []byte{0xFF, 0xC1, 0, 17, 12}, 1)
	}},
	{"lossless JPEG", Unsupported, func() []byte { return bombJPEG(0xC3, 8, 8, 1) }},
	{"arithmetic JPEG", Unsupported, func() []byte { return bombJPEG(0xC9, 8, 8, 1) }},
	{"JPEG with a frame behind a scan", Corrupt, func() []byte {
		one := bombJPEG(0xC0, 8, 8, 1)
		frame := one[bytes.Index(one, []byte{0xFF, 0xC0}):][:19]
		return append(append(one[:len(one)-2:len(one)-2], frame...), 0xFF, 0xD9)
	}},

	{"GIF on a canvas over the pixels", TooLarge, func() []byte { return bombGIF(1001, 1000) }},
	{"GIF on a canvas within the pixels", "", func() []byte { return bombGIF(900, 900) }},
	{"GIF of 50 frames", "", func() []byte {
		one := bombGIF(4, 4)
		return append(one[:len(one)-1], bytes.Repeat(one[13+6:len(one)-1], 50)...)
	}},

	{"TIFF with its directory outside of the file", Truncated, func() []byte { return []byte("II*\x00\x00\x10\x00\x00") }},
	{"TIFF of more strips than bytes", Corrupt, func() []byte { return bombTIFF(100, 100, [4]uint32{278, 4, 1, 1}, [4]uint32{273, 4, 1000, 8}) }},
	{"TIFF with tiles over the pixels", TooLarge, func() []byte { return bombTIFF(100, 100, [4]uint32{322, 4, 1, 1001}, [4]uint32{323, 4, 1, 1000}) }},
	{"TIFF over the pixels", TooLarge, func() []byte { return bombTIFF(1001, 1000) }},
	{"TIFF without data", Corrupt, func() []byte { return bombTIFF(900, 900) }},
	{"TIFF of 810,000 pixels that inflates to nothing else", "", func() []byte { return deflatedTIFF(900, 900, 810_000) }},
	{"TIFF that inflates to more than its picture", "", func() []byte { return deflatedTIFF(10, 10, 100_000) }},
	{"TIFF with more fields than bytes", Corrupt, func() []byte { return []byte("II*\x00\x08\x00\x00\x00\x09\x00\x00\x00") }},
	{"TIFF whose directory is its header", Corrupt, func() []byte { return []byte("II*\x00\x00\x00\x00\x00") }},
	{"TIFF whose second directory is outside of the file", "", func() []byte {
		b := deflatedTIFF(10, 10, 100)
		binary.LittleEndian.PutUint32(b[8+2+12*int(b[8]):], 10_000)
		return b
	}},
	{"TIFF with a strip outside of the file", Truncated, func() []byte { return bombTIFF(10, 10, [4]uint32{273, 4, 1, 10_000}, [4]uint32{279, 4, 1, 8}) }},
	{"TIFF with a strip that ends outside", Truncated, func() []byte { return bombTIFF(10, 10, [4]uint32{273, 4, 1, 8}, [4]uint32{279, 4, 1, 10_000}) }},
	{"raw TIFF without data", Truncated, func() []byte {
		return bombTIFF(900, 900, [4]uint32{259, 3, 1, 1}, [4]uint32{273, 4, 1, 8})
	}},
	{"TIFF with a thin tile for each of 400 columns", TooLarge, func() []byte {
		return bombTIFF(400, 4, [4]uint32{322, 4, 1, 1}, [4]uint32{323, 4, 1, 4}, [4]uint32{324, 4, 1, 8}, [4]uint32{325, 4, 1, 8})
	}},
	{"TIFF of 1,000 samples", Unsupported, func() []byte { return bombTIFF(10, 10, [4]uint32{277, 4, 1, 1000}, [4]uint32{273, 4, 1, 8}) }},
	{"TIFF with a palette longer than the file", Corrupt, func() []byte {
		return bombTIFF(10, 10, [4]uint32{262, 3, 1, 3}, [4]uint32{320, 3, 5000, 8}, [4]uint32{273, 4, 1, 8})
	}},
	{"BigTIFF with its number of fields cut off", Truncated, func() []byte {
		return []byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00")
	}},

	{"BMP without data", Truncated, func() []byte { return bombBMP(900, 900, 24, 0) }},
	{"BMP of runs, of which there is none", Truncated, func() []byte { return append(runsBMP(900, 900), 0, 1) }},
	{"BMP of steps", "", func() []byte { return append(runsBMP(900, 900), bytes.Repeat([]byte{0, 2, 255, 255}, 4)...) }},
	{"BMP of more colours than bytes", Truncated, func() []byte {
		b := bombBMP(10, 10, 8, 0)
		binary.LittleEndian.PutUint32(b[46:], 5000)
		return b
	}},
	{"BMP with its pixels outside of the file", Truncated, func() []byte {
		b := bombBMP(10, 10, 24, 0)
		binary.LittleEndian.PutUint32(b[10:], 10_000)
		return b
	}},
	{"BMP over the pixels, upside down", TooLarge, func() []byte { return bombBMP(1001, -1000, 24, 0) }},
	{"BMP with a palette index too high", "", func() []byte { return append(bombBMP(4, 1, 8, 2), 0, 1, 2, 255) }},

	{"WebP on a canvas over the pixels", TooLarge, func() []byte {
		return bombWebP(1001, 1000, riffChunk("ANMF", append(make([]byte, 16), riffChunk("VP8L", bombVP8L(1, 1, 100))...)))
	}},
	{"WebP whose canvas is not its picture", Corrupt, func() []byte { return bombWebP(10, 10, riffChunk("VP8L", bombVP8L(900, 900, 100))) }},
	{"lossless WebP over the memory", TooLarge, func() []byte { return bombWebP(900, 900, riffChunk("VP8L", bombVP8L(900, 900, 1000))) }},
	{"lossless WebP within the memory", Corrupt, func() []byte { return bombWebP(100, 100, riffChunk("VP8L", bombVP8L(100, 100, 500))) }},
	{"WebP whose first frame has no picture", Corrupt, func() []byte { return bombWebP(10, 10, riffChunk("ANMF", make([]byte, 16))) }},
	{"lossy WebP without data", Truncated, func() []byte {
		frame := append([]byte{0x10, 1, 0, 0x9D, 1, 0x2A, 0x84, 0x03, 0x84, 0x03}, make([]byte, 100)...)
		return bombWebP(900, 900, riffChunk("VP8 ", frame))
	}},

	{"1×10000", "", func() []byte { return bombPNG(1, 10_000, 0, nil, make([]byte, 2*10_000)...) }},
	{"10000×1", "", func() []byte { return bombPNG(10_000, 1, 0, nil, make([]byte, 10_001)...) }},
}

// workContext ends once it was asked so often: decoders ask at each row or block, so that it bounds work and not time.
type workContext struct {
	context.Context
	left int
}

func (w *workContext) Err() error {
	if w.left--; w.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestHostile decodes all of them within the small limits; each must end in the class it should, with little work and
// without allocating more than its budget and what every decode needs.
func TestHostile(t *testing.T) {
	const work, allocations = 25_000, smallBudget + 1<<20
	p := Preprocess{Resize: Single(40), Crop: Single(32), Interpolation: Bilinear}
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			data := c.data()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			crop, err := p.Load(&workContext{context.Background(), work}, data, Options{Limits: small, Budget: NewBudget(smallBudget)})
			runtime.ReadMemStats(&after)
			switch {
			case c.class == "" && err != nil:
				t.Error(err)
			case c.class == "" && (crop.Width != 32 || crop.Height != 32):
				t.Errorf("crop of %d×%d", crop.Width, crop.Height)
			case c.class != "" && err == nil:
				t.Errorf("no error, want %s", c.class)
			case c.class != "" && ClassOf(err) != c.class:
				t.Errorf("%v is of class %s, want %s", err, ClassOf(err), c.class)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > allocations {
				t.Errorf("%d bytes were allocated, want at most %d", n, allocations)
			}
		})
	}
}

// TestLimitsArePillows looks at the default limits without a picture.
func TestLimitsArePillows(t *testing.T) {
	for _, c := range []struct {
		width, height int
		class         Class
		warned        bool
	}{
		{DefaultWarnPixels, 1, "", false},
		{DefaultWarnPixels + 1, 1, "", true},
		{1, DefaultMaxPixels, "", true},
		{DefaultMaxPixels + 1, 1, TooLarge, false},
		{1<<31 - 1, 1<<31 - 1, TooLarge, false},
		{0, 5, Corrupt, false},
	} {
		warned := false
		opts := Options{Warn: func(string) { warned = true }}
		err := opts.Limits.orDefault().check(Config{Format: PNG, Width: c.width, Height: c.height}, opts)
		if (err == nil) != (c.class == "") || err != nil && ClassOf(err) != c.class || warned != c.warned {
			t.Errorf("%d×%d: %v, warned %v; want class %q, warned %v", c.width, c.height, err, warned, c.class, c.warned)
		}
	}
	if n := pixels(math.MaxInt, math.MaxInt); n != math.MaxInt64 {
		t.Errorf("pixels overflow: %d", n)
	}
}

func TestErrorsSpeak(t *testing.T) {
	png := bombPNG(3, 3, 2, nil, make([]byte, 30)...)
	for _, c := range []struct {
		data []byte
		want string
	}{
		{png[:45], "truncated PNG (45 bytes)"},
		{bombPNG(1001, 1000, 2, nil), "1001×1000 is 1,001,000 pixels, more than the limit of 1,000,000"},
		{[]byte("\x00\x00\x00\x18ftypavif"), "AVIF pictures are not supported; convert to JPEG or PNG"},
		{bombJPEG(0xC9, 8, 8, 1), "unsupported JPEG: arithmetic coding"},
		{bombTIFF(8, 8, [4]uint32{259, 3, 1, 34925}), "unsupported TIFF: compression 34925 (LZMA); convert to PNG"},
		{bombTIFF(8, 8, [4]uint32{256, 2, 1, 1}), "corrupt TIFF: tag 256 is no whole number"},
		{bombBMP(8, 8, 2, 0), "unsupported BMP: 2 bits a pixel; convert to PNG"},
	} {
		_, err := whole.Load(context.Background(), c.data, Options{Limits: small})
		if err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	var warnings []string
	opts := Options{Limits: Limits{WarnPixels: 5}, Warn: func(s string) { warnings = append(warnings, s) }}
	data := bombPNG(3, 3, 0, nil, make([]byte, 12)...)
	if _, err := whole.Load(context.Background(), data, opts); err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "9 pixels") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestTimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	for _, data := range [][]byte{
		bombPNG(100, 100, 0, nil, make([]byte, 10_100)...),
		bombJPEG(0xC0, 1000, 1000, 1),
		bombWebP(100, 100, riffChunk("VP8L", bombVP8L(100, 100, 100))),
		deflatedTIFF(100, 100, 10_000),
		append(runsBMP(100, 100), make([]byte, 1000)...),
	} {
		if _, err := whole.Load(ctx, data, Options{}); ClassOf(err) != Timeout {
			t.Errorf("%v is of class %s, want timeout", err, ClassOf(err))
		}
	}
	ctx, cancel = context.WithCancel(context.Background())
	cancel()
	if _, err := whole.Load(ctx, bombJPEG(0xC0, 1000, 1000, 1), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Builders.

func pngChunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func deflated(n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(make([]byte, n))
	w.Close()
	return b.Bytes()
}

// bombPNG makes a PNG of 8 bits a sample with these raw rows; interlaced where bit 8 of the colour is set.
func bombPNG(w, h, colour int, extra []byte, raw ...byte) []byte {
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	ihdr = append(ihdr, 8, byte(colour), 0, 0, byte(colour>>8))
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(raw)
	z.Close()
	out := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", ihdr)...)
	out = append(append(out, extra...), pngChunk("IDAT", b.Bytes())...)
	return append(out, pngChunk("IEND", nil)...)
}

// bombJPEG makes a JPEG of three components whose scans have no data at all.
func bombJPEG(sof byte, w, h, scans int) []byte {
	b := []byte{0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0}
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xFF, sof, 0, 17, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
	for _, class := range []byte{0, 0x10} { // one code, of one bit, for 0
		b = append(b, 0xFF, 0xC4, 0, 20, class, 1)
		b = append(b, make([]byte, 16)...)
	}
	for i := range scans {
		last := byte(63)
		if sof == 0xC2 {
			last = 0
		}
		if i > 0 {
			b = append(b, 0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0)
			continue
		}
		b = append(b, 0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, last, 0, 0)
	}
	return append(b, 0xFF, 0xD9)
}

// bombGIF has a frame of one pixel.
func bombGIF(w, h uint16) []byte {
	b := binary.LittleEndian.AppendUint16([]byte("GIF89a"), w)
	b = append(binary.LittleEndian.AppendUint16(b, h), 0x80, 0, 0)
	b = append(b, 1, 2, 3, 250, 251, 252) // palette
	return append(b, ',', 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0, ';')
}

// bombTIFF is of 8-bit gray that is deflated, in one strip at offset 8 if the entries (tag, type, count, value) do not say
// otherwise; the first of a tag counts.
func bombTIFF(w, h uint32, entries ...[4]uint32) []byte {
	all := append(slices.Clone(entries), [][4]uint32{{256, 4, 1, w}, {257, 4, 1, h}, {258, 3, 1, 8}, {259, 3, 1, 8}, {262, 3, 1, 1}}...)
	if len(entries) == 0 {
		all = append(all, [4]uint32{273, 4, 1, 8}, [4]uint32{279, 4, 1, 8})
	}
	b := append([]byte("II*\x00\x08\x00\x00\x00"), byte(len(all)), 0)
	for _, e := range all {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(b, e[2])
		b = binary.LittleEndian.AppendUint32(b, e[3])
	}
	return append(b, 0, 0, 0, 0)
}

// deflatedTIFF has one strip that inflates to n zeros.
func deflatedTIFF(w, h uint32, n int) []byte {
	strip := deflated(n)
	const end = 8 + 2 + 7*12 + 4
	return append(bombTIFF(w, h, [4]uint32{273, 4, 1, end}, [4]uint32{279, 4, 1, uint32(len(strip))}), strip...)
}

// runsBMP is of 8-bit indices in runs, of which there is none.
func runsBMP(w, h int32) []byte {
	b := bombBMP(w, h, 8, 2)
	b[30] = 1
	return b
}

// bombBMP has no pixels.
func bombBMP(w, h int32, bits uint16, colours uint32) []byte {
	b := append([]byte("BM"), 0, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 54+4*colours)
	b = binary.LittleEndian.AppendUint32(b, 40)
	b = binary.LittleEndian.AppendUint32(b, uint32(w))
	b = binary.LittleEndian.AppendUint32(b, uint32(h))
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, bits)
	b = append(b, make([]byte, 16)...)
	b = binary.LittleEndian.AppendUint32(b, colours)
	return append(b, make([]byte, 4+4*colours)...)
}

func riffChunk(kind string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	b = append(b, body...)
	return append(b, make([]byte, len(body)&1)...)
}

func bombWebP(w, h int, picture []byte) []byte {
	canvas := make([]byte, 10)
	if string(picture[:4]) == "ANMF" {
		canvas[0] = 2 // animated
	}
	for i := range 3 {
		canvas[4+i], canvas[7+i] = byte((w-1)>>(8*i)), byte((h-1)>>(8*i))
	}
	body := append(append([]byte("WEBP"), riffChunk("VP8X", canvas)...), picture...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// bombVP8L is a header and bytes that ask for Huffman groups.
func bombVP8L(w, h, n int) []byte {
	b := append([]byte{0x2F}, make([]byte, 4)...)
	binary.LittleEndian.PutUint32(b[1:], uint32(w-1)|uint32(h-1)<<14)
	return append(b, bytes.Repeat([]byte{0xA5, 0x5A, 0x33}, n/3)...)
}
