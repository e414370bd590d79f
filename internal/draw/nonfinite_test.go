package draw_test

import (
	"bytes"
	"io"
	"math"
	"testing"

	"resnet/internal/anatomy"
	"resnet/internal/cam"
	"resnet/internal/draw"
	"resnet/internal/imaging"
)

// Figures take NaN, infinities and very large numbers in place of any that they show.
func TestNotNumbers(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64} {
		b := anatomy.Block{Path: "layer1.0", Input: v, Residual: v, Cosine: v, Zeros: v, Responses: []anatomy.Response{{Path: "layer1.0.bn1", Std: v}}}
		p := draw.Anatomy{
			Title: []string{"a network"}, Blocks: []anatomy.Block{b, b}, Stem: []anatomy.Response{{Path: "bn1", Std: v}},
			Ablations: []anatomy.Ablation{{Without: []string{b.Path}, Kept: v, Probability: v}},
		}
		for _, format := range draw.PlotFormats() {
			var out bytes.Buffer
			if err := p.Figure().Write(&out, format, draw.Auto); err != nil || out.Len() == 0 {
				t.Errorf("an anatomy of %v as %s: %d bytes, %v", v, format, out.Len(), err)
			}
		}
		f := float32(v)
		m := cam.Map{Height: 2, Width: 2, Values: []float32{f, 1, f, f}}
		for _, strongest := range []float64{m.Max(), v, 0} {
			im := draw.Overlay(imaging.NewImage(8, 8), cam.Box{MaxX: 8, MaxY: 8}, m, strongest)
			draw.HalfBlocks(im)
			draw.Shades(m, strongest, true)
			figure := draw.Panels{Panels: []draw.Panel{{Picture: im, Lines: []string{"NaN"}}}, Strongest: "NaN"}
			if err := figure.WritePNG(io.Discard); err != nil {
				t.Errorf("maps of %v: %v", v, err)
			}
		}
		if got := m.Max(); math.Abs(v) != math.MaxFloat64 && got != 1 {
			t.Errorf("the largest of a map with %v is %v, want 1", v, got)
		}
	}
}
