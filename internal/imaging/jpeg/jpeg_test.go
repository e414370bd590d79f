package jpeg

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

// TestIDCTIsAccurate holds the integer transform against the definition (T.81, A.3.3) in floating point.
func TestIDCTIsAccurate(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var coefficients block
		nonzero := uint64(0)
		for range 1 + random.IntN(20) {
			at := random.IntN(64)
			coefficients[at] = int16(random.IntN(401) - 200)
			nonzero |= 1 << at
		}
		got := make([]byte, 64)
		idct(got, 8, &coefficients, nonzero)
		for y := range 8 {
			for x := range 8 {
				want := math.Min(math.Max(exactIDCT(&coefficients, y, x)+128, 0), 255)
				if diff := math.Abs(float64(got[8*y+x]) - want); diff > 1 {
					t.Fatalf("sample (%d, %d) is %d, want %.2f", y, x, got[8*y+x], want)
				}
			}
		}
	}
}

func exactIDCT(b *block, y, x int) float64 {
	sum := 0.0
	for v := range 8 {
		for u := range 8 {
			scale := 0.25
			if u == 0 {
				scale /= math.Sqrt2
			}
			if v == 0 {
				scale /= math.Sqrt2
			}
			sum += scale * float64(b[8*v+u]) * math.Cos(float64((2*x+1)*u)*math.Pi/16) * math.Cos(float64((2*y+1)*v)*math.Pi/16)
		}
	}
	return sum
}

// TestIDCTOfDCAlone wants the short way to give what the long one gives.
func TestIDCTOfDCAlone(t *testing.T) {
	for dc := -1 << 15; dc < 1<<15; dc++ {
		coefficients := block{int16(dc)}
		long := make([]byte, 64)
		idct(long, 8, &coefficients, 1)
		if short := idctDC(int16(dc)); short != long[0] || short != long[63] {
			t.Fatalf("DC %d gives %d, want %d", dc, short, long[0])
		}
	}
}

func TestBitReader(t *testing.T) {
	b := bitReader{data: []byte("\x12\xFF\x00\x34\xFF\xFF\x00\x80\xFF\xD9")}
	for i, want := range []int{0x12, 0xFF, 0x34, 0xFF, 0x80} {
		if got := b.take(8); got != want {
			t.Errorf("byte %d: %#x, want %#x", i, got, want)
		}
	}
	if b.n < 0 || b.marker != markerEOI {
		t.Errorf("%d bits are left, marker %#x; want none read beyond, and EOI", b.n, b.marker)
	}
	if got := b.take(8); got != 0 || b.n >= 0 {
		t.Errorf("beyond the marker: %#x with %d bits left, want zeros that are counted", got, b.n)
	}
	if err := b.overrun(); err != nil {
		t.Errorf("past a marker: %v", err)
	}
	b = bitReader{data: []byte{1}}
	b.take(16)
	if err := b.overrun(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("past the end: %v, want io.ErrUnexpectedEOF", err)
	}
}

func TestHasFF(t *testing.T) {
	for i := range 8 {
		if x := uint64(0xFF) << (8 * i); !hasFF(x) || hasFF(x&^(1<<(8*i+3))) {
			t.Errorf("byte %d is not told from others", i)
		}
	}
	if hasFF(0xFEFEFEFEFEFEFEFE) || hasFF(0) || !hasFF(math.MaxUint64) {
		t.Error("FE, 00 or FF everywhere is mistaken")
	}
}

// TestHuffman decodes each symbol of the default tables, by the tables and one bit at a time.
func TestHuffman(t *testing.T) {
	table := defaultHuffman(true, false)
	if err := table.derive(false); err != nil {
		t.Fatal(err)
	}
	code, index := uint64(0), 0
	for length := 1; length <= 16; length++ {
		for range table.counts[length] {
			b := bitReader{acc: code << (64 - length), n: 64}
			if got := table.decode(&b); got != int(table.symbols[index]) || b.n != 64-length {
				t.Errorf("code %0*b is read as %#x of %d bits, want %#x of %d", length, code, got, 64-b.n, table.symbols[index], length)
			}
			code++
			index++
		}
		code <<= 1
	}
	b := bitReader{acc: math.MaxUint64, n: 64}
	if got := table.decode(&b); got != 0 || b.n != 64-17 {
		t.Errorf("no code: %#x of %d bits, want 0 of 17", got, 64-b.n)
	}
}

func TestBadHuffman(t *testing.T) {
	full := &huffmanTable{}
	full.counts[2] = 4 // no code may be all ones
	if err := full.derive(false); err == nil {
		t.Error("an overfull code is accepted")
	}
	wide := &huffmanTable{}
	wide.counts[1], wide.symbols[0] = 1, 16
	if err := wide.derive(true); err == nil {
		t.Error("a DC difference of 16 bits is accepted")
	}
}

