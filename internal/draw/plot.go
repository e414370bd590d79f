package draw

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/number"
)

// plot is panels one above the other that share an axis along a network, cut into slots: its blocks, or its layers.
type plot struct {
	title   []string // in parts; the first is the network
	caution string   // what is to be known before reading it; "" for nothing
	panels  []plotPanel
	slots   int
	stages  []stageSpan
	stem    bool             // a slot for it stands before the first
	number  func(int) string // what stands below a slot; nil: nothing
	least   float64          // width of a slot
}

// plotPanel is one of the panels.
type plotPanel struct {
	label, meaning string
	points         []plotPoint
	bars           bool
	top            float64 // of values that are shares: where they end
	mark           *markLine
}

// markLine is a dashed line across a panel.
type markLine struct {
	at      float64
	meaning string
}

// plotPoint is a value at a place along the network, counted in slots: the first one's middle is at 0.5.
type plotPoint struct {
	at, value float64
	stage     int
	hint      string // for the reader who points at its bar; "" for none
}

// Sizes of a plot.
const (
	plotLeast  = 640.0 // width of the panels together with their axis
	plotHeight = 96.0
	plotGap    = 18.0 // between a panel and the next one's words
	plotScale  = 2    // of PNG, in pixels a unit
)

// plotting lays panels out.
type plotting struct {
	*Figure
	plot
	left, slot float64 // where the first slot begins, and how wide one is
}

// stageSpan are the slots of a stage.
type stageSpan struct {
	name        string
	stage       int
	first, last int // indices of slots, the last one included
}

// figure lays it out.
func (of plot) figure() *Figure {
	p := plotting{Figure: &Figure{}, plot: of}
	axis := 0.0
	for _, panel := range p.panels {
		words, _ := tickWords(panel.ticks())
		axis = max(axis, faceNote.widest(words...)+8)
	}
	before := 0.0 // slots of the stem
	if p.stem {
		before = 1
	}
	p.slot = max(p.least, math.Floor((plotLeast-axis)/max(1, before+float64(p.slots))))
	p.left = margin + axis + before*p.slot
	right := p.left + p.slot*float64(p.slots)
	p.Figure.Title = strings.Join(p.title, " · ")
	y := p.heading(p.title[0], p.title[1:], margin, margin, right-margin)
	y = p.warning(p.caution, y, right-margin)
	var said []string
	for _, panel := range p.panels {
		y = p.panel(panel, y, margin+axis, right) + plotGap
		said = append(said, panel.label+": "+panel.meaning)
	}
	p.Desc = "Along the network: " + strings.Join(said, "; ") + "."
	if p.caution != "" {
		p.Desc = p.caution + ". " + p.Desc
	}
	y = p.names(y - plotGap)
	p.Width, p.Height = right+margin, y+margin
	return p.Figure
}

// warning is a bar across the figure's head; "" is none.
func (f *Figure) warning(caution string, y, width float64) float64 {
	if caution == "" {
		return y
	}
	lines := faceStrong.wrap(caution, width-16)
	at := rect{margin, y, width, faceStrong.leading()*float64(len(lines)) + 8}
	rose := stageInk(noInk, 4).hue
	f.add(&box{rect: at, radius: 4, fill: ink{fill, rose}})
	f.lines(at, faceStrong, ink{title, rose}, lines)
	return at.bottom() + padding
}

// x is a place along the network.
func (p plotting) x(at float64) float64 { return p.left + at*p.slot }

// ticks are the marks of the panel's axis, which has a value. One of shares ends at 1, unless values lie beyond.
func (p plotPanel) ticks() []float64 {
	var values []float64
	for _, point := range p.points {
		values = append(values, point.value)
	}
	if p.mark != nil {
		values = append(values, p.mark.at)
	}
	if p.top == 0 {
		return ticks(values)
	}
	marks := ticks(append(values, p.top))
	if last := len(marks) - 2; slices.Max(finite(values)) <= p.top && marks[last] >= p.top {
		marks = marks[:last+1]
	}
	return marks
}

// finite are the values that are numbers.
func finite(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !number.Finite(v) })
}

// panel draws one panel from y on, and returns where it ends.
func (p plotting) panel(panel plotPanel, y, left, right float64) float64 {
	marks := panel.ticks()
	numbers, power := tickWords(marks)
	y = p.explained(panel, powerWords(power), y, right-margin)
	low, high := marks[0], marks[len(marks)-1]
	area := rect{left, y, right - left, plotHeight}
	height := func(v float64) float64 { return area.bottom() - area.h*(v-low)/(high-low) }
	for _, s := range p.stages {
		x := p.x(float64(s.first))
		p.add(&box{rect: rect{x, y, p.x(float64(s.last+1)) - x, area.h}, fill: stageInk(band, s.stage)})
	}
	for i, text := range numbers {
		at := height(marks[i])
		grid := line{points: []point{{left, at}, {right, at}}, width: 1, ink: ink{role: fill}}
		if marks[i] == 0 {
			grid.ink = ink{role: faint}
		}
		p.add(&grid)
		p.text(left-6, at+faceNote.size*0.35, alignRight, faceNote, ink{role: soft}, text)
	}
	inside := func(v float64) float64 { return height(min(max(v, low), high)) }
	if panel.bars {
		for _, point := range panel.points {
			if number.Finite(point.value) {
				p.bar(point, inside(0), inside(point.value))
				p.vanished(panel, point, inside(0), inside(point.value))
			}
		}
	} else {
		p.curve(panel.points, inside)
	}
	if panel.mark != nil {
		at := inside(panel.mark.at)
		p.add(&line{points: []point{{left, at}, {right, at}}, width: 1.2, dash: []float64{4, 3}, ink: ink{role: words}})
	}
	return area.bottom()
}

