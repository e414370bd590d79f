package cam

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"strings"
	"testing"

	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// The mean of a map and the bias are the logit that the definition of the network gives.
func TestMap(t *testing.T) {
	features := tensor.New(1, 3, 2, 2)
	copy(features.Data, []float32{1, 0, 2, 5, 3, 1, 0, 0, 0, 4, 4, 0})
	h := &Head{Channels: 3, Weight: []float32{9, 9, 9, 2, -1, 0.5}, Bias: []float32{0, 0.25}}
	m := h.Map(features, 1)
	for i, want := range []float32{2*1 - 3, -1 + 0.5*4, 2*2 + 0.5*4, 2 * 5} {
		if m.Values[i] != want {
			t.Errorf("place %d: %v, want %v", i, m.Values[i], want)
		}
	}
	pooled := []float64{8.0 / 4, 4.0 / 4, 8.0 / 4}
	logit := 2*pooled[0] - pooled[1] + 0.5*pooled[2] + 0.25
	if got := m.Mean() + float64(h.Bias[1]); math.Abs(got-logit) > 1e-12 {
		t.Errorf("mean + bias = %v, the logit is %v", got, logit)
	}
	strength := Strength(features)
	if want := math.Sqrt((1 + 9 + 0) / 3.0); math.Abs(float64(strength.Values[0])-want) > 1e-6 {
		t.Errorf("strength %v, want %v", strength.Values[0], want)
	}
}

func TestFindHead(t *testing.T) {
	spec := model.Spec{Block: "basic", Layers: []int{1}, Planes: []int{8}, NumClasses: 5, Input: [3]int{3, 32, 32}}
	g, err := model.Build(spec.Default())
	if err != nil {
		t.Fatal(err)
	}
	h, err := FindHead(g.Graph, random.Weights(g.Graph, 1))
	if err != nil || h.Pool != "avgpool" || h.Linear != "fc" || h.Channels != 8 || len(h.Weight) != 40 || len(h.Bias) != 5 {
		t.Errorf("%+v, %v", h, err)
	}
}

// The colours lie where the network saw them: in the crop, in the map's own places, smoothly between their middles.
func TestOverlay(t *testing.T) {
	photo := imaging.NewImage(100, 60)
	p := imaging.Preprocess{Resize: imaging.Single(30), Crop: imaging.Single(20), Interpolation: imaging.Bilinear}
	steps := p.Steps(imaging.Config{Width: 200, Height: 120, Orientation: 1})
	box := BoxOf(steps, photo.Width, photo.Height)
	if want := (Box{30, 10, 70, 50}); box != want { // resized to 50×30, cut to 20×20 at 15, 5; the photo is twice as large
		t.Fatalf("box %v, want %v", box, want)
	}
	m := Map{Height: 2, Width: 2, Values: []float32{0, 4, -3, 0}}
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
	if at := m.at(1, 0.5); at != 2 {
		t.Errorf("between two places %v, want the mean 2", at)
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

func TestFigure(t *testing.T) {
	long := strings.Repeat("a very long label ", 20)
	f := &Figure{Strongest: "12.5", Notes: []string{"7×7 map", long}}
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
	if got := textFace(true).fit(long, 200); !strings.HasSuffix(got, "…") || textFace(true).width(got) > 200 {
		t.Errorf("%q is %d wide", got, textFace(true).width(got))
	}
}

func TestTerminal(t *testing.T) {
	lines := Blocks(image.NewRGBA(image.Rect(0, 0, 3, 5)))
	if len(lines) != 3 || strings.Count(lines[0], "▀") != 3 || strings.Contains(lines[2], "48;2") {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
	m := Map{Height: 2, Width: 3, Values: []float32{0, 1, 2, 4, -9, float32(math.NaN())}}
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
	for _, c := range []Card{{File: evil, Label: evil, Probability: 0.25, Photo: url, Map: url}, {File: "b", Error: "corrupt"}} {
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
