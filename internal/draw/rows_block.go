package draw

import (
	"fmt"

	"resnet/internal/article"
	"resnet/internal/model"
)

// arc is where the shortcut of a block in a row runs.
type arc struct {
	boxes         [][2]float64 // widths and heights of what stands on it
	width, height float64
}

const arcLift = 12.0 // of an arc above the boxes

func (b block) arc() arc {
	a := arc{width: 2 * gap}
	for _, l := range b.shortcut {
		w, h := boxSize(l.lines())
		a.boxes = append(a.boxes, [2]float64{w, h})
		a.width += w + gap
		a.height = max(a.height, h)
	}
	return a
}

// block is a panel around a block: its name, how often it stands in a row, and its layers with the shortcut above.
func (r *rows) block(run run) piece {
	height := 0.0
	for _, l := range run.branch {
		_, h := boxSize(l.lines())
		height = max(height, h)
	}
	branch := float64(len(run.branch))*(r.boxWidth+gap) - gap
	head := faceNote.widest(run.path) + faceStrong.widest(run.times()) + 2*padding

	p := piece{inset: padding, outset: padding, above: height/2 + faceStrong.leading() + 4 + padding, below: height/2 + padding}
	inner := branch
	if run.Shortcut != model.ShortcutNone {
		a := run.arc()
		inner = gap + max(branch+gap, a.width) + 2*addRadius
		p.inset += gap
		p.above += arcLift + a.height
	}
	if run.changesShape() {
		p.below += shapeLine
	}
	p.width = max(inner, head) + 2*padding
	p.draw = func(x, axis, above, below float64) {
		at := rect{x, axis - above, p.width, above + below}
		r.fig.add(&box{rect: at, radius: 6, fill: stageInk(panel, run.stage), hint: run.hint(), path: run.Path})
		y := at.y + padding + faceNote.baseline()
		r.fig.text(at.x+padding, y, alignLeft, faceNote, ink{role: soft}, run.path)
		r.fig.text(at.right()-padding, y, alignRight, faceStrong, stageInk(title, run.stage), run.times())
		r.branch(run, at, axis, height, p)
	}
	return p
}

// branch draws the layers of a block from left to right, and its shortcut.
func (r *rows) branch(run run, at rect, axis, height float64, p piece) {
	x := at.x + p.inset
	shape := run.In
	for i, l := range run.branch {
		if i > 0 {
			r.fig.arrow(point{x - gap, axis}, point{x, axis})
		}
		b := rect{x, axis - height/2, r.boxWidth, height}
		r.fig.layerBox(b, l, run.stage)
		if !l.Output.Equal(shape) {
			r.fig.shapeBelow(b, shapeWords(l.Output))
		}
		shape = l.Output
		x = b.right() + gap
	}
	if run.Shortcut == model.ShortcutNone {
		r.fig.lead(point{x - gap, axis}, point{at.right() - p.outset, axis})
		return
	}
	from := point{at.x + padding, axis}
	to := point{at.right() - padding - addRadius, axis}
	r.fig.arrow(point{x - gap, axis}, point{to.x - addRadius, axis})
	a := run.arc()
	top := axis - height/2 - arcLift - a.height/2
	r.fig.shortcut(run.Shortcut, run.stage, from, point{from.x, top}, point{to.x, top}, point{to.x, axis - addRadius})
	r.fig.fork(from, run.stage)
	r.fig.plus(to, run.stage)

	x = (from.x+to.x-a.width)/2 + 1.5*gap
	for i, l := range run.shortcut {
		w, h := a.boxes[i][0], a.boxes[i][1]
		r.fig.layerBox(rect{x, top - h/2, w, h}, l, run.stage)
		x += w + gap
	}
}

// changesShape tells whether a layer of the branch puts out another shape than it takes.
func (b block) changesShape() bool {
	for _, l := range b.branch {
		if !l.Output.Equal(l.Inputs[0]) {
			return true
		}
	}
	return false
}

// hint says in full what blocks are, for the reader who points at them.
func (r run) hint() string {
	words := fmt.Sprintf("%s: %s, %s, %s", r.path, r.Class, shortcutWords(r.Shortcut), article.StageResult(r.In, r.Out))
	if r.count > 1 {
		words = fmt.Sprintf("%s; %d alike", words, r.count)
	}
	return words
}
