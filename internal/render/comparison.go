package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// ComparisonSchema is the version of the contract that docs/schema/comparison.v1.json describes.
const ComparisonSchema = "resnet.comparison/v1"

// Comparison is several networks side by side, as in table 1 of He et al. (2015), with their net results, which is the
// article's closing comparison.
type Comparison struct{ Nets []*Pass }

// titles are the first line of a view of several networks.
func titles(nets []*Pass) []string {
	if len(nets) == 1 {
		return nets[0].Head.parts(nets[0].Spec.Title(), nets[0].blocks())
	}
	var parts, inputs []string
	for _, p := range nets {
		parts = append(parts, p.Spec.Title())
		if input := p.Input.String(); !slices.Contains(inputs, input) {
			inputs = append(inputs, input)
		}
	}
	return append(parts, "input "+strings.Join(inputs, " or "), nets[0].Weights)
}

// Document is the paper's table, then what each layer does to planes and dimensions.
func (c *Comparison) Document() Document {
	results, closing := c.results()
	return Document{Title: titles(c.Nets), Tables: []Table{c.layers(), results}, Lines: [][]string{{closing}}}
}

// Article prints the summaries one after the other.
func (c *Comparison) Article(w io.Writer) error {
	for i, p := range c.Nets {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := (&Summary{*p}).Article(w); err != nil {
			return err
		}
	}
	return nil
}

// layers is the paper's table 1.
func (c *Comparison) layers() Table {
	shared := c.sameOutputs()
	table := Table{Repeat: 1, Columns: []Column{{Name: "layer", Head: "layer"}}}
	if shared {
		table.Repeat = 2
		table.Columns = append(table.Columns, Column{Name: "output", Head: "output"})
	}
	for _, p := range c.Nets {
		table.Columns = append(table.Columns, Column{Name: p.Spec.Name, Head: p.Spec.Title()})
	}
	for _, path := range c.paths() {
		cells := []Cell{text(c.rowName(path))}
		output := Cell{}
		for _, p := range c.Nets {
			r, ok := p.stageRow(path)
			if !ok {
				cells = append(cells, Cell{})
				continue
			}
			output = square(r.output()[2:])
			cell := p.structure(r)
			if !shared {
				cell = prefixed(output, cell)
			}
			cells = append(cells, cell)
		}
		if shared {
			cells = slices.Insert(cells, 1, output)
		}
		table.Rows = append(table.Rows, Row{Cells: cells})
	}
	table.Rows = append(table.Rows, Row{Section: &Section{}},
		c.figures(shared, "weighted layers", func(p *Pass) Cell { depth, _ := p.Spec.WeightedLayers(); return count(int64(depth)) }),
		c.figures(shared, "params", func(p *Pass) Cell { return count(p.params()) }),
		c.figures(shared, `MACs (the paper's "FLOPs")`, func(p *Pass) Cell { return magnitude(p.macs()) }),
		c.figures(shared, "shortcut", func(p *Pass) Cell { return text(p.Spec.Shortcut) }),
	)
	return table
}

// figures is a row of one number for each network.
func (c *Comparison) figures(shared bool, name string, of func(*Pass) Cell) Row {
	label := text(name)
	label.Folded = strings.SplitAfter(name, " (") // the paper's name below ours
	if len(label.Folded) == 2 {
		label.Folded[0] = strings.TrimSuffix(label.Folded[0], " (")
		label.Folded[1] = "(" + label.Folded[1]
	}
	cells := []Cell{label}
	if shared {
		cells = append(cells, Cell{})
	}
	for _, p := range c.Nets {
		cells = append(cells, of(p))
	}
	return Row{Cells: cells}
}

// paths are the modules that any of the networks has, those of the deepest kind in order; the average pool is told with
// the fully connected layer.
func (c *Comparison) paths() []string {
	stages := 0
	pool := false
	for _, p := range c.Nets {
		stages = max(stages, len(p.Graph.Stages))
		_, has := p.stageRow("maxpool")
		pool = pool || has
	}
	paths := []string{"conv1"}
	if pool {
		paths = append(paths, "maxpool")
	}
	for i := range stages {
		paths = append(paths, fmt.Sprintf("layer%d", i+1))
	}
	return append(paths, "fc")
}

// rowName is the paper's name of a layer with torchvision's: conv2_x (layer1).
func (c *Comparison) rowName(path string) string {
	var n int
	if _, err := fmt.Sscanf(path, "layer%d", &n); err == nil {
		return fmt.Sprintf("conv%d_x (%s)", n+1, path)
	}
	return path
}

// sameOutputs tells whether all networks that have a layer put out maps of the same size there.
func (c *Comparison) sameOutputs() bool {
	for _, path := range c.paths() {
		var first string
		for _, p := range c.Nets {
			r, ok := p.stageRow(path)
			if !ok || path == "fc" {
				continue
			}
			output := r.output()[2:].Join("x")
			if first != "" && output != first {
				return false
			}
			first = output
		}
	}
	return true
}

// stageRow is the row of a module of the network itself.
func (p *Pass) stageRow(path string) (row, bool) {
	rows := p.stageRows()
	i := slices.IndexFunc(rows, func(r row) bool { return r.path == path })
	if i < 0 {
		return row{}, false
	}
	return rows[i], true
}

// results groups the networks that do the same to planes and dimensions, and says where they differ.
func (c *Comparison) results() (Table, string) {
	paths := slices.DeleteFunc(c.paths(), func(p string) bool { return p == "fc" })
	type group struct {
		nets    []string
		results []string
	}
	var groups []group
	for _, p := range c.Nets {
		results := p.results(paths)
		i := slices.IndexFunc(groups, func(g group) bool { return slices.Equal(g.results, results) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{results: results})
		}
		groups[i].nets = append(groups[i].nets, p.Spec.Title())
	}
	table := Table{Repeat: 1, Columns: []Column{{Name: "layer", Head: "net result"}}}
	for _, g := range groups {
		table.Columns = append(table.Columns, Column{Name: strings.Join(g.nets, " "), Head: strings.Join(g.nets, ", ")})
	}
	var differ []string
	for i, path := range paths {
		cells := []Cell{text(path)}
		different := false
		for _, g := range groups {
			cells = append(cells, foldable(g.results[i]))
			different = different || g.results[i] != groups[0].results[i]
		}
		if different {
			differ = append(differ, path)
		}
		table.Rows = append(table.Rows, Row{Cells: cells})
	}
	switch {
	case len(differ) == 0:
		return table, "All of them do the same to planes and dimensions."
	case len(differ) == 1:
		return table, fmt.Sprintf("Overall, they differ in %s alone; every other layer does the same in all of them.", differ[0])
	}
	return table, fmt.Sprintf("Overall, they differ in %s.", strings.Join(differ, ", "))
}

// results are the net results of the modules that a network has at paths, "" where it has none.
func (p *Pass) results(paths []string) []string {
	results := make([]string, len(paths))
	for _, part := range p.parts() {
		if i := slices.Index(paths, part.path); i >= 0 {
			results[i] = part.result
		}
	}
	return results
}
