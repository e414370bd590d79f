package render

import (
	"fmt"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/hooks"
)

// structure is what a layer is made of, as the paper writes it: [3×3, 64; 3×3, 64] ×2.
func (p *Pass) structure(r row) Cell {
	switch {
	case r.first().Kind == graph.FullyConnected:
		return foldable(fmt.Sprintf("average pool, %d-d fc", r.output()[1]))
	case r.first().Kind == graph.MaxPooling:
		return withStride(square(r.first().Kernel), " max pool", r.first())
	case r.blocks == 0:
		return stemStructure(r)
	}
	var convs []Cell
	for _, e := range r.events {
		if e.Kind == graph.Convolution && parent(e.Path) == r.path+".0" {
			convs = append(convs, convStructure(e))
		}
	}
	inner := joined(convs, "; ")
	times := fmt.Sprintf(" ×%d", r.blocks)
	inner.Folded[len(inner.Folded)-1] += times
	return Cell{
		Text:   "[" + inner.Text + "]" + times,
		Exact:  "[" + inner.Exact + "]" + fmt.Sprintf(" x%d", r.blocks),
		Folded: inner.Folded,
	}
}

func stemStructure(r row) Cell {
	var convs []Cell
	for _, e := range r.events {
		if e.Kind == graph.Convolution {
			c := convStructure(e)
			convs = append(convs, withStride(c, "", e))
		}
	}
	return joined(convs, "; ")
}

// convStructure is a convolution: its kernel, its planes, and what is not usual.
func convStructure(e hooks.Record) Cell {
	words := fmt.Sprintf(", %d", e.Output[1])
	if e.Groups > 1 {
		words += fmt.Sprintf(", %d groups", e.Groups)
	}
	if e.Dilation[0] > 1 {
		words += fmt.Sprintf(", dilation %d", e.Dilation[0])
	}
	kernel := square(e.Kernel)
	return Cell{Text: kernel.Text + words, Exact: kernel.Exact + words}
}

func withStride(c Cell, words string, e hooks.Record) Cell {
	c = Cell{Text: c.Text + words, Exact: c.Exact + words}
	if e.Stride[0] == 1 {
		return c
	}
	stride := "stride " + size(e.Stride).Text
	return Cell{Text: c.Text + ", " + stride, Exact: c.Exact + ", " + stride, Folded: []string{c.Text + ",", stride}}
}

// joined makes one cell of several, a line each when folded.
func joined(cells []Cell, separator string) Cell {
	var texts, exacts, folded []string
	for _, c := range cells {
		texts, exacts = append(texts, c.Text), append(exacts, c.Exact)
		if c.Folded == nil {
			c.Folded = []string{c.Text}
		}
		folded = append(folded, c.Folded...)
	}
	return Cell{Text: strings.Join(texts, separator), Exact: strings.Join(exacts, separator), Folded: folded}
}

// prefixed puts the size of the output before a cell.
func prefixed(output, c Cell) Cell {
	if output.Text == "" {
		return c
	}
	folded := c.Folded
	if folded == nil {
		folded = []string{c.Text}
	}
	return Cell{Text: output.Text + ": " + c.Text, Exact: output.Exact + ": " + c.Exact, Folded: append([]string{output.Text + ":"}, folded...)}
}
