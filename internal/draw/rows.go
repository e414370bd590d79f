package draw

import (
	"math"

	"resnet/internal/number"
)

// rows lays one network out as a chain that runs from left to right, a band for each part below the last.
type rows struct {
	fig    *Figure
	net    *Net
	expand bool
	limit  float64 // of a line of the chain

	boxWidth, outerWidth float64 // of the layers in blocks, and of those outside
}

const (
	rowsLabel    = 138.0 // column of the parts' names
	rowsLeast    = 612.0 // least limit of a line
	rowsLead     = 22.0  // before a line's first piece, room for the arrow into it
	rowsLineGap  = 20.0  // between lines of one band
	rowsMaxScale = 1.5   // of boxes, to fill the lines
)

// piece is a part of the chain: it lies on an axis, and knows its size before it is drawn.
type piece struct {
	width, above, below float64
	inset, outset       float64 // how far inside of it the arrow from the last piece ends, the one to the next begins
	// draw draws the piece from x on, as high above and below the axis as its whole line is.
	draw func(x, axis, above, below float64)
}

// pieces are a line of the chain.
type pieces []piece

func (p pieces) width() float64 {
	w := gap * float64(len(p)-1)
	for _, one := range p {
		w += one.width
	}
	return w
}

func (p pieces) extent() (above, below float64) {
	for _, one := range p {
		above, below = max(above, one.above), max(below, one.below)
	}
	return above, below
}

// drawRows draws one network.
func drawRows(n *Net, expand bool) *Figure {
	r := &rows{fig: &Figure{Title: "The residual network " + n.title, Desc: n.describe()}, net: n, expand: expand}
	r.measure()

	width := 0.0
	bands := make([][]pieces, len(n.parts))
	for i, p := range n.parts {
		bands[i] = r.broken(p)
		for _, line := range bands[i] {
			width = max(width, line.width())
		}
	}
	inner := rowsLabel + rowsLead + width + padding + gap
	y := r.fig.heading(n.title, n.subtitle(), margin, margin, inner)
	exit := point{} // where the chain left the last line
	for i, p := range n.parts {
		y, exit = r.band(p, bands[i], rect{margin, y, inner, 0}, exit)
		y += bandGap
	}
	y = r.fig.legend([]*Net{n}, rect{margin, y - 4, inner, 0})
	r.fig.Width, r.fig.Height = inner+2*margin, y+margin
	return r.fig
}

// measure finds one width for the boxes of all layers in blocks: the least that holds their words, or more where that
// fills the lines better.
func (r *rows) measure() {
	for _, p := range r.net.parts {
		for _, l := range p.layers {
			r.outerWidth = max(r.outerWidth, leastWidth(l))
		}
		for _, b := range p.blocks {
			for _, l := range b.branch {
				r.boxWidth = max(r.boxWidth, leastWidth(l))
			}
		}
	}
	least := r.boxWidth
	r.limit = rowsLeast
	lines, widest := r.extent()
	r.limit = max(r.limit, widest) // a block is never broken
	for w := math.Floor(least * rowsMaxScale); w > least; w-- {
		r.boxWidth = w
		if n, wide := r.extent(); n <= lines && wide <= r.limit {
			return
		}
	}
	r.boxWidth = least
}

// leastWidth is that of a layer's box, with its shape below.
func leastWidth(l layer) float64 {
	w, _ := boxSize(l.lines())
	return max(w, faceNote.widest(shapeWords(l.Output))+6)
}

// extent counts the lines and measures the widest.
func (r *rows) extent() (lines int, widest float64) {
	for _, p := range r.net.parts {
		for _, line := range r.broken(p) {
			lines++
			widest = max(widest, line.width())
		}
	}
	return lines, widest
}

// broken are a part's pieces in lines.
func (r *rows) broken(p part) []pieces {
	var lines []pieces
	for _, one := range r.pieces(p) {
		last := len(lines) - 1
		if last >= 0 && append(lines[last], one).width() <= r.limit {
			lines[last] = append(lines[last], one)
			continue
		}
		lines = append(lines, pieces{one})
	}
	return lines
}

