package render

import (
	"fmt"
	"slices"

	"resnet/internal/model"
	"resnet/internal/number"
)

// Diff is what network B has otherwise than network A.
type Diff struct {
	A, B    DiffNet
	Keys    []DiffKey      // of their YAML
	Changes []model.Change // of A.Parts to B.Parts
	Weights *DiffWeights   // nil where one of them has none
}

// DiffNet is one of two networks.
type DiffNet struct {
	Head
	Name  string // that tells it from the other
	Parts []model.Part
}

// DiffKey is a key with two values.
type DiffKey struct {
	Key string `json:"key"`
	A   string `json:"a"`
	B   string `json:"b"`
}

// Same tells whether nothing differs.
func (d *Diff) Same() bool { return d.sameNet() && d.Weights.Same() }

func (d *Diff) sameNet() bool { return len(d.Keys) == 0 && len(d.Changes) == 0 }

func (n DiffNet) sums() (params, macs int64) {
	for _, p := range n.Parts {
		params += p.Params
		macs += p.MACs
	}
	return params, macs
}

// Document is what differs between the networks, then between their weights.
func (d *Diff) Document() Document {
	table, line := d.table(), d.totals()
	doc := Document{Title: d.title(), Tables: []Table{table}, Lines: [][]string{line}}
	if d.sameNet() {
		doc.Lines = [][]string{append([]string{"No difference"}, line...)}
	}
	if d.Weights == nil {
		return doc
	}
	weights := d.Weights.table(d)
	switch {
	case !d.sameNet():
		doc.Tables = append(doc.Tables, weights)
	default: // of the networks there is nothing to say
		doc.Tables = []Table{weights}
		doc.Lines = nil
	}
	doc.Lines = append(doc.Lines, d.Weights.lines()...)
	return doc
}

// table has a row for each key and each change, by stage.
func (d *Diff) table() Table {
	table := Table{Columns: []Column{
		{Name: "path"}, {Name: "a", Head: d.A.Name}, {Name: "b", Head: d.B.Name},
		{Name: "params", Head: "Δ params", Right: true, Drop: 2}, {Name: "macs", Head: "Δ MACs", Right: true, Drop: 1},
	}}
	if len(d.Keys) > 0 {
		table.Rows = append(table.Rows, Row{Section: &Section{Parts: []string{"keys"}}})
	}
	for _, k := range d.Keys {
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			narrow(text(k.Key), narrowKey), narrow(text(k.A), narrowSide), narrow(text(k.B), narrowSide), {}, {},
		}})
	}
	part := ""
	for _, c := range d.Changes {
		if c.Part != part {
			table.Rows = append(table.Rows, Row{Section: &Section{Parts: d.section(c.Part)}})
		}
		part = c.Part
		params, macs := delta(c)
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			changedPath(c), sideCell(c, c.A), sideCell(c, c.B), signed(params, number.Thousands), signed(macs, short3),
		}})
	}
	if !d.sameNet() {
		paramsA, macsA := d.A.sums()
		paramsB, macsB := d.B.sums()
		table.Total = []Cell{text("total"), {}, {}, signed(paramsB-paramsA, number.Thousands), signed(macsB-macsA, short3)}
	}
	return table
}

// title names the networks and their input, once where it is the same.
func (d *Diff) title() []string {
	input := "input " + d.A.Input.String()
	if !d.A.Input.Equal(d.B.Input) {
		input += " → " + d.B.Input.String()
	}
	return []string{d.A.Name + " → " + d.B.Name, input}
}

// section is a part's name and how many blocks it has.
func (d *Diff) section(name string) []string {
	var counts []int
	for _, n := range []DiffNet{d.A, d.B} {
		i := slices.IndexFunc(n.Parts, func(p model.Part) bool { return p.Name == name })
		if i < 0 {
			counts = append(counts, 0)
		} else {
			counts = append(counts, len(n.Parts[i].Blocks))
		}
	}
	switch a, b := counts[0], counts[1]; {
	case a != b:
		return []string{name, fmt.Sprintf("%d → %s", a, blocks(b))}
	case a > 0:
		return []string{name, blocks(a)}
	}
	return []string{name}
}

// totals are both networks' numbers.
func (d *Diff) totals() []string {
	paramsA, macsA := d.A.sums()
	paramsB, macsB := d.B.sums()
	return []string{
		bothWords(number.Thousands(paramsA), number.Thousands(paramsB)) + " params",
		bothWords(short3(macsA), short3(macsB)) + " MACs",
	}
}

// bothWords is what became of a number.
func bothWords(a, b string) string {
	if a == b {
		return a
	}
	return a + " → " + b
}

// delta is what a change adds.
func delta(c model.Change) (params, macs int64) {
	if c.A != nil {
		params, macs = -c.A.Params, -c.A.MACs
	}
	if c.B != nil {
		params, macs = params+c.B.Params, macs+c.B.MACs
	}
	return params, macs
}

func short3(n int64) string { return short(n, "") }

// signed is a difference; nothing where there is none.
func signed(n int64, words func(int64) string) Cell {
	c := Cell{Text: words(n), Exact: fmt.Sprint(n)}
	switch {
	case n == 0:
		c.Text = ""
	case n > 0:
		c.Text = "+" + c.Text
	}
	return c
}
