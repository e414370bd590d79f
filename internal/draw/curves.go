package draw

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/number"
)

// Curves are the errors of networks while they were trained, in panels side by side on one axis, as in figures 1 and 6 of He et
// al. (2015): dashed the training error, solid the test error, the deeper a network the bolder.
type Curves struct {
	Title  []string // in parts
	Panels []CurvePanel
	Notes  []string // below the panels
}

// CurvePanel is the runs of one kind of network.
type CurvePanel struct {
	Title string
	Runs  []Curve
}

// Curve is one run.
type Curve struct {
	Name   string
	Depth  int          // weighted layers
	Points []CurvePoint // in the order of their epochs
}

// CurvePoint is the learning rate of an epoch, counted from 1, and the errors at its end as shares; NaN for none.
type CurvePoint struct {
	Epoch             int
	Rate, Train, Test float64
}

// Sizes of curves.
const (
	curvesWide = 330.0
	curvesHigh = 260.0
)

// curving lays curves out.
type curving struct {
	*Figure
	Curves
	depths []int     // of all runs, in order
	errors []float64 // marks of the axis of errors, in percent
	epochs []float64 // marks of the axis of epochs
}

// Figure lays it out.
func (of Curves) Figure() *Figure {
	c := curving{Figure: &Figure{Title: strings.Join(of.Title, " · ")}, Curves: of}
	last := 1
	var percents []float64
	for _, p := range c.Panels {
		for _, run := range p.Runs {
			c.depths = append(c.depths, run.Depth)
			for _, at := range run.Points {
				last = max(last, at.Epoch)
				percents = append(percents, 100*at.Train, 100*at.Test)
			}
		}
	}
	slices.Sort(c.depths)
	c.depths = slices.Compact(c.depths)
	c.errors, c.epochs = ticks(percents), wholeMarks(last)
	axis := faceNote.widest("100 %") + 10
	left := margin + axis
	next := curvesWide + padding + axis // from one panel to the other
	right := left + float64(len(c.Panels))*next - padding - axis
	y := c.heading(of.Title[0], of.Title[1:], margin, margin, right-margin)
	bottom := y
	for i, p := range c.Panels {
		bottom = max(bottom, c.keys(p, left+float64(i)*next, y))
	}
	for i, p := range c.Panels {
		c.panel(p, rect{left + float64(i)*next, bottom + padding, curvesWide, curvesHigh})
	}
	y = bottom + padding + curvesHigh + axesFoot() + padding
	for _, note := range c.Notes {
		for _, text := range faceNote.wrap(note, right-margin) {
			c.text(margin, y+faceNote.baseline(), alignLeft, faceNote, ink{role: soft}, text)
			y += faceNote.leading()
		}
	}
	c.Width, c.Height = right+margin, y+margin
	c.Desc = of.words()
	return c.Figure
}

// look is how the runs of a depth are drawn.
func (c curving) look(depth int) (width float64, ink ink) {
	return depthWidth(depth, c.depths), stageInk(edge, slices.Index(c.depths, depth))
}

// keys are the head of a panel: its title and what its lines are. It returns where they end.
func (c curving) keys(p CurvePanel, x, y float64) float64 {
	c.text(x, y+faceStrong.baseline(), alignLeft, faceStrong, ink{role: words}, p.Title)
	y += faceStrong.leading() + 4
	for _, run := range p.Runs {
		width, colour := c.look(run.Depth)
		middle := y + faceNote.leading()/2
		if len(run.Points) == 1 {
			c.add(lone(point{x + sampleWidth/4, middle}, width, colour, false, ""))
			c.add(lone(point{x + 3*sampleWidth/4, middle}, width, colour, true, ""))
		} else {
			c.add(&line{points: []point{{x, middle - 2}, {x + sampleWidth, middle - 2}}, width: width, ink: colour})
			c.add(&line{points: []point{{x, middle + 3}, {x + sampleWidth, middle + 3}}, width: width, dash: []float64{4, 3}, ink: colour})
		}
		for _, text := range faceNote.wrap(run.words(), curvesWide-sampleWidth-8) {
			c.text(x+sampleWidth+8, y+faceNote.baseline(), alignLeft, faceNote, ink{role: words}, text)
			y += faceNote.leading()
		}
		y += 2
	}
	return y
}

// lone is an epoch without a neighbour: filled where its line would be solid, hollow where it would be dashed.
func lone(at point, width float64, colour ink, dashed bool, hint string) *mark {
	m := &mark{at: at, radius: width + 0.8, fill: colour, edge: colour, hint: hint}
	if dashed {
		m.fill = ink{role: page}
	}
	return m
}

// words are the run's name and its last errors.
func (r Curve) words() string {
	said := r.Name
	if len(r.Points) == 0 {
		return said
	}
	last := r.Points[len(r.Points)-1]
	for _, part := range []struct {
		name  string
		value float64
	}{{"test", last.Test}, {"training", last.Train}} {
		if number.Finite(part.value) {
			said += fmt.Sprintf(" · %s %.2f %%", part.name, 100*part.value)
		}
	}
	return said
}

// panel draws the axes and the curves of a panel.
func (c curving) panel(p CurvePanel, area rect) {
	a := axes{area, c.epochs, c.errors, "epoch", " %"}
	a.draw(c.Figure)
	var drops []int
	for _, run := range p.Runs {
		drops = append(drops, run.drops()...)
	}
	slices.Sort(drops)
	for _, epoch := range slices.Compact(drops) {
		at := a.x(float64(epoch))
		c.add(&line{points: []point{{at, area.y}, {at, area.bottom()}}, width: 1, dash: []float64{1, 3}, ink: ink{role: faint}, hint: "the learning rate drops"})
	}
	for _, run := range p.Runs {
		width, colour := c.look(run.Depth)
		draw := func(name string, dash []float64, value func(CurvePoint) float64) {
			ways := joined(len(run.Points), func(i int) (float64, point) {
				v := value(run.Points[i])
				return v, point{a.x(float64(run.Points[i].Epoch)), a.y(100 * v)}
			})
			hint := fmt.Sprintf("%s, %s error", run.Name, name)
			for _, way := range ways {
				if len(way) == 1 {
					c.add(lone(way[0], width, colour, dash != nil, hint))
					continue
				}
				c.add(&line{points: way, width: width, dash: dash, ink: colour, hint: hint})
			}
		}
		draw("training", []float64{4, 3}, func(at CurvePoint) float64 { return at.Train })
		draw("test", nil, func(at CurvePoint) float64 { return at.Test })
	}
}

// words say what the picture shows.
func (of Curves) words() string {
	var said []string
	for _, p := range of.Panels {
		for _, run := range p.Runs {
			words := fmt.Sprintf("%s, %s", p.Title, numberOf(len(run.Points), "epoch"))
			if len(run.Points) > 0 {
				words += ": " + run.words()
			}
			said = append(said, words)
		}
	}
	return strings.Join(said, "; ") + "."
}

// drops are the epochs at whose end the learning rate fell to half or less.
func (r Curve) drops() []int {
	var found []int
	for i := 1; i < len(r.Points); i++ {
		if rate, before := r.Points[i].Rate, r.Points[i-1].Rate; rate > 0 && rate <= before/2 && number.Finite(before) {
			found = append(found, r.Points[i-1].Epoch)
		}
	}
	return found
}
