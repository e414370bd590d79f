package draw

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"strings"
	"testing"

	"resnet/internal/cam"
	"resnet/internal/imaging"
)

// The colours lie where the network saw them: in the crop, in the map's own places, smoothly between their middles.
func TestOverlay(t *testing.T) {
	photo := imaging.NewImage(100, 60)
	box := cam.Box{MinX: 30, MinY: 10, MaxX: 70, MaxY: 50}
	m := cam.Map{Height: 2, Width: 2, Values: []float32{0, 4, -3, 0}}
	im := Overlay(photo, box, m, 4)
	red := func(x, y int) int { return int(im.RGBAAt(x, y).R) }
	full := float64(Colour(1).R)
	if got := red(62, 18); math.Abs(float64(got)-0.55*full) > 2 {
		t.Errorf("the strongest corner has %d of red, want %.0f", got, 0.55*full)
	}
	if red(20, 30) != 0 || red(80, 30) != 0 || red(50, 5) != 0 || red(50, 55) != 0 {
		t.Error("what the network does not see is coloured")
	}
	if a, b := red(33, 45), red(35, 15); a != b {
		t.Errorf("below zero is %d, zero %d: want the same", a, b)
	}
}

// Lightness, the grey that a colour is, grows along the scale.
func TestColours(t *testing.T) {
	last := -1.0
	for i := range colours {
		c := colours[i]
		linear := func(v uint8) float64 { return math.Pow(float64(v)/255, 2.2) }
		lightness := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
		if lightness < last-1e-3 {
			t.Errorf("colour %d is darker than the one before", i)
		}
		last = lightness
	}
	if Colour(math.NaN()) != colours[0] || Colour(-1) != colours[0] || Colour(7) != colours[255] {
		t.Error("shares outside of 0 to 1")
	}
}

func TestPanels(t *testing.T) {
	long := strings.Repeat("a very long label ", 20)
	f := &Panels{Strongest: "12.5", Notes: []string{"7×7 map", long}}
	for range MaxPanels {
		f.Panels = append(f.Panels, Panel{image.NewRGBA(image.Rect(0, 0, 30, 320)), []string{long, "x"}})
	}
	var b bytes.Buffer
	if err := f.WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	im, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	bounds := im.Bounds() // nothing reaches the edge: all words were made to fit
	for y := range bounds.Max.Y {
		if r, g, b, _ := im.At(bounds.Max.X-1, y).RGBA(); r != 0xffff || g != 0xffff || b != 0xffff {
			t.Fatalf("row %d: something is cut at the right edge", y)
		}
	}
	if got := letters(true).fit(long, 200); !strings.HasSuffix(got, "…") || letters(true).width(got) > 200 {
		t.Errorf("%q is %d wide", got, letters(true).width(got))
	}
}

func TestTerminal(t *testing.T) {
	lines := HalfBlocks(image.NewRGBA(image.Rect(0, 0, 3, 5)))
	if len(lines) != 3 || strings.Count(lines[0], "▀") != 3 || strings.Contains(lines[2], "48;2") {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
	m := cam.Map{Height: 2, Width: 3, Values: []float32{0, 1, 2, 4, -9, float32(math.NaN())}}
	if got := strings.Join(Shades(m, 4, true), "/"); got != "  ░░▒▒/██    " {
		t.Errorf("shades %q", got)
	}
	if got := Shades(m, 0, false); got[0] != "  @@@@" { // a map without anything above 0 has no scale
		t.Errorf("shades %q", got)
	}
}

// A name in a sheet is text, whatever it holds.
func TestSheet(t *testing.T) {
	var b bytes.Buffer
	s, err := NewSheet(&b, "net <b>", []string{"7×7 map"})
	if err != nil {
		t.Fatal(err)
	}
	url, err := DataURL(image.NewRGBA(image.Rect(0, 0, 2, 2)))
	if err != nil {
		t.Fatal(err)
	}
	evil := `"><script>alert(1)</script>`
	for _, c := range []SheetCard{{File: evil, Label: evil, Probability: 0.25, Photo: url, Map: url}, {File: "b", Error: "corrupt"}} {
		if err := s.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if strings.Contains(page, "<script>alert") || !strings.Contains(page, `data-probability="0.25"`) ||
		strings.Count(page, `src="data:image/jpeg;base64,`) != 2 || strings.Count(page, "<article") != 2 {
		t.Error(page)
	}
	if strings.Contains(page, "http") {
		t.Error("the page needs something from the net")
	}
}
