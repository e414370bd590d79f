package draw

import (
	"fmt"
	"math"
	"strings"

	"resnet/internal/article"
	"resnet/internal/model"
)

// card is the figure of one block, as the article draws it: every layer with what belongs to it, and the shape at every
// edge.
type card struct {
	fig   *Figure
	block block
	head  []string // which blocks these are
	facts []string
	sum   []string // what is added: F(x) + x
	width float64

	left, right float64 // how far the picture reaches from its axis
	side        float64 // distance of the shortcut from the axis
	sideHeight  float64 // of what stands on the shortcut
}

const (
	cardLeast = 236.0 // width
	cardEdge  = 26.0  // height of an edge with a shape beside it
	inEdge    = 36.0  // of the edge into the block, which the shortcut leaves
	reluSize  = 23.0
)

func newCard(f *Figure, b block, where string) *card {
	c := &card{fig: f, block: b}
	half := 0.0
	for _, l := range b.branch {
		w, _ := cardBox(l)
		half = max(half, math.Ceil(w/2))
	}
	c.left = half
	c.right = max(half, 6+faceNote.widest(shapeWords(b.In), shapeWords(b.Out)))
	if b.Shortcut != model.ShortcutNone {
		c.sum = []string{"F(x) + x"}
		if b.shortcut != nil {
			c.sum = []string{"F(x) +", b.Shortcut + "(x)"}
		}
		c.measureShortcut(half)
	}
	c.left = max(c.left, addRadius+8+faceNote.widest(c.sum...))
	c.width = max(cardLeast, c.left+c.right+4*padding)
	c.head = faceStrong.wrap(where, c.width-4*padding)
	for _, fact := range [][]string{{b.Class + ",", shortcutWords(b.Shortcut)}, splitResult(article.StageResult(b.In, b.Out))} {
		c.facts = append(c.facts, faceNote.wrapParts(fact, " ", c.width-4*padding)...)
	}
	return c
}

// measureShortcut finds where the shortcut runs, half being how far the layers reach.
func (c *card) measureShortcut(half float64) {
	beside := 6 + faceNote.widest("identity")
	wide := 0.0
	for _, l := range c.block.shortcut {
		w, h := cardBox(l)
		wide = max(wide, math.Ceil(w/2))
		beside = max(wide, 6+faceNote.widest(shapeWords(l.Output)))
		c.sideHeight += h + cardEdge
	}
	c.side = max(half+16, 6+faceNote.widest(shapeWords(c.block.Out), shapeWords(c.block.In))+12) + wide
	c.right = max(c.right, c.side+beside)
}

// cardLines are all that is to be said of a layer: its name, what it is, and what follows it.
func cardLines(l layer) []string {
	_, name, _ := strings.Cut(l.Path, ".")
	_, name, _ = strings.Cut(name, ".")
	lines := []string{name, l.lines()[0]}
	how := l.lines()[1:]
	if l.Padding != nil && l.Padding[0] > 0 {
		how = append(how, fmt.Sprintf("padding %d", l.Padding[0]))
	}
	if len(how) > 0 {
		lines = append(lines, strings.Join(how, ", "))
	}
	if l.After != nil {
		lines = append(lines, strings.Join(followers(l.After), ", "))
	}
	return lines
}

func cardBox(l layer) (w, h float64) {
	lines := cardLines(l)
	_, h = boxSize(lines)
	return max(faceStrong.widest(lines[0]), faceBox.widest(lines[1:]...)) + 16, h
}

func (c *card) headHeight() float64 {
	return faceStrong.leading()*float64(len(c.head)) + faceNote.leading()*float64(len(c.facts)) + padding
}

// chainHeight is that of the picture.
func (c *card) chainHeight() float64 {
	height := inEdge + c.branchHeight() + cardEdge
	if c.block.Shortcut != model.ShortcutNone {
		height += 2 * addRadius
	}
	if c.block.After != nil {
		height += gap + reluSize
	}
	return height
}

// branchHeight is that of the layers with the edge behind each, and enough for what stands on the shortcut.
func (c *card) branchHeight() float64 {
	height := 0.0
	for _, l := range c.block.branch {
		_, h := cardBox(l)
		height += h + cardEdge
	}
	if c.block.Shortcut == model.ShortcutNone {
		return height - cardEdge
	}
	return max(height, c.sideHeight)
}