// TestScansAreLimited lowers the limit to the scans of a small file, and below it.
func TestScansAreLimited(t *testing.T) {
	const sos = "\xFF\xDA\x00\x08\x01\x00\x00\x01\x3F\x00\x00" // AC of the first component, in no data
	data := handmade(0xC2, []byte{0x11}, 9, 9)
	data = append(data[:len(data)-2:len(data)-2], sos+sos+"\xFF\xD9"...)
	for limit, want := range map[int]error{3: nil, 2: FormatError("more than 2 scans")} {
		d, err := NewDecoder(data)
		if err != nil {
			t.Fatal(err)
		}
		d.maxScans = limit
		if err := d.ReadRow(t.Context(), make([]byte, 27)); err != want {
			t.Errorf("limit %d: %v, want %v", limit, err, want)
		}
	}
	if d, err := NewDecoder(data); err != nil || d.maxScans != 500 {
		t.Errorf("without a limit of one's own: %v, %v", d, err)
	}
}

func TestMemoryCoversTheAllocations(t *testing.T) {
	for _, c := range []struct {
		width, height int
		sampling      []byte
		several       bool
		least         int64
	}{
		{1000, 1000, []byte{0x11}, false, 16 * 1000},
		{1000, 1000, []byte{0x11}, true, 2 * 1000 * 1000},
		{8000, 6000, []byte{0x22, 0x11, 0x11}, true, 2 * 8000 * 6000 * 3 / 2},
		{65500, 65500, []byte{0xFF, 0xFF, 0xFF, 0xFF}, true, 8 * 65500 * 65500},
	} {
		if got := Memory(c.width, c.height, c.sampling, c.several); got < c.least || got > c.least*2+2<<20 && c.sampling[0] != 0xFF {
			t.Errorf("Memory(%d, %d, %x, %v) = %d, want a little over %d", c.width, c.height, c.sampling, c.several, got, c.least)
		}
	}
}

// FuzzDecode wants errors, never panics, and the same pixels from a window as from the whole picture.
func FuzzDecode(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, ok := decode(t, data, image.Rectangle{})
		if !ok {
			return
		}
		d, err := NewDecoder(data)
		if err != nil {
			t.Fatal(err)
		}
		w := image.Rect(d.Width()/3, d.Height()/3, d.Width()/3*2+1, d.Height()/3*2+1)
		part, ok := decode(t, data, w)
		if !ok {
			t.Fatal("the whole picture is decoded, a window is not")
		}
		for y := w.Min.Y; y < w.Max.Y; y++ {
			from, to := 3*(y*d.Width()+w.Min.X), 3*(y*d.Width()+w.Max.X)
			if !bytes.Equal(whole[from:to], part[from:to]) {
				t.Fatalf("row %d of the window %v differs", y, w)
			}
		}
	})
}

// decode gives the pixels of the window at their places in the whole picture; an empty window is all of it.
func decode(t *testing.T, data []byte, window image.Rectangle) (pix []byte, ok bool) {
	d, err := NewDecoder(data)
	if err != nil || d.Width()*d.Height() > 1<<20 {
		return nil, false
	}
	if window.Empty() {
		window = image.Rect(0, 0, d.Width(), d.Height())
	}
	d.SetWindow(window)
	ctx := context.Background()
	pix = make([]byte, 3*d.Width()*d.Height())
	for y := window.Min.Y; y < window.Max.Y; y++ {
		if err := d.ReadRow(ctx, pix[3*y*d.Width():][:3*d.Width()]); err != nil {
			return nil, false
		}
	}
	return pix, d.Finish(ctx) == nil
}

// seeds are small files by hand: gray, three components at 4:2:0 baseline and progressive, four components.
var seeds = [][]byte{
	handmade(0xC0, []byte{0x11}, 9, 9),
	handmade(0xC0, []byte{0x22, 0x11, 0x11}, 30, 20),
	handmade(0xC2, []byte{0x22, 0x11, 0x11}, 30, 20),
	handmade(0xC0, []byte{0x41, 0x11, 0x11, 0x11}, 30, 20),
}

func handmade(sof byte, sampling []byte, w, h byte) []byte {
	b := append([]byte{0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0}, bytes.Repeat([]byte{3}, 64)...)
	n := byte(len(sampling))
	b = append(b, 0xFF, sof, 0, 8+3*n, 8, 0, h, 0, w, n)
	for i, s := range sampling {
		b = append(b, byte(i), s, 0)
	}
	for class, symbols := range map[byte]string{0: "\x02\x00\x03", 0x10: "\x11\x00\x02"} { // in codes of 1, 2 and 3 bits
		b = append(b, 0xFF, 0xC4, 0, 22, class, 1, 1, 1)
		b = append(append(b, make([]byte, 13)...), symbols...)
	}
	b = append(b, 0xFF, 0xDA, 0, 6+2*n, n)
	for i := range n {
		b = append(b, i, 0)
	}
	last := byte(63)
	if sof == 0xC2 {
		last = 0
	}
	b = append(b, 0, last, 0)
	for i := range 200 {
		b = append(b, byte(i*37)&0x7F)
	}
	return append(b, 0xFF, 0xD9)
}

func TestSeedsDecode(t *testing.T) {
	for i, seed := range seeds {
		if _, ok := decode(t, seed, image.Rectangle{}); !ok {
			t.Errorf("seed %d is not decoded", i)
		}
	}
}
