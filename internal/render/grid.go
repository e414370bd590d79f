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
func (t Table) lines(cell func(Cell) string) (head line, rows []line) {
	spell := func(cells []Cell) []string {
		words := make([]string, len(cells))
		for i, c := range cells {
			words[i] = cell(c)
		}
		return words
	}
	for _, c := range t.Columns {
		head.cells = append(head.cells, cell(text(c.Head)))
	}
	for _, row := range t.Rows {
		rows = append(rows, line{cells: spell(row.Cells), section: row.Section})
	}
	if t.Total != nil {
		rows = append(rows, line{cells: spell(t.Total), total: true})
	}
	return head, rows
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

// without is the table with one column less.
func (t Table) without(column int) Table {
	out := Table{Columns: slices.Delete(slices.Clone(t.Columns), column, column+1)}
	cut := func(cells []Cell) []Cell {
		if cells == nil {
			return nil
		}
		return slices.Delete(slices.Clone(cells), column, column+1)
	}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, Row{Cells: cut(row.Cells), Section: row.Section})
	}
	out.Total = cut(t.Total)
	return out
}
