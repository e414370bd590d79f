package draw

import (
	"math"
	"strings"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Figures are set in Liberation Sans. Arial and Helvetica, which have the same widths, stand in for it in SVG.
const fontFamily = "Liberation Sans, Arial, Helvetica, sans-serif"

// face is a font at a size.
type face struct {
	size float64
	bold bool
}

// The faces of a figure.
var (
	faceTitle  = face{20, true}
	faceHead   = face{14, true}
	faceBox    = face{12, false}
	faceStrong = face{12, true}
	faceNote   = face{11, false}
)

// fonts parses the two fonts once they are needed.
var fonts = sync.OnceValue(func() map[bool]font.Face {
	parse := func(data []byte, weight xfont.Weight) font.Face {
		parsed, err := opentype.Parse(data)
		if err != nil {
			panic(err) // the font is part of the binary
		}
		return font.Face{Font: font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight}, Face: parsed}
	}
	return map[bool]font.Face{
		false: parse(liberationsansregular.TTF, xfont.WeightNormal),
		true:  parse(liberationsansbold.TTF, xfont.WeightBold),
	}
})

func (f face) font() font.Face {
	font := fonts()[f.bold]
	font.Font.Size = vg.Length(f.size)
	return font
}

// width measures text.
func (f face) width(text string) float64 {
	font := f.font()
	return font.Width(text).Points()
}

// ascent and descent are how far glyphs reach from the baseline.
func (f face) ascent() float64  { return f.size * 0.905 }
func (f face) descent() float64 { return f.size * 0.212 }

// leading is the distance of lines, baseline that of a baseline from the top of its line.
func (f face) leading() float64  { return math.Round(f.size * 1.25) }
func (f face) baseline() float64 { return math.Round(f.size * 0.97) }

// drawable is text without the characters that the font lacks, for canvases that bring no other font.
func (f face) drawable(text string) string {
	var buffer sfnt.Buffer
	return strings.Map(func(r rune) rune {
		if index, err := f.font().Face.GlyphIndex(&buffer, r); err != nil || index == 0 {
			return '?'
		}
		return r
	}, text)
}

// wrap breaks words into lines no wider than width. A word that is wider itself is broken anywhere.
func (f face) wrap(text string, width float64) []string {
	var lines []string
	for word := range strings.FieldsSeq(text) {
		if last := len(lines) - 1; last >= 0 && f.width(lines[last]+" "+word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, f.split(word, width)...)
	}
	return lines
}

// split breaks a word that is wider than width.
func (f face) split(word string, width float64) []string {
	var lines []string
	start := 0
	for i := range word {
		if i > start && f.width(word[start:i+1]) > width {
			lines = append(lines, word[start:i])
			start = i
		}
	}
	return append(lines, word[start:])
}

// widest measures the widest of some texts.
func (f face) widest(texts ...string) float64 {
	width := 0.0
	for _, text := range texts {
		width = max(width, math.Ceil(f.width(text)))
	}
	return width
}
