package draw

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet/internal/anatomy"
)

// anatomyOf is one of blocks in stages, with what a run may bring: no numbers, and values far from the others.
func anatomyOf(stages ...int) Anatomy {
	a := Anatomy{
		Title:     []string{"a network", strings.Repeat("weights with a long name ", 4), "photo.jpg"},
		Caution:   "random weights: the shapes of these curves mean nothing",
		Stem:      []anatomy.Response{{Path: "bn1", Std: 0.4}},
		Ablations: []anatomy.Ablation{{Kept: 0.625}},
	}
	for stage, n := range stages {
		for i := range n {
			b := anatomy.Block{Path: fmt.Sprintf("layer%d.%d", stage+1, i), Stage: stage, Input: 2, Residual: float64(i + stage), Cosine: -0.2, Zeros: 0.5}
			if i == 1 {
				b.Residual, b.Cosine = math.NaN(), 0.99
			}
			b.Responses = []anatomy.Response{{Path: b.Path + ".bn1", Std: 0.3 * float64(i)}, {Path: b.Path + ".bn2", Std: math.Inf(1)}}
			a.Blocks = append(a.Blocks, b)
			a.Ablations = append(a.Ablations, anatomy.Ablation{Without: []string{b.Path}, Kept: 0.1 * float64(i%2)})
		}
	}
	return a
}

// TestAnatomyLayout: nothing overlaps or is cut, from a network of one block to one of 600.
func TestAnatomyLayout(t *testing.T) {
	for _, stages := range [][]int{{1}, {3, 4, 6, 3}, {2, 2, 2, 2}, {9, 9, 9}, {3, 8, 36, 3}, {200, 200, 200}, {1, 1, 1, 1, 1, 1, 1, 1}} {
		a := anatomyOf(stages...)
		for range 2 {
			f := a.Figure()
			for _, problem := range f.problems() {
				t.Errorf("stages of %v blocks: %s", stages, problem)
			}
			if f.Width < plotLeast {
				t.Errorf("stages of %v blocks: %v wide", stages, f.Width)
			}
			a.Stem, a.Ablations, a.Caution = nil, nil, ""
		}
	}
}

// TestAnatomyNames: the stem and each stage have their names, however few narrow blocks they have.
func TestAnatomyNames(t *testing.T) {
	for _, stages := range [][]int{{2, 2, 2, 2}, {3, 4, 6, 3}, {3, 4, 23, 3}, {3, 8, 36, 3}, {9, 9, 9}, {18, 18, 18}, {200, 200, 200}} {
		f := anatomyOf(stages...).Figure()
		want := []string{"stem"}
		for i := range stages {
			want = append(want, fmt.Sprintf("layer%d", i+1))
		}
		for _, name := range want {
			if !slices.ContainsFunc(f.shapes, func(s shape) bool { l, ok := s.(*label); return ok && l.text == name }) {
				t.Errorf("stages of %v blocks: no name %q", stages, name)
			}
		}
	}
}

// TestAnatomy: plots are the same bytes each time, and SVG has its words as words.
func TestAnatomy(t *testing.T) {
	p := anatomyOf(12)
	for _, format := range PlotFormats() {
		for _, theme := range []Theme{Auto, Light, Dark} {
			var a, b bytes.Buffer
			if err := errors.Join(p.Figure().Write(&a, format, theme), p.Figure().Write(&b, format, theme)); err != nil {
				t.Fatal(format, err)
			}
			if !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Errorf("%s: other bytes the second time", format)
			}
			if format != "svg" {
				continue
			}
			for _, text := range []string{
				">a network · weights", ">random weights: the shapes of these curves mean nothing. Along the network: ‖F(x)‖ / ‖x‖: how large",
				">a network<", ">random weights: the shapes of these curves mean nothing<", ">‖F(x)‖ / ‖x‖<", "dashed: F(x) as large as x<",
				">Responses<", "12 values infinite", ">Probability without a block<", "dashed: with all blocks<", ">0.0 %<", ">layer1<", ">11<", ">stem<",
			} {
				if !strings.Contains(a.String(), text) {
					t.Errorf("the SVG has no %q", text)
				}
			}
			if dark := strings.Contains(a.String(), "prefers-color-scheme: dark"); dark != (theme == Auto) {
				t.Errorf("theme %s: asks its reader: %v", theme, dark)
			}
		}
	}
}