// explained is what stands above a panel: its name, the unit of its ticks where they have one, and what it shows.
func (p plotting) explained(panel plotPanel, unit string, y, width float64) float64 {
	name := panel.label
	if unit != "" {
		name += ", " + unit
	}
	meaning := panel.meaning
	if panel.mark != nil {
		meaning += "; dashed: " + panel.mark.meaning
	}
	missing := 0
	for _, point := range panel.points {
		if math.IsInf(point.value, 0) {
			missing++
		}
	}
	if missing > 0 {
		meaning += fmt.Sprintf("; %s infinite", numberOf(missing, "value"))
	}
	p.text(margin, y+faceStrong.baseline(), alignLeft, faceStrong, ink{role: words}, name)
	x := margin + faceStrong.widest(name) + 8
	for _, text := range faceNote.wrap(meaning, width-(x-margin)) {
		p.text(x, y+faceStrong.baseline(), alignLeft, faceNote, ink{role: soft}, text)
		y += faceStrong.leading()
	}
	return y + 9
}

// bar stands on the line of 0. It is a stroke, so that it lies behind the dashed line.
func (p plotting) bar(of plotPoint, zero, top float64) {
	x := p.x(of.at)
	p.add(&line{points: []point{{x, zero}, {x, top}}, width: min(26, max(2, p.slot*0.62)), ink: stageInk(edge, of.stage), hint: of.hint})
}

// vanished writes a share above a bar that is too low to be seen, where there is room for it.
func (p plotting) vanished(panel plotPanel, at plotPoint, zero, top float64) {
	const seen = 2.0
	words := fmt.Sprintf("%.1f %%", 100*at.value)
	if panel.top == 1 && at.value >= 0 && zero-top < seen && faceNote.widest(words) < p.slot {
		p.text(p.x(at.at), top-4, alignCenter, faceNote, ink{role: soft}, words)
	}
}

// curve joins finite neighbours, with a dot for each.
func (p plotting) curve(points []plotPoint, height func(float64) float64) {
	place := func(one plotPoint) point { return point{p.x(one.at), height(one.value)} }
	for _, way := range joined(len(points), func(i int) (float64, point) { return points[i].value, place(points[i]) }) {
		if len(way) > 1 {
			p.add(&line{points: way, width: 1.2, ink: ink{role: soft}})
		}
	}
	radius := min(2.6, max(1.2, p.slot*0.1))
	for _, one := range points {
		if number.Finite(one.value) {
			p.add(&mark{at: place(one), radius: radius, fill: stageInk(edge, one.stage)})
		}
	}
}

// names is the one axis along the network: each slot's number in its stage, where there is room for it, and the stages.
func (p plotting) names(y float64) float64 {
	first := y + 3 + faceNote.baseline()
	second := first
	if p.number != nil {
		second += faceNote.leading()
	}
	var names []axisName
	if p.stem {
		width := faceNote.widest("stem")
		middle := p.x(-0.5)
		names = append(names, axisName{"stem", faceNote, -1, min(middle, p.x(0)-width/2), middle, width})
	}
	for _, s := range p.stages {
		every := int(math.Ceil((faceNote.widest(strconv.Itoa(s.last-s.first)) + 4) / p.slot))
		for i := s.first; i <= s.last && p.number != nil; i += every {
			p.text(p.x(float64(i)+0.5), first, alignCenter, faceNote, ink{role: soft}, p.number(i))
		}
		middle := p.x(float64(s.first+s.last+1) / 2)
		names = append(names, axisName{s.name, faceStrong, s.stage, middle, middle, faceStrong.widest(s.name)})
	}
	for _, n := range spread(names, margin, p.x(float64(p.slots))) {
		p.text(n.at, second, alignCenter, n.face, stageInk(title, n.stage), n.text)
	}
	return second + faceNote.descent()
}

// axisName is a word below a part of the axis.
type axisName struct {
	text  string
	face  face
	stage int
	at    float64 // its own middle
	of    float64 // that of what it names
	width float64
}

// spread moves names that are wider than what they name beside each other, from left to right. One that would no longer
// stand below what it names is left out.
func spread(names []axisName, left, right float64) []axisName {
	const between = 5.0
	fits := func(n axisName) bool { return math.Abs(n.at-n.of) <= n.width/2 }
	end := left
	var placed []axisName
	for _, n := range names {
		n.at = max(n.at, end+n.width/2)
		if !fits(n) {
			continue
		}
		placed = append(placed, n)
		end = n.at + n.width/2 + between
	}
	for i, n := range slices.Backward(placed) {
		placed[i].at = min(n.at, right-n.width/2)
		right = placed[i].at - n.width/2 - between
	}
	return slices.DeleteFunc(placed, func(n axisName) bool { return !fits(n) })
}
