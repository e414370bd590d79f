package render

import (
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// screen measures text by the columns it takes, whatever this machine's locale.
var screen = &runewidth.Condition{StrictEmojiNeutral: true}

// width is the number of columns that s takes.
func width(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return screen.StringWidth(s)
		}
	}
	return len(s)
}

// pad fills s up to n columns, on its left where right is true.
func pad(s string, n int, right bool) string {
	space := strings.Repeat(" ", max(0, n-width(s)))
	if right {
		return space + s
	}
	return s + space
}

// line is a row of a table as words; a section has no cells.
type line struct {
	cells   []string
	section *Section
	total   bool
}

// lines spells a table's head, rows and total, all cells by the same means.
func (t Table) lines(spell func(Cell) string) (head line, rows []line) {
	for _, c := range t.Columns {
		head.cells = append(head.cells, spell(text(c.Head)))
	}
	for _, row := range t.Rows {
		rows = append(rows, line{cells: spellAll(row.Cells, spell), section: row.Section})
	}
	if t.Total != nil {
		rows = append(rows, line{cells: spellAll(t.Total, spell), total: true})
	}
	return head, rows
}

func spellAll(cells []Cell, spell func(Cell) string) []string {
	words := make([]string, len(cells))
	for i, c := range cells {
		words[i] = spell(c)
	}
	return words
}

// columnWidths measures each column; none is below least.
func columnWidths(head line, rows []line, least int) []int {
	widths := make([]int, len(head.cells))
	for i, words := range head.cells {
		widths[i] = max(least, width(words))
	}
	for _, row := range rows {
		for i, words := range row.cells {
			widths[i] = max(widths[i], width(words))
		}
	}
	return widths
}

// folded is the table with every row over as many lines as its cells need.
func (t Table) folded() Table {
	var rows []Row
	for _, row := range t.Rows {
		height := 1
		for _, c := range row.Cells {
			height = max(height, len(c.Folded))
		}
		if height == 1 {
			rows = append(rows, row)
			continue
		}
		for i := range height {
			cells := make([]Cell, len(row.Cells))
			for j, c := range row.Cells {
				switch {
				case i < len(c.Folded):
					cells[j] = text(c.Folded[i])
				case i == 0:
					cells[j] = c
				}
			}
			rows = append(rows, Row{Cells: cells})
		}
	}
	t.Rows = rows
	return t
}

// wrapped is the table with the cells of a column broken at spaces into at most n columns.
func (t Table) wrapped(column, n int) Table {
	rows := t.Rows
	t.Rows = nil
	for _, row := range rows {
		if row.Section == nil {
			row.Cells = slices.Clone(row.Cells)
			c := &row.Cells[column]
			c.Folded = fill(strings.Fields(c.Text), " ", n)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// pick is the table with the columns of these indices alone.
func (t Table) pick(columns ...int) Table {
	out := Table{Fold: t.Fold}
	choose := func(cells []Cell) []Cell {
		if cells == nil {
			return nil
		}
		chosen := make([]Cell, len(columns))
		for i, c := range columns {
			chosen[i] = cells[c]
		}
		return chosen
	}
	for _, c := range columns {
		out.Columns = append(out.Columns, t.Columns[c])
	}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, Row{Cells: choose(row.Cells), Section: row.Section})
	}
	out.Total = choose(t.Total)
	return out
}
