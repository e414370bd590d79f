package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

func init() { register(DefaultFormat, Format{Write: writeTable}) }

// writeTable lays a document out for a terminal, or for a file that is as wide as it needs to be.
func writeTable(w io.Writer, v View, look Look) error {
	p := &printer{look: look, pen: pen{color: look.Color}}
	doc := v.Document(look)

	p.title(doc.Title)
	var dropped []string
	for i, t := range doc.Tables {
		if i > 0 {
			p.line("")
		}
		l := p.fit(t)
		p.table(l)
		for _, name := range l.dropped {
			if !slices.Contains(dropped, name) {
				dropped = append(dropped, name)
			}
		}
	}
	for _, parts := range doc.Lines {
		p.parts(parts, nil)
	}
	if len(dropped) > 0 {
		note := fmt.Sprintf("left out to fit %d columns: %s", look.Width, strings.Join(dropped, ", "))
		p.parts([]string{note, "a wider terminal or --width shows them"}, p.pen.dim)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// printer collects the lines of a document.
type printer struct {
	look Look
	pen  pen
	out  strings.Builder
}

func (p *printer) line(s string) { p.out.WriteString(s + "\n") }

// title is the first line, the network's name in bold.
func (p *printer) title(parts []string) {
	bold := p.pen.bold
	p.parts(parts, func(words string) string {
		name, rest, more := strings.Cut(words, " ")
		if more {
			rest = " " + rest
		}
		words = bold(name) + rest
		bold = func(s string) string { return s }
		return words
	})
}

// parts writes a line, broken between parts where the terminal is narrow.
func (p *printer) parts(parts []string, ink func(string) string) {
	for _, words := range wrap(p.words(parts), p.words([]string{" · "})[0], p.look.Width) {
		if ink != nil {
			words = ink(words)
		}
		p.line(words)
	}
}

// words is text as the terminal can show it.
func (p *printer) words(parts []string) []string {
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = p.look.words(part)
	}
	return words
}

// layout is a table that has its widths.
type layout struct {
	columns []Column
	head    line
	rows    []line
	widths  []int
	gap     int
	dropped []string // heads of the columns that were left out
}

// fit chooses the gap between columns and leaves out columns in their order until the table fits.
func (p *printer) fit(t Table) layout {
	var dropped []string
	for {
		l := layout{columns: t.Columns, gap: 2, dropped: dropped}
		l.head, l.rows = t.lines(func(c Cell) string { return p.look.words(c.Text) })
		l.widths = columnWidths(l.head, l.rows, 0)
		if !p.fits(l) {
			l.gap = 1
		}
		column := nextDropped(t.Columns)
		if p.fits(l) || column < 0 {
			return l
		}
		dropped = append(dropped, t.Columns[column].label())
		t = t.without(column)
	}
}

func (p *printer) fits(l layout) bool { return p.look.Width == 0 || l.width() <= p.look.Width }

func (l layout) width() int {
	total := l.gap * (len(l.widths) - 1)
	for _, w := range l.widths {
		total += w
	}
	return total
}

// nextDropped is the index of the column to leave out next, -1 where all others must stay.
func nextDropped(columns []Column) int {
	found := -1
	for i, c := range columns {
		if c.Drop > 0 && (found < 0 || c.Drop < columns[found].Drop) {
			found = i
		}
	}
	return found
}

// label names a column to people.
func (c Column) label() string {
	if c.Head != "" {
		return c.Head
	}
	return c.Name
}

func (p *printer) table(l layout) {
	if head := l.row(l.head); head != "" {
		p.line(p.pen.dim(head))
	}
	p.rule(l.width())
	for _, row := range l.rows {
		switch {
		case row.section != nil:
			p.section(row.section.Parts, l.width())
		case row.total:
			p.rule(l.width())
			p.line(p.pen.bold(l.row(row)))
		default:
			p.line(l.row(row))
		}
	}
}

// row is one line of cells.
func (l layout) row(row line) string {
	var out strings.Builder
	for i, words := range row.cells {
		if i > 0 {
			out.WriteString(strings.Repeat(" ", l.gap))
		}
		out.WriteString(pad(words, l.widths[i], l.columns[i].Right))
	}
	return strings.TrimRight(out.String(), " ")
}

func (p *printer) rule(n int) { p.line(p.pen.dim(p.dashes(n))) }

func (p *printer) dashes(n int) string { return strings.Repeat(p.look.words("─"), max(0, n)) }

// section is a boundary between rows: ── layer1 · 3 blocks ─────.
func (p *printer) section(parts []string, columns int) {
	if len(parts) == 0 {
		p.rule(columns)
		return
	}
	const lead = 3 // two dashes and a space
	limit := 0
	if p.look.Width > 0 {
		limit = p.look.Width - lead
	}
	for i, words := range wrap(p.words(parts), p.words([]string{" · "})[0], limit) {
		if i > 0 {
			p.line(strings.Repeat(" ", lead) + p.pen.bold(words))
			continue
		}
		line := p.pen.dim(p.dashes(2)) + " " + p.pen.bold(words)
		if rest := columns - lead - width(words) - 1; rest > 0 {
			line += " " + p.pen.dim(p.dashes(rest))
		}
		p.line(line)
	}
}
