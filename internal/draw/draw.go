// Package draw makes figures of residual networks. What is drawn (rows, columns, cards of blocks) is laid out once, and
// the same shapes go to SVG, PNG and PDF. Text, Mermaid and DOT lay it out by their own means.
package draw

import (
	"io"
	"maps"
	"slices"
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

// format is a way to write a drawing.
type format func(io.Writer, Drawing, Style) error

var formats = map[string]format{
	"text":    writeText,
	"mermaid": writeMermaid,
	"dot":     writeDot,
	"svg": picture(func(w io.Writer, f *Figure, s Style) error {
		return f.WriteSVG(w, s.Theme)
	}),
	"png": picture(func(w io.Writer, f *Figure, s Style) error {
		return f.WritePNG(w, s.Theme, s.Scale)
	}),
	"pdf": picture(func(w io.Writer, f *Figure, s Style) error {
		return f.WritePDF(w, s.Theme)
	}),
}

// Formats lists the formats, that of a terminal first.
func Formats() []string {
	names := slices.Sorted(maps.Keys(formats))
	return append([]string{"text"}, slices.DeleteFunc(names, func(n string) bool { return n == "text" })...)
}

// Binary tells whether a format is no text.
func Binary(format string) bool { return format == "png" || format == "pdf" }

// Write writes a drawing in one of Formats.
func Write(w io.Writer, d Drawing, format string, s Style) error { return formats[format](w, d, s) }

// picture is a format that shows a figure.
func picture(write func(io.Writer, *Figure, Style) error) format {
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
