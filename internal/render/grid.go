package render

import (
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/ll"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/tw"
)

// screen counts letters that are wide in some locales, as × and ─ are, as narrow.
var screen = twwidth.Options{EastAsianWidth: false}

func init() { twwidth.SetOptions(screen) } // else tablewriter goes by the environment

// width is the number of columns that s takes, by tablewriter's count: it cuts off what is wider than its column.
func width(s string) int { return twwidth.WidthWithOptions(s, screen) }

// pad fills s up to n columns.
func pad(s string, n int) string { return tw.PadRight(s, " ", n) }

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

// grid is a table's words and the width of each column.
type grid struct {
	columns []Column
	head    line
	rows    []line
	widths  []int
}

// newGrid is a grid whose columns are as wide as their widest cell, and no narrower than least, which is 1 or more:
// tablewriter leaves out a column without width.
func newGrid(columns []Column, head line, rows []line, least int) grid {
	widths := make([]int, len(columns))
	for i, words := range head.cells {
		widths[i] = max(least, width(words))
	}
	for _, row := range rows {
		for i, words := range row.cells {
			widths[i] = max(widths[i], width(words))
		}
	}
	return grid{columns, head, rows, widths}
}

// plain keeps tablewriter from changing words.
var plain = []tablewriter.Option{
	tablewriter.WithPadding(tw.PaddingNone),
	tablewriter.WithHeaderAutoFormat(tw.Off),
	tablewriter.WithHeaderAutoWrap(tw.WrapNone),
	tablewriter.WithRowAutoWrap(tw.WrapNone),
	tablewriter.WithTrimSpace(tw.Off),
	tablewriter.WithTrimTab(tw.Off),
}

// layOut sets the words in columns with a gap between them: a line for the head, and one for each row; it is blank where
// the row has no cells.
func (g grid) layOut(gap string) ([]string, error) {
	widths := tw.NewMapper[int, int]()
	for i, w := range g.widths {
		widths.Set(i, w)
	}
	lines := &gridLines{grid: g, gap: gap}
	table := tablewriter.NewTable(io.Discard, plain...).Options(tablewriter.WithColumnWidths(widths), tablewriter.WithRenderer(lines))
	table.Header(g.head.cells)
	for _, row := range g.rows {
		cells := row.cells
		if len(cells) == 0 {
			cells = make([]string, len(g.columns))
		}
		if err := table.Append(cells); err != nil {
			return nil, err
		}
	}
	err := table.Render()
	return lines.done, err
}

// row sets one line's words in the columns.
func (g grid) row(cells []string, gap string) string {
	var words strings.Builder
	for i, c := range g.columns {
		if i > 0 {
			words.WriteString(gap)
		}
		cell := ""
		if i < len(cells) {
			cell = cells[i]
		}
		if c.Right {
			words.WriteString(tw.PadLeft(cell, " ", g.widths[i]))
		} else {
			words.WriteString(pad(cell, g.widths[i]))
		}
	}
	return words.String()
}

// gridLines is tablewriter's renderer of a grid: it takes the rows one by one, so that each can be shown by itself.
type gridLines struct {
	grid
	gap  string
	done []string
}

func (l *gridLines) Header(heads [][]string, _ tw.Formatting) {
	for _, cells := range heads {
		l.Row(cells, tw.Formatting{})
	}
}

func (l *gridLines) Row(cells []string, _ tw.Formatting) {
	l.done = append(l.done, l.row(cells, l.gap))
}

func (*gridLines) Start(io.Writer) error            { return nil }
func (*gridLines) Footer([][]string, tw.Formatting) {}
func (*gridLines) Line(tw.Formatting)               {}
func (*gridLines) Config() tw.Rendition {
	return tw.Rendition{Borders: tw.BorderNone, Settings: tw.Settings{Lines: tw.LinesNone}}
}
func (*gridLines) Close() error      { return nil }
func (*gridLines) Logger(*ll.Logger) {}

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
		if len(cells) == 0 {
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
