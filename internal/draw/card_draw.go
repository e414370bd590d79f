package draw

import (
	"fmt"
	"math"
	"strings"

	"resnet/internal/article"
	"resnet/internal/model"
)

// draw draws the card, as high as its line of cards is, the picture below the highest head.
func (c *card) draw(x, y, head, picture float64) {
	height := head + picture + 3*padding
	at := rect{x, y, c.width, height}
	c.fig.add(&box{rect: at, radius: 8, fill: stageInk(band, c.block.stage)})
	chain := y + padding + 4 + head
	y += 2*padding - 4
	for _, text := range c.head {
		c.fig.text(x+2*padding, y+faceStrong.baseline(), alignLeft, faceStrong, stageInk(title, c.block.stage), text)
		y += faceStrong.leading()
	}
	for _, text := range c.facts {
		c.fig.text(x+2*padding, y+faceNote.baseline(), alignLeft, faceNote, ink{role: soft}, text)
		y += faceNote.leading()
	}
	axis := x + math.Floor((c.width-c.left-c.right)/2) + c.left
	c.chain(axis, chain)
}

// chain draws the block from top to bottom.
func (c *card) chain(axis, y float64) {
	b := c.block
	from := point{axis, y + inEdge/2 - 2}
	c.fig.text(axis-6, y+faceNote.baseline(), alignRight, faceNote, ink{role: words}, "x")
	c.fig.text(axis+6, y+faceNote.baseline(), alignLeft, faceNote, ink{role: soft}, shapeWords(b.In))
	c.fig.arrow(point{axis, y}, point{axis, y + inEdge})

	y += inEdge
	end := y + c.branchHeight()
	for i, l := range b.branch {
		_, h := cardBox(l)
		c.layer(l, axis, y)
		y += h
		if last := i == len(b.branch)-1; !last {
			c.edge(axis, y, y+cardEdge, l)
			y += cardEdge
		} else if b.Shortcut != model.ShortcutNone {
			c.edge(axis, y, end, l)
		}
	}
	y = end
	if b.Shortcut != model.ShortcutNone {
		plus := point{axis, y + addRadius}
		top := plus.y + 4 - math.Floor(faceNote.leading()*float64(len(c.sum)-1)/2)
		for i, text := range c.sum {
			c.fig.text(axis-addRadius-6, top+faceNote.leading()*float64(i), alignRight, faceNote, ink{role: words}, text)
		}
		c.shortcut(from, plus)
		y += 2 * addRadius
	}
	if b.After != nil {
		c.fig.arrow(point{axis, y}, point{axis, y + gap})
		y += gap
		half := math.Ceil(faceBox.widest(strings.Join(followers(b.After), ", "))/2) + 14
		at := rect{axis - half, y, 2 * half, reluSize}
		c.fig.add(&box{rect: at, radius: 4, fill: stageInk(fill, b.stage), edge: stageInk(edge, b.stage)})
		c.fig.lines(at, faceBox, ink{role: words}, []string{strings.Join(followers(b.After), ", ")})
		y += reluSize
	}
	c.fig.arrow(point{axis, y}, point{axis, y + cardEdge})
	c.fig.text(axis+6, y+cardEdge/2+4, alignLeft, faceNote, ink{role: soft}, shapeWords(b.Out))
}

// layer draws a layer of the block with all that is known of it.
func (c *card) layer(l layer, axis, y float64) {
	w, h := cardBox(l)
	at := rect{axis - math.Ceil(w/2), y, w, h}
	c.fig.add(&box{rect: at, radius: 4, fill: stageInk(fill, c.block.stage), edge: stageInk(edge, c.block.stage), hint: l.hint(), path: l.Path})
	y += 4 + faceBox.baseline()
	for i, text := range cardLines(l) {
		face, ink := faceBox, ink{role: words}
		if i == 0 {
			face, ink = faceStrong, stageInk(title, c.block.stage)
		}
		c.fig.text(axis, y+faceBox.leading()*float64(i), alignCenter, face, ink, text)
	}
}

// edge draws the way from a layer to the next, with the shape on it.
func (c *card) edge(axis, from, to float64, l layer) {
	c.fig.arrow(point{axis, from}, point{axis, to})
	c.fig.text(axis+6, from+cardEdge/2+4, alignLeft, faceNote, ink{role: soft}, shapeWords(l.Output))
}

// shortcut draws the way around the layers.
func (c *card) shortcut(from, to point) {
	b := c.block
	side := from.x + c.side
	c.fig.shortcut(b.Shortcut, b.stage, from, point{side, from.y}, point{side, to.y}, point{to.x + addRadius, to.y})
	c.fig.fork(from, b.stage)
	c.fig.plus(to, b.stage)
	if b.shortcut == nil {
		c.fig.text(side+6, (from.y+to.y)/2+4, alignLeft, faceNote, ink{role: soft}, "identity")
		return
	}
	y := math.Floor((from.y + to.y - c.sideHeight) / 2)
	for _, l := range b.shortcut {
		_, h := cardBox(l)
		c.layer(l, side, y)
		y += h
		c.fig.text(side+6, y+cardEdge/2+4, alignLeft, faceNote, ink{role: soft}, shapeWords(l.Output))
		y += cardEdge
	}
}

// describe says in a sentence what the card shows.
func (c *card) describe() string {
	b := c.block
	return fmt.Sprintf("%s, %s, from %s to %s: %s.", strings.Join(c.head, " "), run{block: b, count: 1}.describe(),
		shapeWords(b.In), shapeWords(b.Out), article.StageResult(b.In, b.Out))
}
