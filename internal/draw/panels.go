package draw

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/png"
	"io"
	"math"
	"slices"

	"resnet/internal/imaging"
)

// Panel is a picture with lines below it.
type Panel struct {
	Picture image.Image
	Lines   []string // the first is bold
	// Scale asks for the panel's own scale of colours, with the first of Extent at its end; the rest are lines below.
	Scale  bool
	Extent []string
}

// Panels is panels side by side.
type Panels struct {
	Panels    []Panel
	Strongest string   // of one scale for all panels, at the foot; "" for none
	Notes     []string // stand beside it
}

// MaxPanels bounds a figure.
const MaxPanels = 26

const (
	panelMargin  = 16
	panelsPerRow = 6
	panelLeading = 18
	scaleWidth   = 160 // of the scale at the foot
	ownScale     = 110 // of that of a panel
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
		width, height, lines = max(width, size.X), max(height, size.Y), max(lines, len(p.Lines)+len(p.Extent))
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
		for j, line := range slices.Concat(p.Lines, p.Extent) {
			below := image.Pt(at.X, at.Y+height+j*panelLeading)
			if p.Scale && j == len(p.Lines) {
				drawScale(out, below, ownScale, line)
				continue
			}
			ink := panelSoft
			if j == 0 {
				ink = panelWords
			}
			letters(j == 0).write(out, below.Add(image.Pt(0, panelLeading-3)), ink, letters(j == 0).fit(line, width))
		}
	}
	f.foot(out, image.Pt(panelMargin, panelMargin+rows*rowHeight))
	return out
}

// foot draws the scale of all panels, and the notes.
func (f *Panels) foot(out *image.RGBA, at image.Point) {
	if f.Strongest != "" {
		drawScale(out, at, scaleWidth, f.Strongest)
		at.X += scaleRoom(scaleWidth, f.Strongest) + 2*panelMargin
	}
	for i, note := range f.Notes {
		letters(false).write(out, image.Pt(at.X, at.Y+14+i*panelLeading), panelSoft, note)
	}
}

func (f *Panels) footWidth() int {
	width := 0
	for _, note := range f.Notes {
		width = max(width, letters(false).width(note))
	}
	if f.Strongest != "" {
		width += scaleRoom(scaleWidth, f.Strongest) + 2*panelMargin
	}
	return width + 2*panelMargin
}

const (
	weakest  = "≤ 0"
	scaleGap = 6 // between the colours and the words at both ends
)

// drawScale draws the colours from 0 to strongest, n pixels wide, with their meaning at both ends.
func drawScale(out *image.RGBA, at image.Point, n int, strongest string) {
	regular := letters(false)
	regular.write(out, image.Pt(at.X, at.Y+14), panelSoft, weakest)
	x := at.X + regular.width(weakest) + scaleGap
	for i := range n {
		c := Colour(float64(i) / float64(n-1))
		for y := 3; y < 15; y++ {
			out.SetRGBA(x+i, at.Y+y, c)
		}
	}
	regular.write(out, image.Pt(x+n+scaleGap, at.Y+14), panelSoft, strongest)
}

// scaleRoom is how wide drawScale draws.
func scaleRoom(n int, strongest string) int {
	return letters(false).width(weakest) + n + 2*scaleGap + letters(false).width(strongest)
}

// Thumbnail is the preprocessing that makes a photo of that size one whose longer side is n pixels, all of it.
func Thumbnail(size image.Point, n int) imaging.Preprocess {
	scale := float64(n) / float64(max(size.X, size.Y, 1))
	side := func(v int) int { return max(1, int(math.Round(float64(v)*scale))) }
	return imaging.Preprocess{Resize: imaging.Size{Height: side(size.Y), Width: side(size.X)}, Interpolation: imaging.Bilinear}
}
