package render

import (
	"fmt"
	"slices"

	"resnet/internal/article"
	"resnet/internal/hooks"
	"resnet/internal/labels"
)

// Trace is the way of a tensor through a network.
type Trace struct {
	Pass
	Select  func(int) bool // which of them are shown, by index; nil: all
	Rows    string         // one of RowKinds
	Columns []string       // from ChooseColumns
	// PeakActivations is the size in bytes of the plan's arena; 0: there is no plan.
	PeakActivations int64
	// Answer is what the network says of a photo, the most probable classes first; nil: nothing is shown of it.
	Answer []labels.Prediction
}

// TraceAnswers is how many classes the answer has.
const TraceAnswers = 3

// Events are those that are shown.
func (t *Trace) Events() []hooks.Record {
	if t.Select == nil {
		return t.All
	}
	return slices.DeleteFunc(slices.Clone(t.All), func(e hooks.Record) bool { return !t.Select(e.Index) })
}

// Outputs are the events whose values the rows of the table show: the last of each.
func (t *Trace) Outputs() []int {
	var events []int
	for _, r := range rowKinds[t.Rows].rows(&t.Pass) {
		if t.shows(r) {
			events = append(events, r.last().Index)
		}
	}
	return events
}

// Document is the trace as a table, what it comes to by stage, and the totals.
func (t *Trace) Document() Document {
	kind := rowKinds[t.Rows]
	rows := kind.rows(&t.Pass)
	main := t.table(rows, kind.sections)
	doc := Document{Title: t.Head.parts(t.Spec.Title(), t.blocks()), Tables: []Table{main}}
	switch shown := main.size(); {
	case shown < len(rows):
		doc.Lines = append(doc.Lines, []string{fmt.Sprintf("%d of %d rows; what follows is the whole network", shown, len(rows))})
	case kind.complete:
		doc.Tables[0].Total = t.total(t.columns())
	default:
		doc.Tables = append(doc.Tables, t.recap())
	}
	doc.Lines = append(doc.Lines, t.totals()...)
	return doc
}

// size is the number of rows, boundaries not counted.
func (t Table) size() (n int) {
	for _, r := range t.Rows {
		if r.Section == nil {
			n++
		}
	}
	return n
}

// table has a line for each row that is shown.
func (t *Trace) table(rows []row, sections bool) Table {
	columns := t.columns()
	table := Table{}
	for _, c := range columns {
		table.Columns = append(table.Columns, c.Column)
	}
	stage, stages := "", t.stageRows()
	for _, r := range rows {
		if !t.shows(r) {
			continue
		}
		if sections && r.stage != stage {
			table.Rows = append(table.Rows, Row{Section: boundary(r.stage, stages)})
		}
		stage = r.stage
		cells := make([]Cell, len(columns))
		for i, c := range columns {
			cells[i] = c.cell(&t.Pass, r)
		}
		table.Rows = append(table.Rows, Row{Cells: cells})
	}
	return table
}

// shows tells whether one of the events of a row is selected.
func (t *Trace) shows(r row) bool {
	return t.Select == nil || slices.ContainsFunc(r.events, func(e hooks.Record) bool { return t.Select(e.Index) })
}

// boundary is what stands before the first row of a stage; a mere rule where it is outside of all.
func boundary(stage string, stages []row) *Section {
	i := slices.IndexFunc(stages, func(r row) bool { return r.blocks > 0 && r.path == stage })
	if i < 0 {
		return &Section{}
	}
	r := stages[i]
	return &Section{Parts: []string{stage, blocks(r.blocks), article.StageResult(r.input(), r.output())}}
}
