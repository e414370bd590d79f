package draw

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"strings"
	"sync"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// lettering is Liberation Sans in the size of a figure's words. It may be used by several goroutines.
type lettering struct {
	mu   sync.Mutex
	face xfont.Face
}

var letterings = sync.OnceValue(func() map[bool]*lettering {
	found := map[bool]*lettering{}
	for bold, font := range fonts() {
		f, err := opentype.NewFace(font.Face, &opentype.FaceOptions{Size: 13, DPI: 72, Hinting: xfont.HintingFull})
		if err != nil {
			panic(err) // the font is part of the binary
		}
		found[bold] = &lettering{face: f}
	}
	return found
})

func letters(bold bool) *lettering { return letterings()[bold] }

func (f *lettering) width(text string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return xfont.MeasureString(f.face, text).Ceil()
}

func (f *lettering) write(dst imagedraw.Image, baseline image.Point, ink color.Color, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := xfont.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: f.face, Dot: fixed.P(baseline.X, baseline.Y)}
	d.DrawString(text)
}

// fit shortens text to a width in pixels.
func (f *lettering) fit(text string, width int) string {
	if f.width(text) <= width {
		return text
	}
	letters := []rune(text)
	for len(letters) > 1 && f.width(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimRight(string(letters), " ") + "…"
}
