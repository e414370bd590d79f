// Package draw makes figures of residual networks. What is drawn (rows, columns, cards of blocks) is laid out once, and
// the same shapes go to SVG, PNG and PDF. Text, Mermaid and DOT lay it out by their own means.
package draw

import (
	"io"

	"resnet/internal/format"
)

// Drawing is what is to be drawn.
type Drawing struct {
	Nets   []*Net
	Expand bool   // every block by itself, not ×N
	Block  string // the path of one block, or Variants; "" for whole networks
}

// Variants is a Drawing.Block: each kind of block that the networks use.
const Variants = "variants"

// Style is how it is drawn. Each format takes what concerns it.
type Style struct {
	Theme Theme   // of pictures
	Scale float64 // of PNG, in pixels a unit

	Width          int // of text in columns; 0 is as many as it needs
	Color, Unicode bool
}

// drawings are written by functions of one signature: text, charts, pictures.
var drawings = format.New[func(io.Writer, Drawing, Style) error]("drawings")

func init() {
	drawings.Register("text", writeText)
	drawings.Register("dot", writeDot)
	drawings.Register("mermaid", writeMermaid)
	drawings.Register("pdf", picture(func(w io.Writer, f *Figure, s Style) error { return f.WritePDF(w, s.Theme) }))
	drawings.Register("png", picture(func(w io.Writer, f *Figure, s Style) error { return f.WritePNG(w, s.Theme, s.Scale) }))
	drawings.Register("svg", picture(func(w io.Writer, f *Figure, s Style) error { return f.WriteSVG(w, s.Theme) }))
}

// Formats lists the formats, that of a terminal first.
func Formats() []string { return drawings.Formats("text", nil) }

// Write writes a drawing in one of Formats.
func Write(w io.Writer, d Drawing, name string, s Style) error {
	write, err := drawings.Writer(name)
	if err != nil {
		return err
	}
	return write(w, d, s)
}

// picture is a format that shows a figure.
func picture(write func(io.Writer, *Figure, Style) error) func(io.Writer, Drawing, Style) error {
	return func(w io.Writer, d Drawing, s Style) error {
		f, err := d.Figure()
		if err != nil {
			return err
		}
		return write(w, f, s)
	}
}

// Figure lays the drawing out.
func (d Drawing) Figure() (*Figure, error) {
	switch {
	case d.Block == Variants:
		return drawVariants(d.Nets), nil
	case d.Block != "":
		return drawBlock(d.Nets, d.Block)
	case len(d.Nets) == 1:
		return drawRows(d.Nets[0], d.Expand), nil
	}
	return drawColumns(d.Nets, d.Expand), nil
}
