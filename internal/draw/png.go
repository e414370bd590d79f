package draw

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// The scales that a PNG may have; MaxPixels bounds it before memory is taken for it.
const (
	MinScale  = 0.25
	MaxScale  = 8.0
	MaxPixels = 150e6
)

// WritePNG writes the figure as PNG of scale pixels a unit. With Auto it is light.
func (f *Figure) WritePNG(w io.Writer, theme Theme, scale float64) error {
	if pixels := f.Width * f.Height * scale * scale; pixels > MaxPixels {
		return fmt.Errorf("a PNG of %.0f×%.0f pixels is too large (at most %d million); take a smaller scale, or SVG",
			f.Width*scale, f.Height*scale, int(MaxPixels/1e6))
	}
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(f.Width), vg.Length(f.Height)), vgimg.UseDPI(int(72*scale)),
		vgimg.UseBackgroundColor(color.Transparent))
	p := &painter{Canvas: c, theme: theme, height: f.Height}
	f.paint(p)
	var picture bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&picture); err != nil {
		return err
	}
	_, err := w.Write(withPNGMark(picture.Bytes()))
	return err
}

// painter paints on a canvas whose origin is at the bottom.
type painter struct {
	*vgimg.Canvas
	theme  Theme
	height float64
}

func (p *painter) point(at point) vg.Point {
	return vg.Point{X: vg.Length(at.x), Y: vg.Length(p.height - at.y)}
}

// paint fills a path and draws its edge.
func (p *painter) paint(path vg.Path, inside, around ink, width float64) {
	if inside.role != noInk {
		p.SetColor(inside.color(p.theme))
		p.Fill(path)
	}
	if around.role != noInk {
		p.SetColor(around.color(p.theme))
		p.SetLineWidth(vg.Length(width))
		p.Stroke(path)
	}
}

func (p *painter) box(b *box) { p.paint(p.path(b.outline(), true), b.fill, b.edge, 1) }

// path is a line of segments and curves.
func (p *painter) path(corners []corner, closed bool) vg.Path {
	var path vg.Path
	for i, c := range corners {
		if i == 0 {
			path.Move(p.point(c.from))
		} else {
			path.Line(p.point(c.from))
		}
		if c.from != c.to {
			first, second := c.bend()
			path.CubeTo(p.point(first), p.point(second), p.point(c.to))
		}
	}
	if closed {
		path.Close()
	}
	return path
}

func (p *painter) line(l *line) {
	var dashes []vg.Length
	for _, d := range l.dash {
		dashes = append(dashes, vg.Length(d))
	}
	p.SetLineDash(dashes, 0)
	p.paint(p.path(l.corners(), false), ink{}, l.ink, l.width)
	p.SetLineDash(nil, 0)
	if l.arrow {
		p.paint(p.path(triangle(l.head()), true), l.ink, ink{}, 0)
	}
}

func (p *painter) mark(m *mark) {
	var path vg.Path
	center := p.point(m.at)
	path.Move(vg.Point{X: center.X + vg.Length(m.radius), Y: center.Y})
	path.Arc(center, vg.Length(m.radius), 0, 2*math.Pi)
	path.Close()
	p.paint(path, m.fill, m.edge, markWidth)
	if m.plus {
		for _, arm := range m.arms() {
			p.paint(p.path(arm, false), ink{}, m.edge, markWidth)
		}
	}
}

func (p *painter) label(l *label) {
	p.SetColor(l.ink.color(p.theme))
	p.FillString(l.face.font(), p.point(point{l.x, l.y}), l.face.drawable(l.text))
}