// pieces are those of a part.
func (r *rows) pieces(p part) []piece {
	var all []piece
	if p.Name == "stem" {
		all = append(all, r.terminal("input", shapeWords(p.In)))
	}
	for _, l := range p.layers {
		all = append(all, r.layer(l))
	}
	for _, run := range p.runs(r.expand) {
		all = append(all, r.block(run))
	}
	if p.Name == "head" {
		all = append(all, r.terminal("output", shapeWords(p.Out)))
	}
	return all
}

// terminal is where the chain begins or ends.
func (r *rows) terminal(name, shape string) piece {
	lines := []string{name, shape}
	w, h := boxSize(lines)
	w = max(w+6, r.outerWidth)
	return piece{width: w, above: h / 2, below: h / 2, draw: func(x, axis, _, _ float64) {
		at := rect{x, axis - h/2, w, h}
		r.fig.add(&box{rect: at, radius: h / 2, fill: ink{role: page}, edge: ink{role: soft}})
		r.fig.lines(at, faceBox, ink{role: words}, lines)
	}}
}

// layer is a layer outside of blocks, with the shape of its output below.
func (r *rows) layer(l layer) piece {
	_, h := boxSize(l.lines())
	return piece{width: r.outerWidth, above: h / 2, below: h/2 + shapeLine, draw: func(x, axis, _, _ float64) {
		at := rect{x, axis - h/2, r.outerWidth, h}
		r.fig.layerBox(at, l, -1)
		r.fig.shapeBelow(at, shapeWords(l.Output))
	}}
}

// shapeBelow writes a shape under a box.
func (f *Figure) shapeBelow(r rect, shape string) {
	f.text(r.center().x, r.bottom()+faceNote.baseline()+1, alignCenter, faceNote, ink{role: soft}, shape)
}

// band draws a part in lines. The chain enters from exit, the end of the part before.
func (r *rows) band(p part, lines []pieces, at rect, exit point) (bottom float64, end point) {
	notes := p.notes(rowsLabel - padding - 2)
	height := -rowsLineGap
	for _, line := range lines {
		above, below := line.extent()
		height += above + below + rowsLineGap
	}
	labels := faceHead.leading() + faceNote.leading()*float64(len(notes))
	at.h = max(height, labels) + 2*padding

	r.fig.add(&box{rect: at, radius: 8, fill: stageInk(band, p.Stage)})
	y := at.y + padding + faceHead.baseline()
	r.fig.text(at.x+padding, y, alignLeft, faceHead, stageInk(title, p.Stage), p.Name)
	for i, note := range notes {
		r.fig.text(at.x+padding, y+faceNote.leading()*float64(i+1)+1, alignLeft, faceNote, ink{role: soft}, note)
	}

	y = at.y + math.Floor((at.h-height)/2)
	between := at.y - bandGap/2
	for _, line := range lines {
		above, below := line.extent()
		axis := y + above
		x := at.x + rowsLabel + rowsLead
		if exit != (point{}) {
			r.fig.turn(exit, point{x + line[0].inset, axis}, between, x-gap)
		}
		exit = r.line(line, x, axis, above, below)
		y = axis + below + rowsLineGap
		between = axis + below + rowsLineGap/2
	}
	return at.bottom(), exit
}

// turn leads the chain from the end of one line to the start of the next, along the space between
// them and down at left.
func (f *Figure) turn(from, to point, between, left float64) {
	right := from.x + 1.5*gap
	f.arrow(from, point{right, from.y}, point{right, between}, point{left, between}, point{left, to.y}, to)
}

// line draws pieces and the arrows between them, and returns where the chain leaves the last.
func (r *rows) line(line pieces, x, axis, above, below float64) point {
	from := 0.0
	for i, one := range line {
		one.draw(x, axis, above, below)
		if i > 0 {
			r.fig.arrow(point{from, axis}, point{x + one.inset, axis})
		}
		from = x + one.width - one.outset
		x += one.width + gap
	}
	return point{from, axis}
}

// notes are what is said of a part beside its picture.
func (p part) notes(width float64) []string {
	var words []string
	if p.blocks != nil {
		words = append(words, numberOf(len(p.blocks), "block"))
	}
	if p.result != "" {
		words = append(words, splitResult(p.result)...)
	}
	if p.Params > 0 {
		words = append(words, number.Thousands(p.Params)+" params")
	}
	if p.MACs > 0 {
		words = append(words, macsWords(p.MACs))
	}
	var lines []string
	for _, text := range words {
		lines = append(lines, faceNote.wrap(text, width)...)
	}
	return lines
}
