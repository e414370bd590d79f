package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"resnet/internal/render"
)

// table is a table of a view as a page has it.
type table struct {
	Caption  string
	ID       string // of a table of layers, which can be searched and sorted; "" of others
	Columns  []cell
	Sections []section
	Total    []cell
	Narrow   string // the class of what offers the columns that are left out; "" where none ever is
}

type section struct {
	Title string
	Rows  []row
}

type row struct {
	ID, Type string
	Cells    []cell
}

type cell struct {
	Text, Value string // for people; for sorting, where that is not the same
	Class       string
	Head        bool
	Link        string
}

// newTable makes a table of a view's.
func newTable(caption string, t render.Table) table {
	out := table{Caption: caption}
	for _, c := range t.Columns {
		head := cell{Text: clean(c.Head), Class: classes(c)}
		if head.Text == "" {
			head.Text = c.Name
		}
		out.Columns = append(out.Columns, head)
	}
	out.fit(t)
	for _, r := range t.Rows {
		if r.Section != nil || out.Sections == nil {
			out.Sections = append(out.Sections, section{})
		}
		last := &out.Sections[len(out.Sections)-1]
		if r.Section != nil {
			last.Title = clean(strings.Join(r.Section.Parts, " · "))
			continue
		}
		last.Rows = append(last.Rows, row{Cells: out.cells(r.Cells)})
	}
	out.Total = out.cells(t.Total)
	return out
}

// The widths of text in a table, about, in the page's units (rem); and those that pages tell apart, which page.css knows too.
const (
	letterWidth  = 0.5
	cellPadding  = 0.6
	widthStep    = 5
	widestWidths = 100
)

// fit gives columns the class of the width below which they are left out, in the order that the view has for that.
func (t *table) fit(of render.Table) {
	widths, all := make([]float64, len(of.Columns)), 0.0
	for i := range of.Columns {
		letters := utf8.RuneCountInString(t.Columns[i].Text)
		for _, r := range of.Rows {
			if r.Section == nil {
				letters = max(letters, utf8.RuneCountInString(r.Cells[i].Text))
			}
		}
		widths[i] = cellPadding + letterWidth*float64(letters)
		all += widths[i]
	}
	order := make([]int, 0, len(of.Columns))
	for i, c := range of.Columns {
		if c.Drop > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(of.Columns[a].Drop, of.Columns[b].Drop) })
	for _, i := range order {
		need := min(widthStep*int(math.Ceil(all/widthStep)), widestWidths)
		t.Columns[i].Class = strings.TrimSpace(fmt.Sprintf("%s d%d", t.Columns[i].Class, need))
		if t.Narrow == "" {
			t.Narrow = fmt.Sprintf("s%d", need)
		}
		all -= widths[i]
	}
}

func (t *table) cells(from []render.Cell) []cell {
	var out []cell
	for i, c := range from {
		one := cell{Text: clean(c.Text), Class: t.Columns[i].Class, Head: i == 0}
		if c.Exact != c.Text {
			one.Value = c.Exact
		}
		out = append(out, one)
	}
	return out
}

func classes(c render.Column) string {
	var names []string
	if c.Right {
		names = append(names, "right")
	}
	if c.Name == "responses" { // several numbers below several names
		names = append(names, "aligned")
	}
	return strings.Join(names, " ")
}

// column is the index of a column by its name; -1 for none.
func column(t render.Table, name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// newLayers makes the table of layers: its rows have the paths of their layers, under a prefix, as ids. With links they are
// what is looked at.
func newLayers(caption, id string, t render.Table, links bool) table {
	out := newTable(caption, t)
	out.ID = id
	path, kind := column(t, "path"), column(t, "type")
	for i := range out.Sections {
		for j := range out.Sections[i].Rows {
			r := &out.Sections[i].Rows[j]
			r.ID = rowID(r.Cells[path].Text)
			if links {
				r.Cells[path].Link = "#" + r.ID
			}
			r.Type, _, _ = strings.Cut(r.Cells[kind].Text, " ")
		}
	}
	return out
}

func rowID(path string) string   { return "row-" + path }
func blockID(path string) string { return "block-" + path }
