package draw

import (
	"cmp"
	"math"
	"slices"
)

// Figure is a drawing as shapes, in order from back to front, with the origin at the top left. A unit is a pixel of
// SVG and a point of PDF.
type Figure struct {
	Width, Height float64
	Title, Desc   string // for those who cannot see it

	// Link is where the box of a layer or block leads in SVG, by its path; "" is nowhere. Nil: none leads anywhere.
	Link func(path string) string

	shapes []shape
}

// shape is one of *box, *line, *label and *mark.
type shape interface{ bounds() rect }

type point struct{ x, y float64 }

// rect is an upright rectangle.
type rect struct{ x, y, w, h float64 }

func (r rect) right() float64  { return r.x + r.w }
func (r rect) bottom() float64 { return r.y + r.h }
func (r rect) center() point   { return point{r.x + r.w/2, r.y + r.h/2} }

// box is a rectangle with round corners.
type box struct {
	rect
	radius     float64
	fill, edge ink // the zero ink is none
	hint       string
	path       string // of the layer or block that it stands for; "" for none
}

func (b *box) bounds() rect { return b.rect }

// line is a path of straight segments with round corners.
type line struct {
	points []point
	radius float64
	width  float64
	dash   []float64
	ink    ink
	arrow  bool // at its end
	hint   string
}

// arrowLength and arrowWidth are those of an arrow's head.
const arrowLength, arrowWidth = 6.0, 5.5

func (l *line) bounds() rect {
	low, high := l.points[0], l.points[0]
	for _, p := range l.points {
		low = point{min(low.x, p.x), min(low.y, p.y)}
		high = point{max(high.x, p.x), max(high.y, p.y)}
	}
	pad := l.width / 2
	if l.arrow {
		pad = arrowWidth / 2
	}
	return rect{low.x - pad, low.y - pad, high.x - low.x + 2*pad, high.y - low.y + 2*pad}
}

// head is the triangle at the end of an arrow: its tip and the two other corners.
func (l *line) head() [3]point {
	end, from := l.points[len(l.points)-1], l.points[len(l.points)-2]
	dx, dy := unit(end.x-from.x), unit(end.y-from.y)
	base := point{end.x - dx*arrowLength, end.y - dy*arrowLength}
	return [3]point{
		end,
		{base.x - dy*arrowWidth/2, base.y + dx*arrowWidth/2},
		{base.x + dy*arrowWidth/2, base.y - dx*arrowWidth/2},
	}
}

// unit is the direction of an upright or level segment along one axis.
func unit(d float64) float64 {
	switch {
	case d > 0:
		return 1
	case d < 0:
		return -1
	}
	return 0
}

// corner is a point of a path: straight segments lead to from and on from to, with a curve between the two.
type corner struct {
	from, control, to point // all the same where there is no curve
}

// corners rounds the inner points of the line, which ends under its arrow's head.
func (l *line) corners() []corner {
	last := len(l.points) - 1
	corners := make([]corner, 0, len(l.points))
	for i, p := range l.points {
		switch {
		case i == last && l.arrow:
			p = towards(p, l.points[i-1], arrowLength-1)
			fallthrough
		case i == 0 || i == last:
			corners = append(corners, corner{p, p, p})
			continue
		}
		before, after := l.points[i-1], l.points[i+1]
		r := min(l.radius, distance(before, p)/2, distance(p, after)/2)
		corners = append(corners, corner{towards(p, before, r), p, towards(p, after, r)})
	}
	return corners
}

// bend are the control points of the corner's curve as a cubic one, near to a quarter of a circle.
func (c corner) bend() (first, second point) {
	const k = 0.5523
	part := func(p point) point { return point{p.x + k*(c.control.x-p.x), p.y + k*(c.control.y-p.y)} }
	return part(c.from), part(c.to)
}

func distance(a, b point) float64 { return math.Abs(a.x-b.x) + math.Abs(a.y-b.y) } // of upright and level segments

// towards is the point at distance r from p in the direction of q.
func towards(p, q point, r float64) point {
	return point{p.x + unit(q.x-p.x)*r, p.y + unit(q.y-p.y)*r}
}

