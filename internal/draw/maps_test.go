package draw

import (
	"bytes"
	"encoding/base64"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
)

// TestMaps: a pixel for each value, where it belongs; 0 is the middle of the scale, what is beyond the strongest has its
// colours, and what is no number has none, as the gaps between maps.
func TestMaps(t *testing.T) {
	nan := float32(math.NaN())
	m := Maps{Height: 1, Width: 2, Values: []float32{0, 4, -4, -9, 2, nan}, Columns: 2, Strongest: 4}
	url, err := PNGURL(m.Picture())
	if err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(url), "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size.X != 5 || size.Y != 3 {
		t.Fatalf("%v, want two maps of 2×1 in a row, and a third below", size)
	}
	none := color.NRGBA{}
	for _, test := range []struct {
		x, y int
		want color.Color
	}{
		{0, 0, Diverging(0)}, {1, 0, Diverging(1)}, {2, 0, none}, {3, 0, Diverging(-1)}, {4, 0, Diverging(-1)},
		{0, 1, none}, {0, 2, Diverging(0.5)}, {1, 2, none}, {3, 2, none},
	} {
		if got := color.NRGBAModel.Convert(picture.At(test.x, test.y)); got != test.want {
			t.Errorf("%d, %d: %v, want %v", test.x, test.y, got, test.want)
		}
	}
	grey := Diverging(0).(color.NRGBA)
	if blue, red := Diverging(-1).(color.NRGBA), Diverging(1).(color.NRGBA); blue.B <= blue.R || red.R <= red.B || grey.R != grey.G || grey.G != grey.B {
		t.Errorf("%v, %v and %v are no scale from blue over grey to red", blue, grey, red)
	}
	if Diverging(math.NaN()) != Diverging(0) {
		t.Error("where all maps are 0 they are not grey")
	}
}

// TestKernels: grey is 0, the strongest value of all kernels is as bright as can be; a place without a number is transparent.
func TestKernels(t *testing.T) {
	inf := float32(math.Inf(1))
	picture := Kernels([]float32{2, 0, -1, 0, 0, 0, 0, inf, 0, 0, 0, -2}, 1, 2, 16)
	for x, want := range map[int]color.NRGBA{
		0: {255, 64, 128, 255}, 1: {128, 128, 128, 255}, 2: {}, 3: {128, 128, 128, 255},
	} {
		if got := picture.NRGBAAt(x, 0); got != want {
			t.Errorf("%d: %v, want %v", x, got, want)
		}
	}
	if a := picture.NRGBAAt(4, 0).A; a != 0 {
		t.Errorf("infinite: alpha %d", a)
	}
	if got := Kernels(make([]float32, 12), 2, 2, 1).NRGBAAt(0, 0); got.R != 128 {
		t.Errorf("kernels of zeros: %v", got)
	}
}

// TestLinks: with links each box of a layer or block leads to its path, and a reader who can't point can reach them.
func TestLinks(t *testing.T) {
	n := builtin(t, "resnet18")
	f, err := Drawing{Nets: []*Net{n}, Expand: true}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	write := func() string {
		var b bytes.Buffer
		if err := f.WriteSVG(&b, Auto); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if svg := write(); strings.Contains(svg, "<a ") || !strings.Contains(svg, `role="img"`) {
		t.Error("links that nobody asked for")
	}
	f.Link = func(path string) string {
		if path == "layer1.0" {
			return ""
		}
		return "#<" + path
	}
	svg := write()
	for path, want := range map[string]int{"conv1": 1, "layer2.0.downsample.0": 1, "layer1.0": 0, "layer1.1": 1, "fc": 1} {
		if got := strings.Count(svg, `<a href="#&lt;`+path+`"><title>`+path); got != want {
			t.Errorf("%s: %d links, want %d", path, got, want)
		}
	}
	if !strings.Contains(svg, `role="group"`) || strings.Count(svg, "<a ") != strings.Count(svg, "</a>") {
		t.Error("the links can't be reached, or are open")
	}
}
