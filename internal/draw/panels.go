package draw

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/png"
	"io"
	"math"
)

// Panel is a picture with lines below it.
type Panel struct {
	Picture image.Image
	Lines   []string // the first is bold
}

// Panels is panels side by side, and a scale of colours below them.
type Panels struct {
	Panels []Panel
	// Strongest is the value of the last colour; Notes stand beside the scale.
	Strongest string
	Notes     []string
}

// MaxPanels bounds a figure.
const MaxPanels = 26

const (
	panelMargin  = 16
	panelsPerRow = 6
	panelLeading = 18
	scaleWidth   = 160
)

var (
	panelPaper = color.RGBA{255, 255, 255, 255}
	panelWords = color.RGBA{0x1f, 0x23, 0x28, 255}
	panelSoft  = color.RGBA{0x59, 0x63, 0x6e, 255}
)

// WritePNG writes the figure.
func (f *Panels) WritePNG(w io.Writer) error {
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(w, f.draw())
}

// cell is the room of one panel.
func (f *Panels) cell() (width, height, lines int) {
	width = 220 // for the words
	for _, p := range f.Panels {
		size := p.Picture.Bounds().Size()
		width, height, lines = max(width, size.X), max(height, size.Y), max(lines, len(p.Lines))
	}
	return width, height, lines
}

func (f *Panels) draw() *image.RGBA {
	width, height, lines := f.cell()
	columns := min(len(f.Panels), panelsPerRow)
	rows := (len(f.Panels) + panelsPerRow - 1) / panelsPerRow
	rowHeight := height + lines*panelLeading + panelMargin
	total := image.Pt(panelMargin+columns*(width+panelMargin), panelMargin+rows*rowHeight+len(f.Notes)*panelLeading+panelMargin)
	total.X = max(total.X, f.footWidth())
	out := image.NewRGBA(image.Rectangle{Max: total})
	imagedraw.Draw(out, out.Bounds(), image.NewUniform(panelPaper), image.Point{}, imagedraw.Src)
	for i, p := range f.Panels {
		at := image.Pt(panelMargin+(i%panelsPerRow)*(width+panelMargin), panelMargin+(i/panelsPerRow)*rowHeight)
		bounds := p.Picture.Bounds()
		imagedraw.Draw(out, image.Rectangle{at, at.Add(bounds.Size())}, p.Picture, bounds.Min, imagedraw.Src)
		for j, line := range p.Lines {
			ink := panelSoft
			if j == 0 {
				ink = panelWords
			}
			baseline := image.Pt(at.X, at.Y+height+(j+1)*panelLeading-3)
			letters(j == 0).write(out, baseline, ink, letters(j == 0).fit(line, width))
		}
	}
	f.foot(out, image.Pt(panelMargin, panelMargin+rows*rowHeight))
	return out
}

// foot draws the scale of colours and the notes.
func (f *Panels) foot(out *image.RGBA, at image.Point) {
	regular := letters(false)
	x := at.X
	if f.Strongest != "" {
		regular.write(out, image.Pt(x, at.Y+14), panelSoft, "≤ 0")
		x += regular.width("≤ 0") + 6
		for i := range scaleWidth {
			c := Colour(float64(i) / (scaleWidth - 1))
			for y := 3; y < 15; y++ {
				out.SetRGBA(x+i, at.Y+y, c)
			}
		}
		x += scaleWidth + 6
		regular.write(out, image.Pt(x, at.Y+14), panelSoft, f.Strongest)
		x += regular.width(f.Strongest) + 2*panelMargin
	}
	for i, note := range f.Notes {
		regular.write(out, image.Pt(x, at.Y+14+i*panelLeading), panelSoft, note)
	}
}

func (f *Panels) footWidth() int {
	regular := letters(false)
	width := 0
	for _, note := range f.Notes {
		width = max(width, regular.width(note))
	}
	if f.Strongest != "" {
		width += regular.width("≤ 0") + 6 + scaleWidth + 6 + regular.width(f.Strongest) + 2*panelMargin
	}
	return width + 2*panelMargin
}

// Fit is a photo's size such that its longer side is n pixels.
func Fit(size image.Point, n int) image.Point {
	scale := float64(n) / float64(max(size.X, size.Y, 1))
	side := func(v int) int { return max(1, int(math.Round(float64(v)*scale))) }
	return image.Pt(side(size.X), side(size.Y))
}
