package draw_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"math"
	"strings"
	"testing"

	"resnet/internal/anatomy"
	"resnet/internal/draw"
)

// Plots are the same bytes each time, nothing is cut at their edges, and their text is text.
func TestAnatomy(t *testing.T) {
	p := draw.Anatomy{Title: []string{"a network", strings.Repeat("weights with a long name ", 4), "noise"}}
	for i := range 12 {
		b := anatomy.Block{Path: fmt.Sprintf("layer1.%d", i), Input: 2, Residual: float64(i), Cosine: -0.2, Zeros: 0.5}
		if i == 3 {
			b.Residual = math.NaN()
		}
		b.Responses = []anatomy.Response{{Path: b.Path + ".bn1", Std: 0.3}, {Path: b.Path + ".bn2", Std: math.Inf(1)}}
		p.Blocks = append(p.Blocks, b)
		p.Ablations = append(p.Ablations, anatomy.Ablation{Without: []string{b.Path}, Kept: 0.1})
	}
	for _, format := range draw.PlotFormats() {
		var a, b bytes.Buffer
		if err := errors.Join(p.Write(&a, format), p.Write(&b, format)); err != nil {
			t.Fatal(format, err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: other bytes the second time", format)
		}
		switch format {
		case "svg":
			for _, text := range []string{"<title>a network · weights", "<desc>Along the network: ‖F(x)‖ / ‖x‖; ", "font-family:Liberation Sans,Arial", ">a network", "std of responses", ">layer1.11 <", "prob. without block"} {
				if !strings.Contains(a.String(), text) {
					t.Errorf("the SVG has no %q", text)
				}
			}
		case "png":
			im, err := png.Decode(&a)
			if err != nil {
				t.Fatal(err)
			}
			bounds := im.Bounds()
			for y := range bounds.Max.Y {
				for _, x := range []int{0, bounds.Max.X - 1} {
					if r, g, b, _ := im.At(x, y).RGBA(); r&g&b != 0xffff {
						t.Fatalf("something is cut at %d, %d", x, y)
					}
				}
			}
		}
	}
}
