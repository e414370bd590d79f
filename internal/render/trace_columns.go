package render

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/nearest"
)

// traceColumn is a value of --columns.
type traceColumn struct {
	Column
	cell func(*Pass, row) Cell
	// total is what the column comes to in the whole network; nil: nothing that could be added.
	total func(*Pass) Cell
}

// traceColumns are all columns in the order in which they stand. Kernel, stride, pad and output are what the table is
// for: they stay in the narrowest terminal, and input as long as it can.
var traceColumns = []traceColumn{
	{Column: Column{Name: "index", Head: "#", Right: true, Drop: 7}, cell: func(_ *Pass, r row) Cell { return count(int64(r.first().Index)) }},
	{Column: Column{Name: "path", Head: "layer"}, cell: pathCell, total: func(*Pass) Cell { return text("total") }},
	{Column: Column{Name: "type", Head: "type", Drop: 1}, cell: func(_ *Pass, r row) Cell { return text(r.kind) }},
	{Column: Column{Name: "shortcut", Head: "shortcut", Drop: 8}, cell: func(_ *Pass, r row) Cell { return text(r.shortcut()) }},
	{Column: Column{Name: "kernel", Head: "kernel", Right: true}, cell: windows(func(e hooks.Record) Cell { return square(e.Kernel) })},
	{Column: Column{Name: "stride", Head: "stride", Right: true}, cell: windows(func(e hooks.Record) Cell { return size(e.Stride) })},
	{Column: Column{Name: "pad", Head: "pad", Right: true}, cell: windows(func(e hooks.Record) Cell { return size(e.Padding) })},
	{Column: Column{Name: "dilation", Head: "dilation", Right: true, Drop: 9}, cell: windows(func(e hooks.Record) Cell { return size(e.Dilation) })},
	{Column: Column{Name: "groups", Head: "groups", Right: true, Drop: 10}, cell: windows(func(e hooks.Record) Cell { return whole(e.Groups) })},
	{Column: Column{Name: "input", Head: "input", Right: true, Drop: 6}, cell: func(_ *Pass, r row) Cell { return shape(r.input()) }},
	{Column: Column{Name: "output", Head: "output", Right: true}, cell: func(_ *Pass, r row) Cell { return shape(r.output()) }},
	{Column: Column{Name: "calls", Head: "calls", Right: true}, cell: func(_ *Pass, r row) Cell { return count(int64(r.calls)) }},
	{
		Column: Column{Name: "params", Head: "params", Right: true, Drop: 4},
		cell:   func(_ *Pass, r row) Cell { return countOrNone(r.params()) },
		total:  func(p *Pass) Cell { return count(p.params()) },
	},
	{Column: Column{Name: "params%", Head: "params %", Right: true, Drop: 2}, cell: func(p *Pass, r row) Cell { return percent(r.params(), p.params()) }},
	{
		Column: Column{Name: "macs", Head: "MACs", Right: true, Drop: 5},
		cell:   func(_ *Pass, r row) Cell { return magnitudeOrNone(r.macs()) },
		total:  func(p *Pass) Cell { return magnitude(p.macs()) },
	},
	{Column: Column{Name: "macs%", Head: "MACs %", Right: true, Drop: 3}, cell: func(p *Pass, r row) Cell { return percent(r.macs(), p.macs()) }},
	{
		Column: Column{Name: "time", Head: "ms", Right: true, Drop: 16},
		cell:   func(_ *Pass, r row) Cell { return r.time() },
		total:  func(p *Pass) Cell { return row{events: p.leaves()}.time() },
	},
	{Column: Column{Name: "mean", Head: "mean", Right: true, Drop: 15}, cell: statistic(func(s hooks.Stats) Cell { return measured(s.Mean) })},
	{Column: Column{Name: "std", Head: "std", Right: true, Drop: 14}, cell: statistic(func(s hooks.Stats) Cell { return measured(s.Std) })},
	{Column: Column{Name: "min", Head: "min", Right: true, Drop: 13}, cell: statistic(func(s hooks.Stats) Cell { return measured(s.Min) })},
	{Column: Column{Name: "max", Head: "max", Right: true, Drop: 12}, cell: statistic(func(s hooks.Stats) Cell { return measured(s.Max) })},
	{Column: Column{Name: "zeros", Head: "zeros", Right: true, Drop: 11}, cell: statistic(func(s hooks.Stats) Cell { return share(s.Zeros) })},
	{Column: Column{Name: "nan", Head: "NaN", Right: true}, cell: statistic(func(s hooks.Stats) Cell { return count(s.NaN) })},
	{Column: Column{Name: "inf", Head: "Inf", Right: true}, cell: statistic(func(s hooks.Stats) Cell { return count(s.Inf) })},
}

// StatColumns need the values of outputs.
var StatColumns = []string{"mean", "std", "min", "max", "zeros"}

// Columns lists the columns that rows of a kind can have.
func Columns(rows string) []string { return rowKinds[rows].columns }

