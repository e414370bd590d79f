package cam

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
)

// Panel is a picture with lines below it.
type Panel struct {
	Picture image.Image
	Lines   []string // the first is bold
}

// Figure is panels side by side, and a scale of colours below them.
type Figure struct {
	Panels []Panel
	// Strongest is the value of the last colour, in Unit; Notes stand beside the scale.
	Strongest string
	Notes     []string
}

// MaxPanels bounds a figure.
const MaxPanels = 26

const (
	margin   = 16
	perRow   = 6
	leading  = 18
	barWidth = 160
)

var (
	paper = color.RGBA{255, 255, 255, 255}
	words = color.RGBA{0x1f, 0x23, 0x28, 255}
	soft  = color.RGBA{0x59, 0x63, 0x6e, 255}
)

// WritePNG writes the figure.
func (f *Figure) WritePNG(w io.Writer) error {
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(w, f.draw())
}

// cell is the room of one panel.
func (f *Figure) cell() (width, height, lines int) {
	width = 220 // for the words
	for _, p := range f.Panels {
		size := p.Picture.Bounds().Size()
		width, height, lines = max(width, size.X), max(height, size.Y), max(lines, len(p.Lines))
	}
	return width, height, lines
}

func (f *Figure) draw() *image.RGBA {
	width, height, lines := f.cell()
	columns := min(len(f.Panels), perRow)
	rows := (len(f.Panels) + perRow - 1) / perRow
	rowHeight := height + lines*leading + margin
	total := image.Pt(margin+columns*(width+margin), margin+rows*rowHeight+len(f.Notes)*leading+margin)
	total.X = max(total.X, f.footWidth())
	out := image.NewRGBA(image.Rectangle{Max: total})
	draw.Draw(out, out.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for i, p := range f.Panels {
		at := image.Pt(margin+(i%perRow)*(width+margin), margin+(i/perRow)*rowHeight)
		bounds := p.Picture.Bounds()
		draw.Draw(out, image.Rectangle{at, at.Add(bounds.Size())}, p.Picture, bounds.Min, draw.Src)
		for j, line := range p.Lines {
			ink := soft
			if j == 0 {
				ink = words
			}
			baseline := image.Pt(at.X, at.Y+height+(j+1)*leading-3)
			textFace(j == 0).write(out, baseline, ink, textFace(j == 0).fit(line, width))
		}
	}
	f.foot(out, image.Pt(margin, margin+rows*rowHeight))
	return out
}

// foot draws the scale of colours and the notes.
func (f *Figure) foot(out *image.RGBA, at image.Point) {
	regular := textFace(false)
	x := at.X
	if f.Strongest != "" {
		regular.write(out, image.Pt(x, at.Y+14), soft, "≤ 0")
		x += regular.width("≤ 0") + 6
		for i := range barWidth {
			c := Colour(float64(i) / (barWidth - 1))
			for y := 3; y < 15; y++ {
				out.SetRGBA(x+i, at.Y+y, c)
			}
		}
		x += barWidth + 6
		regular.write(out, image.Pt(x, at.Y+14), soft, f.Strongest)
		x += regular.width(f.Strongest) + 2*margin
	}
	for i, note := range f.Notes {
		regular.write(out, image.Pt(x, at.Y+14+i*leading), soft, note)
	}
}

func (f *Figure) footWidth() int {
	regular := textFace(false)
	width := 0
	for _, note := range f.Notes {
		width = max(width, regular.width(note))
	}
	if f.Strongest != "" {
		width += regular.width("≤ 0") + 6 + barWidth + 6 + regular.width(f.Strongest) + 2*margin
	}
	return width + 2*margin
}

// Fit is a photo's size such that its longer side is n pixels.
func Fit(size image.Point, n int) image.Point {
	scale := float64(n) / float64(max(size.X, size.Y, 1))
	side := func(v int) int { return max(1, int(math.Round(float64(v)*scale))) }
	return image.Pt(side(size.X), side(size.Y))
}
