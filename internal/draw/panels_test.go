package draw

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet/internal/cam"
	"resnet/internal/imaging"
)

// The colours lie where the network saw them: in the crop, in the map's own places, smoothly between their middles.
func TestOverlay(t *testing.T) {
	photo := imaging.NewImage(200, 120)
	for i := range photo.Pix {
		photo.Pix[i] = []byte{0, 0, 100}[i%3]
	}
	nan := float32(math.NaN())
	m := cam.Map{Height: 2, Width: 4, Values: []float32{0, 0, nan, 4, -3, 0, 0, 0}}
	im := Overlay(photo, cam.Box{MinX: 60, MinY: 20, MaxX: 140, MaxY: 100}, m, 4)
	at := func(x, y int) color.RGBA { return im.RGBAAt(x, y) }
	if got, want := float64(at(132, 28).R), 0.55*float64(Colour(1).R); math.Abs(got-want) > 2 {
		t.Errorf("the strongest corner has %v of red, want %.0f", got, want)
	}
	if a, b := at(66, 95), at(66, 25); a != b {
		t.Errorf("below zero is %v, zero %v: want the same", a, b)
	}
	if got := at(110, 30); got.R != got.G || got.B <= got.R || got.R <= at(66, 25).R {
		t.Errorf("a place of no number has the colour %v, want that of the photo, greyer", got)
	}
	// What the network does not see is the photo, faint.
	for _, p := range []image.Point{{40, 60}, {160, 60}, {100, 10}, {100, 110}} {
		if got := im.RGBAAt(p.X, p.Y); got.B <= got.R || got.B > 50 {
			t.Errorf("%v is %v, want a faint blue", p, got)
		}
	}
	// The crop's outermost pixels are white, and ticks between the places, not between their middles.
	white := color.RGBA{255, 255, 255, 255}
	for _, p := range []image.Point{
		{60, 20}, {139, 20}, {60, 99}, {139, 99}, {66, 20}, {60, 66}, // the outline
		{80, 23}, {100, 26}, {120, 95}, {64, 60}, {135, 60}, // ticks
	} {
		if im.RGBAAt(p.X, p.Y) != white {
			t.Errorf("%v is %v, want white", p, im.RGBAAt(p.X, p.Y))
		}
	}
	for _, p := range []image.Point{{59, 60}, {140, 60}, {90, 23}, {80, 30}, {64, 40}, {64, 80}} {
		if im.RGBAAt(p.X, p.Y) == white {
			t.Errorf("%v is white", p)
		}
	}
}

// Where the crop reaches outside of the photo the outline runs along the photo's edge; a picture of few pixels has none.
func TestOutline(t *testing.T) {
	m := cam.Map{Height: 7, Width: 7, Values: make([]float32, 49)}
	white := color.RGBA{255, 255, 255, 255}
	im := Overlay(imaging.NewImage(140, 70), cam.Box{MinX: 0, MinY: -35, MaxX: 140, MaxY: 105}, m, 0)
	for _, p := range []image.Point{{0, 30}, {139, 30}, {70, 0}, {70, 69}, {20, 3}, {3, 25}} {
		if im.RGBAAt(p.X, p.Y) != white {
			t.Errorf("%v is %v, want white", p, im.RGBAAt(p.X, p.Y))
		}
	}
	if small := Overlay(imaging.NewImage(40, 30), cam.Box{MaxX: 40, MaxY: 30}, m, 0); small.RGBAAt(0, 15) == white {
		t.Error("a small picture has an outline")
	}
}

// scaleColours counts the pixels of a figure that have the first of the colours.
func scaleColours(f *Panels) int {
	im, n := f.draw(), 0
	for y := range im.Rect.Max.Y {
		for x := range im.Rect.Max.X {
			if im.RGBAAt(x, y) == Colour(0) {
				n++
			}
		}
	}
	return n
}

// A panel has a scale of its own where it asks for one, its largest value at the end.
func TestPanelScale(t *testing.T) {
	for want, f := range map[int]*Panels{
		0: {Panels: []Panel{{Picture: image.NewRGBA(image.Rect(0, 0, 9, 9)), Extent: []string{"max 1"}}}},
		1: {Panels: []Panel{{Picture: image.NewRGBA(image.Rect(0, 0, 9, 9)), Extent: []string{"max 1"}, Scale: true}}},
		2: {Panels: slices.Repeat([]Panel{{Picture: image.NewRGBA(image.Rect(0, 0, 9, 9)), Extent: []string{"max 1", "x"}, Scale: true}}, 2)},
		3: {Panels: slices.Repeat([]Panel{{Picture: image.NewRGBA(image.Rect(0, 0, 9, 9)), Extent: []string{"max 1"}, Scale: true}}, 2), Strongest: "1"},
	} {
		if got := scaleColours(f); got < 12*want || got > 24*want {
			t.Errorf("%d pixels of the first colour, want %d scales", got, want)
		}
	}
}

// Lightness, the grey that a colour is, grows along the scale.
func TestColours(t *testing.T) {
	last := -1.0
	for i, c := range colours() {
		linear := func(v uint8) float64 { return math.Pow(float64(v)/255, 2.2) }
		lightness := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
		if lightness < last-1e-3 {
			t.Errorf("colour %d is darker than the one before", i)
		}
		last = lightness
	}
	if Colour(math.NaN()) != colours()[0] || Colour(-1) != colours()[0] || Colour(7) != colours()[255] {
		t.Error("shares outside of 0 to 1")
	}
}

func TestPanels(t *testing.T) {
	long := strings.Repeat("a very long label ", 20)
	f := &Panels{Strongest: "12.5", Notes: []string{"7×7 map", long}}
	for range MaxPanels {
		f.Panels = append(f.Panels, Panel{Picture: image.NewRGBA(image.Rect(0, 0, 30, 320)), Lines: []string{long, "x"}})
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
