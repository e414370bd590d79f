// Package render shows things. A view (trace.go, summary.go, …) says what is shown, a format (format_table.go,
// format_json.go, …) how; neither knows the other.
package render

import (
	"io"

	"resnet/internal/hooks"
)

// A View is what a command shows. Every view is a document of tables and lines; those that are more say so with
// DataView, ArticleView or EventView, and the formats that need it offer themselves.
type View interface{ Document() Document }

// DataView is a view that is data for programs too.
type DataView interface {
	View
	Data() Data
}

// ArticleView is a view that the article on ResNets by its own means prints.
type ArticleView interface {
	View
	Article(io.Writer) error
}

// EventView is a view of a network's hook events.
type EventView interface {
	View
	Events() []hooks.Record
}

// Look is what a view may use where it goes.
type Look struct {
	Width   int // columns; 0 is as many as it needs
	Color   bool
	Unicode bool // ASCII alone otherwise

	Formulas bool // CSV cells may be what a spreadsheet runs
}

// Document is a view as text: a first line, tables, and lines below them.
type Document struct {
	Title  []string // parts of the first line: net, input, weights
	Tables []Table
	Lines  [][]string // each in parts, between which it may be broken
	// Partial is set where the run was interrupted. The title says so; CSV has none, and gets a column.
	Partial bool
}

// Table is rows below named columns.
type Table struct {
	Columns []Column
	Rows    []Row
	Total   []Cell // nil: none
	// Repeat is the number of first columns that stand again in each part where a table too wide for its terminal is
	// broken into several, one below the other; 0: it is not broken.
	Repeat int
	// Fold is set where cells should be folded in the widest terminal too.
	Fold bool
}

// empty tells whether there is nothing but a head, which is worth writing for programs alone.
func (t Table) empty() bool { return len(t.Rows) == 0 && t.Total == nil }

// Column heads the cells of a table.
type Column struct {
	Name  string // for programs and for --columns: params%
	Head  string // for people; may be empty
	Right bool   // numbers stand on the right
	// Drop is the place in the order in which whole columns are left out of a narrow terminal, from 1; 0 stays.
	Drop int
	// Wrap is set for sentences, which may be broken at any space where the terminal is narrow.
	Wrap bool
	// Least is the number of columns to which its words may be cut there; 0: they stay whole.
	Least int
	// Middle is set where words lose their middle then, not their end: names of files and tensors.
	Middle bool
}

// Row is a line of a table: cells, or a section that starts here.
type Row struct {
	Cells   []Cell
	Section *Section
}

// Section is a boundary between rows; without Parts a mere rule.
type Section struct{ Parts []string }

// Cell is one value of a table, in two spellings.
type Cell struct {
	Text  string // for people: 118M, 64×112×112
	Exact string // for programs: 118013952, 1x64x112x112
	// Folded is Text over several lines, for a terminal that is too narrow for it; nil: it can't be folded.
	Folded []string
}

// text is a cell that is the same for people and programs.
func text(s string) Cell { return Cell{Text: s, Exact: s} }

// Data is a view for programs: an object with one list in it.
type Data struct {
	Head []Field
	List string // the key of Items; "" where there is no list
	// Items are the list's entries, a line each; without the rest they are NDJSON.
	Items []any
	Tail  []Field
}

// Field is a key of a JSON object.
type Field struct {
	Key   string
	Value any
}
