package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

func init() { documents.Register(DefaultFormat, Format{Write: writeTable}) }

// writeTable lays a document out for a terminal, or for a file that is as wide as it needs to be.
func writeTable(w io.Writer, v View, look Look) error {
	p := &printer{look: look, pen: pen{color: look.Color}}
	doc := v.Document()

	if doc.Title != nil {
		p.title(doc.Title)
	}
	var dropped []string
	for i, t := range doc.Tables {
		if t.empty() {
			continue
		}
		parts, names := p.fit(t)
		for j, part := range parts {
			if i+j > 0 {
				p.line("")
			}
			if err := p.table(part); err != nil {
				return err
			}
		}
		if last := parts[len(parts)-1]; i == len(doc.Tables)-1 && t.Total == nil && doc.Lines != nil {
			p.rule(last.width())
		}
		for _, name := range names {
			if !slices.Contains(dropped, name) {
				dropped = append(dropped, name)
			}
		}
	}
	for _, parts := range doc.Lines {
		p.parts(parts, nil)
	}
	p.leftOut(dropped)
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

// title is the first line, its first part, such as the network, in bold.
func (p *printer) title(parts []string) {
	bold := p.pen.bold
	p.parts(parts, func(words string) string {
		separator := p.look.words(" · ")
		first, rest, more := strings.Cut(words, separator)
		if more {
			rest = separator + rest
		}
		words = bold(first) + rest
		bold = func(s string) string { return s }
		return words
	})
}

// parts writes a line, broken between parts where the terminal is narrow.
func (p *printer) parts(parts []string, ink func(string) string) {
	for _, words := range p.look.wrap(p.words(parts), p.look.words(" · "), p.look.Width) {
		if ink != nil {
			words = ink(words)
		}
		p.line(words)
	}
}

// leftOut says which columns a narrow terminal has no room for.
func (p *printer) leftOut(columns []string) {
	if len(columns) > 0 {
		note := fmt.Sprintf("left out to fit %d columns: %s (see --width)", p.look.Width, strings.Join(columns, ", "))
		p.parts([]string{note}, p.pen.dim)
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

// layout is a table that has its place on the screen.
type layout struct {
	grid
	gap int // columns between its columns
}

func (p *printer) layout(t Table, gap int) layout {
	head, rows := t.lines(func(c Cell) string { return p.look.words(c.Text) })
	return layout{newGrid(t.Columns, head, rows, 1), gap}
}

func (l layout) width() int {
	total := l.gap * (len(l.widths) - 1)
	for _, w := range l.widths {
		total += w
	}
	return total
}

// try lays a table out if it fits: as it is, with narrow gaps, folded, with its sentences broken, or with its words cut.
func (p *printer) try(t Table) (l layout, ok bool) {
	ways := []Table{t, t.folded()}
	if t.Fold {
		ways = ways[1:]
	}
	for _, way := range ways {
		for _, gap := range []int{2, 1} {
			if l = p.layout(way, gap); p.fits(l) {
				return l, true
			}
		}
	}
	for i, c := range t.Columns {
		if c.Wrap {
			room := l.widths[i] - (l.width() - p.look.Width)
			t = t.wrapped(i, max(room, leastSentence)).folded()
			if l = p.layout(t, 1); p.fits(l) {
				return l, true
			}
		}
	}
	for _, gap := range []int{2, 1} {
		if l, ok = p.layout(t.folded(), gap).shortened(p.look.Width, p.look.ellipsis()); ok {
			return l, true
		}
	}
	return l, false
}

func (p *printer) fits(l layout) bool { return p.look.Width == 0 || l.width() <= p.look.Width }

// leastSentence is the width below which a sentence is not worth breaking.
const leastSentence = 24

// fit lays a table out; where it is too wide it is broken, if it may be, or else its columns are left out in their order
// until it fits.
func (p *printer) fit(t Table) (parts []layout, dropped []string) {
	if t.Repeat > 0 {
		return p.broken(t), nil
	}
	for {
		l, ok := p.try(t)
		column := nextDropped(t.Columns)
		switch {
		case ok:
			return []layout{l}, dropped
		case column < 0:
			l, _ = p.try(t.narrowest())
			return []layout{l}, dropped
		}
		dropped = append(dropped, t.Columns[column].label())
		t = t.pick(others(len(t.Columns), column)...)
	}
}

// others are the numbers below n but one.
func others(n, but int) []int {
	var all []int
	for i := range n {
		if i != but {
			all = append(all, i)
		}
	}
	return all
}

// broken lays a table out in parts with as many columns as fit; the first ones stand in each.
func (p *printer) broken(t Table) []layout {
	var first []int
	for i := range t.Repeat {
		first = append(first, i)
	}
	var parts []layout
	if l := p.layout(t, 1); l.width() > p.look.Width && p.look.Width > 0 {
		t.Fold = true // all parts alike
	}
	for from := t.Repeat; from < len(t.Columns); {
		columns := first
		var part layout
		for ; from < len(t.Columns); from++ {
			wider, ok := p.try(t.pick(append(slices.Clone(columns), from)...))
			if !ok && len(columns) > len(first) {
				break
			}
			columns, part = append(slices.Clone(columns), from), wider
		}
		parts = append(parts, part)
	}
	return parts
}

// nextDropped is the index of the column to leave out next, -1 where all others must stay. The first one says what a row
// is about.
func nextDropped(columns []Column) int {
	found := -1
	for i, c := range columns {
		if i > 0 && c.Drop > 0 && (found < 0 || c.Drop < columns[found].Drop) {
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

func (p *printer) table(l layout) error {
	lines, err := l.layOut(strings.Repeat(" ", l.gap))
	if err != nil {
		return err
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	if head := lines[0]; head != "" {
		p.line(p.pen.dim(head))
	}
	p.rule(l.width())
	for i, row := range l.rows {
		words := lines[i+1]
		switch {
		case row.section != nil:
			p.section(row.section.Parts, l.width())
		case row.total:
			p.rule(l.width())
			if strings.Join(row.cells[1:], "") != "" { // else all that it could add up was left out
				p.line(p.pen.bold(words))
			}
		default:
			p.line(words)
		}
	}
	return nil
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
	for i, words := range p.look.wrap(p.words(parts), p.look.words(" · "), limit) {
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