// NeedsStats tells whether columns show values, NeedsTime whether they show time.
func NeedsStats(columns []string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(StatColumns, c) })
}

// NeedsTime tells whether columns show time.
func NeedsTime(columns []string) bool { return slices.Contains(columns, "time") }

// InitialColumns are the columns of rows of a kind that nobody asked for: dilation and groups too where a layer has any.
func InitialColumns(rows string, layers []graph.Layer) []string {
	kind := rowKinds[rows]
	columns := slices.Clone(kind.initial)
	for _, l := range layers {
		if len(l.Dilation) > 0 && l.Dilation[0] > 1 {
			columns = append(columns, "dilation")
		}
		if l.Groups > 1 {
			columns = append(columns, "groups")
		}
	}
	return inOrder(columns, kind.columns)
}

// ChooseColumns is what --columns says, a list ("path,output") or an edit of the initial ones ("+groups,-macs").
func ChooseColumns(rows, choice string, initial []string) ([]string, error) {
	known := rowKinds[rows].columns
	if choice == "" {
		return inOrder(initial, known), nil
	}
	var listed []string
	edited := slices.Clone(initial)
	for word := range strings.SplitSeq(choice, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		name := strings.TrimLeft(word, "+-")
		if !slices.Contains(known, name) {
			return nil, unknownColumn(rows, name, known)
		}
		switch word[0] {
		case '+':
			edited = append(edited, name)
		case '-':
			edited = slices.DeleteFunc(edited, func(c string) bool { return c == name })
		default:
			listed = append(listed, name)
		}
	}
	if listed == nil && len(edited) == 0 {
		return nil, fmt.Errorf("columns %q: no column is left", choice)
	}
	if listed == nil {
		return inOrder(edited, known), nil
	}
	if strings.ContainsAny(choice, "+-") {
		return nil, fmt.Errorf("columns %q: either a list of names, or edits that all begin with + or -", choice)
	}
	return listed, nil
}

func unknownColumn(rows, name string, known []string) error {
	all := make([]string, len(traceColumns))
	for i, c := range traceColumns {
		all[i] = c.Name
	}
	if slices.Contains(all, name) {
		return fmt.Errorf("column %q: rows of %s have none; they have %s", name, rows, strings.Join(known, ", "))
	}
	return fmt.Errorf("no column %q%s; there are %s", name, nearest.Hint(name, all), strings.Join(known, ", "))
}

// inOrder sorts columns as they stand in a table, each once.
func inOrder(columns, known []string) []string {
	var sorted []string
	for _, c := range traceColumns {
		if slices.Contains(columns, c.Name) && slices.Contains(known, c.Name) {
			sorted = append(sorted, c.Name)
		}
	}
	return sorted
}

// columns are the trace's own, in its order. Where values are shown and some are not finite, their counts are too.
func (t *Trace) columns() []traceColumn {
	names := t.Columns
	if NeedsStats(names) && t.notFinite() != nil {
		names = append(slices.Clone(names), "nan", "inf")
	}
	var columns []traceColumn
	for _, name := range names {
		i := slices.IndexFunc(traceColumns, func(c traceColumn) bool { return c.Name == name })
		columns = append(columns, traceColumns[i])
	}
	return columns
}

func pathCell(_ *Pass, r row) Cell {
	if r.blocks > 0 {
		return Cell{Text: fmt.Sprintf("%s ×%d", r.path, r.blocks), Exact: r.path}
	}
	c := text(r.path)
	if parts := strings.SplitN(r.path, ".", 3); len(parts) == 3 && strings.Contains(parts[2], ".") { // layer1.0.downsample.0
		c.Folded = []string{parts[0] + "." + parts[1] + ".", "  " + parts[2]}
	}
	return c
}

// windows is the cell of a column that is about kernels: that of the one convolution or pool in a row, or of all on the
// residual branch of a block.
func windows(of func(hooks.Record) Cell) func(*Pass, row) Cell {
	return func(_ *Pass, r row) Cell {
		if r.calls > 0 { // a type: the same of all
			return of(r.first())
		}
		var texts, exacts []string
		for _, e := range r.events {
			shortcut := r.path != e.Path && e.OnShortcut
			if len(e.Kernel) > 0 && !shortcut {
				c := of(e)
				texts, exacts = append(texts, c.Text), append(exacts, c.Exact)
			}
		}
		return Cell{Text: strings.Join(texts, " "), Exact: strings.Join(exacts, " ")}
	}
}

func statistic(of func(hooks.Stats) Cell) func(*Pass, row) Cell {
	return func(_ *Pass, r row) Cell {
		if s := r.last().Stats; s != nil {
			return of(*s)
		}
		return Cell{}
	}
}

func (r row) shortcut() string {
	for _, e := range r.events {
		if e.Shortcut != "" {
			return e.Shortcut
		}
	}
	return ""
}