// mark is a small sign: the fork of a shortcut, the add at its end, or a photo.
type mark struct {
	at     point
	radius float64
	plus   bool
	fill   ink
	edge   ink
	hint   string
	line   int // of a list, that it stands for, from 1; 0: none
}

func (m *mark) bounds() rect {
	return rect{m.at.x - m.radius, m.at.y - m.radius, 2 * m.radius, 2 * m.radius}
}

// canvas is what a figure's shapes are painted on: SVG, PNG or PDF.
type canvas interface {
	box(*box)
	line(*line)
	mark(*mark)
	label(*label)
}

// paint paints all shapes, the ones behind first.
func (f *Figure) paint(c canvas) {
	for _, shape := range f.ordered() {
		switch shape := shape.(type) {
		case *box:
			c.box(shape)
		case *line:
			c.line(shape)
		case *mark:
			c.mark(shape)
		case *label:
			c.label(shape)
		}
	}
}

// ordered are the shapes from back to front.
func (f *Figure) ordered() []shape {
	shapes := append([]shape{&box{rect: rect{0, 0, f.Width, f.Height}, radius: 8, fill: ink{role: page}}}, f.shapes...)
	slices.SortStableFunc(shapes[1:], func(a, b shape) int { return cmp.Compare(depth(a), depth(b)) })
	return shapes
}

// depth is how far in front a shape lies: lines behind boxes, text before all.
func depth(s shape) int {
	switch s := s.(type) {
	case *box:
		switch s.fill.role {
		case band:
			return 0
		case panel:
			return 1
		}
		return 3
	case *line:
		return 2
	case *mark:
		return 4
	}
	return 5
}

// label is a line of text.
type label struct {
	text string
	face face
	x, y float64 // of the left end of the baseline
	ink  ink

	width float64 // as measured
}

func (l *label) bounds() rect {
	return rect{l.x, l.y - l.face.ascent(), math.Ceil(l.width), l.face.ascent() + l.face.descent()}
}

// markWidth is that of a mark's lines.
const markWidth = 1.4

// arms are the two lines of a plus.
func (m *mark) arms() [2][]corner {
	arm := m.radius - 3
	at := func(x, y float64) corner {
		p := point{m.at.x + x, m.at.y + y}
		return corner{p, p, p}
	}
	return [2][]corner{{at(-arm, 0), at(arm, 0)}, {at(0, -arm), at(0, arm)}}
}

// outline is the way around a box.
func (b *box) outline() []corner {
	r := min(b.radius, b.w/2, b.h/2)
	corners := []point{{b.x, b.y}, {b.right(), b.y}, {b.right(), b.bottom()}, {b.x, b.bottom()}}
	var way []corner
	for i, p := range corners {
		before, after := corners[(i+3)%4], corners[(i+1)%4]
		way = append(way, corner{towards(p, before, r), p, towards(p, after, r)})
	}
	return way
}

// triangle is three points as a way.
func triangle(points [3]point) []corner {
	var way []corner
	for _, p := range points {
		way = append(way, corner{p, p, p})
	}
	return way
}

func (f *Figure) add(s shape) { f.shapes = append(f.shapes, s) }

// align is where text stands from a point.
type align int

const (
	alignLeft align = iota
	alignCenter
	alignRight
)

// text adds a line of text whose baseline is at y.
func (f *Figure) text(x, y float64, a align, face face, ink ink, text string) {
	if text == "" {
		return
	}
	width := face.width(text)
	switch a {
	case alignCenter:
		x -= math.Floor(math.Ceil(width) / 2)
	case alignRight:
		x -= math.Ceil(width)
	}
	f.add(&label{text: text, face: face, x: x, y: y, ink: ink, width: width})
}

// lines adds lines of text centred in r.
func (f *Figure) lines(r rect, face face, ink ink, lines []string) {
	leading := face.leading()
	y := r.y + math.Floor((r.h-leading*float64(len(lines)))/2) + face.baseline()
	for i, text := range lines {
		f.text(r.center().x, y+leading*float64(i), alignCenter, face, ink, text)
	}
}
