package draw

import (
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// block is a panel around the layers of a block, with the shortcut at their right.
func (c *columns) block(r run) step {
	n := float64(len(r.branch))
	s := step{inset: padding, outset: padding, shape: changedShape(r.In, r.Out)}
	s.height = 2*padding + n*boxHeight + (n-1)*stepGap
	if c.residual {
		s.inset += stepGap
		s.height = max(s.height+2*stepGap, c.sideHeight(r)+3*stepGap) + 2*addRadius
	}
	s.draw = func(axis, y float64) {
		at := rect{axis - c.left, y, c.left + c.right, s.height}
		c.fig.add(&box{rect: at, radius: 6, fill: stageInk(panel, r.stage), hint: r.hint(), path: r.Path})
		c.branch(r, at, axis)
		c.fig.text(axis+c.timesAt(r), at.center().y+4, alignLeft, faceStrong, stageInk(title, r.stage), r.times())
	}
	return s
}

// sideHeight is that of what stands on a shortcut.
func (c *columns) sideHeight(r run) float64 {
	height := 0.0
	for _, l := range r.shortcut {
		_, h := boxSize(l.lines())
		height += h + stepGap
	}
	return height
}

// branch draws the layers of a block from top to bottom, and its shortcut.
func (c *columns) branch(r run, at rect, axis float64) {
	y := at.y + padding
	if c.residual {
		y += stepGap
	}
	for i, l := range r.branch {
		if i > 0 {
			c.fig.arrow(point{axis, y - stepGap}, point{axis, y})
		}
		c.fig.layerLine(rect{axis - c.boxWidth/2, y, c.boxWidth, boxHeight}, l, r.stage)
		y += boxHeight + stepGap
	}
	if r.Shortcut == model.ShortcutNone {
		c.fig.lead(point{axis, y - stepGap}, point{axis, at.bottom() - padding})
		return
	}
	from := point{axis, at.y + padding}
	to := point{axis, at.bottom() - padding - addRadius}
	side := axis + c.sideAt(r)
	c.fig.arrow(point{axis, y - stepGap}, point{axis, to.y - addRadius})
	c.fig.shortcut(r.Shortcut, r.stage, from, point{side, from.y}, point{side, to.y}, point{axis + addRadius, to.y})
	c.fig.fork(from, r.stage)
	c.fig.plus(to, r.stage)

	y = (from.y + to.y - c.sideHeight(r) + stepGap) / 2
	for _, l := range r.shortcut {
		w, h := boxSize(l.lines())
		c.fig.layerBox(rect{side - w/2, y, w, h}, l, r.stage)
		y += h + stepGap
	}
}

// changedShape is a shape in words, or nothing where it is that of the input.
func changedShape(in, out tensor.Shape) string {
	if in.Equal(out) {
		return ""
	}
	return shapeWords(out)
}
