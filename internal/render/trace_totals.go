package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"resnet/internal/hooks"
)

// recap says what each stage does to planes and dimensions, and its share of the whole.
func (t *Trace) recap() Table {
	table := Table{Columns: []Column{
		{Name: "path"}, {Name: "planes", Head: "planes"}, {Name: "dimensions", Head: "dimensions"},
		{Name: "params", Head: "params", Right: true, Drop: 3}, {Name: "params%", Right: true, Drop: 1},
		{Name: "macs", Head: "MACs", Right: true, Drop: 4}, {Name: "macs%", Right: true, Drop: 2},
	}}
	for _, r := range t.stageRows() {
		in, out := r.input(), r.output()
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			pathCell(&t.Pass, r), arrow(in[1:2], out[1:2]), arrow(in[2:], out[2:]),
			countOrNone(r.params()), percent(r.params(), t.params()),
			magnitudeOrNone(r.macs()), percent(r.macs(), t.macs()),
		}})
	}
	table.Total = []Cell{text("total"), {}, {}, count(t.params()), {}, magnitude(t.macs()), {}}
	return table
}

// total is the last line of a table whose rows are the whole network.
func (t *Trace) total(columns []traceColumn) []Cell {
	cells := make([]Cell, len(columns))
	for i, c := range columns {
		if c.total != nil {
			cells[i] = c.total(&t.Pass)
		}
	}
	if cells[0].Text == "" {
		cells[0] = text("total")
	}
	return cells
}

// totals are the lines below the tables.
func (t *Trace) totals() [][]string {
	work := []string{weightedLayers(t.Graph), operations(t.macs(), t.Input[0])}
	sizes := []string{t.weights()}
	if t.PeakActivations > 0 {
		words := "peak activations " + memory(t.PeakActivations) + " as planned"
		if slices.ContainsFunc(t.All, func(e hooks.Record) bool { return e.Stats != nil }) { // else layers are computed in one go
			words += ", values kept for statistics"
		}
		sizes = append(sizes, words)
	}
	sizes = append(sizes, "sum of layer outputs "+memory(t.outputs()))
	lines := [][]string{work, sizes}
	if notFinite := t.notFinite(); notFinite != nil {
		lines = append(lines, notFinite)
	}
	if t.Answer != nil {
		lines = append(lines, t.answer())
	}
	return lines
}

// answer is what the network says of the photo.
func (t *Trace) answer() []string {
	words := make([]string, len(t.Answer))
	for i, p := range t.Answer {
		words[i] = p.Label + " " + PercentOf(p.Probability)
	}
	return []string{"the network's answer: " + strings.Join(words, ", ")}
}

// operations says how much there is to compute.
func operations(macs int64, batch int) string {
	words := fmt.Sprintf("%s MACs = %sFLOP at 2 per MAC", count(macs).Text, short(2*macs, " "))
	if batch > 1 {
		words += fmt.Sprintf(", for %d images", batch)
	}
	return words
}

// notFinite counts what no statistic can hide.
func (t *Trace) notFinite() []string {
	var layers, nan, inf int64
	for _, e := range t.Events() {
		if s := e.Stats; s != nil && s.NaN+s.Inf > 0 {
			layers++
			nan += s.NaN
			inf += s.Inf
		}
	}
	if layers == 0 {
		return nil
	}
	return []string{fmt.Sprintf("not finite: %s NaN and %s Inf in %d of the outputs", count(nan).Text, count(inf).Text, layers)}
}

// time is the sum over a row's events, or where it stands if they were computed with an earlier layer.
func (r row) time() Cell {
	if sum := r.elapsed(); sum != nil {
		return duration(*sum)
	}
	switch into := r.first().FusedInto; {
	case into != "" && r.calls > 0:
		return Cell{Text: "fused"}
	case into != "":
		return Cell{Text: "in " + into[strings.LastIndexByte(into, '.')+1:]}
	}
	return Cell{}
}

// elapsed is the sum over a row's events; nil where none has a time of its own.
func (r row) elapsed() *time.Duration {
	var sum *time.Duration
	for _, e := range r.events {
		if e.Time != nil {
			if sum == nil {
				sum = new(time.Duration)
			}
			*sum += *e.Time
		}
	}
	return sum
}
