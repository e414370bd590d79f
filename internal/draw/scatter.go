package draw

import (
	"fmt"
	"math"

	"resnet/internal/number"
)

// Scatter is photos as points of a plane, in the colours of their classes.
type Scatter struct {
	Classes []string // with colours of their own, MostColours at most
	Points  []ScatterPoint
	Note    string
}

// ScatterPoint is a photo.
type ScatterPoint struct {
	X, Y  float64
	Class int // in Classes; -1: of another
	Hint  string
	Line  int // of a list, from 1; 0: none
}

// MostColours is how many classes have colours that can be told apart: each hue full, and pale with an edge.
const MostColours = 12

// MostPoints is how many photos a plane has room for.
const MostPoints = 5000

const (
	scatterWidth  = 640.0
	scatterHeight = 440.0
)

// Figure lays it out; both axes have one scale.
func (s Scatter) Figure() *Figure {
	f := &Figure{Title: "Map of the photos", Desc: s.Note, Width: scatterWidth + 2*margin}
	y := s.legend(f, margin)
	area := rect{margin, y, scatterWidth, scatterHeight}
	f.add(&box{rect: area, radius: 4, fill: ink{role: page}, edge: ink{role: fill}})
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, p := range s.Points {
		low, high = point{min(low.x, p.X), min(low.y, p.Y)}, point{max(high.x, p.X), max(high.y, p.Y)}
	}
	const inside = 10.0
	scale := min((area.w-2*inside)/max(high.x-low.x, 1e-9), (area.h-2*inside)/max(high.y-low.y, 1e-9))
	radius := 3.2
	if len(s.Points) > 1000 {
		radius = 2
	}
	for _, p := range s.Points {
		at := point{area.center().x + scale*(p.X-(low.x+high.x)/2), area.center().y - scale*(p.Y-(low.y+high.y)/2)}
		m := dot(p.Class, at, radius)
		m.hint, m.line = p.Hint, p.Line
		f.add(m)
	}
	y = area.bottom() + padding
	for _, text := range faceNote.wrap(s.Note, scatterWidth) {
		f.text(margin, y+faceNote.baseline(), alignLeft, faceNote, ink{role: soft}, text)
		y += faceNote.leading()
	}
	f.Height = y + margin
	return f
}

// dot is a photo of a class in its colour.
func dot(class int, at point, radius float64) *mark {
	switch hues := len(hues) - 1; {
	case class < 0:
		return &mark{at: at, radius: radius, fill: stageInk(edge, -1)}
	case class < hues:
		return &mark{at: at, radius: radius, fill: stageInk(edge, class)}
	default:
		return &mark{at: at, radius: radius - markWidth/2, fill: stageInk(fill, class), edge: stageInk(edge, class)}
	}
}

// legend names the colours, and returns where the figure goes on.
func (s Scatter) legend(f *Figure, y float64) float64 {
	counts := make([]int, len(s.Classes)+1)
	for _, p := range s.Points {
		if p.Class < 0 {
			counts[len(s.Classes)]++
		} else {
			counts[p.Class]++
		}
	}
	x := margin
	for i, n := range counts {
		class, name := i, "other classes"
		switch {
		case i < len(s.Classes):
			name = faceNote.fit(s.Classes[i], nameWidth)
		case n == 0:
			continue
		default:
			class = -1
		}
		text := fmt.Sprintf("%s (%s)", name, number.Thousands(int64(n)))
		width := 12 + faceNote.widest(text)
		if x > margin && x+width > margin+scatterWidth {
			x, y = margin, y+faceNote.leading()+3
		}
		f.add(dot(class, point{x + 4, y + faceNote.leading()/2 + 1}, 4))
		f.text(x+12, y+faceNote.baseline(), alignLeft, faceNote, ink{role: soft}, text)
		x += width + gap
	}
	return y + faceNote.leading() + padding
}
