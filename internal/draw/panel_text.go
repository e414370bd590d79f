package cam

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// face is Liberation Sans in the size of a figure's words. It may be used by several goroutines.
type face struct {
	mu   sync.Mutex
	face font.Face
}

var faces = sync.OnceValue(func() [2]*face {
	parse := func(data []byte) *face {
		parsed, err := opentype.Parse(data)
		if err != nil {
			panic(err) // the font is part of the binary
		}
		f, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 13, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			panic(err)
		}
		return &face{face: f}
	}
	return [2]*face{parse(liberationsansregular.TTF), parse(liberationsansbold.TTF)}
})

func textFace(bold bool) *face {
	if bold {
		return faces()[1]
	}
	return faces()[0]
}

func (f *face) width(text string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return font.MeasureString(f.face, text).Ceil()
}

func (f *face) write(dst draw.Image, baseline image.Point, ink color.Color, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := font.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: f.face, Dot: fixed.P(baseline.X, baseline.Y)}
	d.DrawString(text)
}

// fit shortens text to a width in pixels.
func (f *face) fit(text string, width int) string {
	if f.width(text) <= width {
		return text
	}
	letters := []rune(text)
	for len(letters) > 1 && f.width(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimRight(string(letters), " ") + "…"
}
