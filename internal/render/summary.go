package render

import (
	"fmt"
	"io"
	"strings"

	"resnet/internal/article"
)

// Summary is what each stage of a network does to planes and dimensions.
type Summary struct{ Pass }

// part is a line of a summary: a module of the network itself.
type part struct {
	row
	name   string // the article's: Initial conv, Layer 1
	result string // its net result; "" where the article gives none
}

// title is the part's name with its number of blocks: Layer 1 (3 blocks).
func (p part) title() string {
	if p.blocks == 0 {
		return p.name
	}
	return fmt.Sprintf("%s (%s)", p.name, blocks(p.blocks))
}

// parts are the network's modules in order.
func (p *Pass) parts() []part {
	var parts []part
	for _, r := range p.stageRows() {
		part := part{row: r, name: r.path}
		switch in, out := r.input(), r.output(); {
		case r.blocks > 0:
			part.name = "Layer " + strings.TrimPrefix(r.path, "layer")
			part.result = sentence(article.StageResult(in, out))
		case r.path == "conv1":
			part.name = "Initial conv"
			part.result = article.StemResult(in, out)
		case r.path == "maxpool":
			part.name = "Initial pool"
			part.result = sentence(article.PoolResult(in, out))
		case r.path == "avgpool":
			part.name = "Avg pool"
		case r.path == "fc":
			part.name = "Fully connected"
		}
		parts = append(parts, part)
	}
	return parts
}

// Document is the article's summary as a table, with what it costs.
func (s *Summary) Document() Document {
	table := Table{Columns: []Column{
		{Name: "part"}, {Name: "output", Head: "output", Drop: 2}, {Name: "result", Head: "net result", Drop: 1, Wrap: true},
		{Name: "params", Head: "params", Right: true}, {Name: "macs", Head: "MACs", Right: true, Drop: 3},
	}}
	for _, p := range s.parts() {
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			text(p.title()), text(p.output().String()), foldable(p.result), countOrNone(p.params()), magnitudeOrNone(p.macs()),
		}})
	}
	table.Total = []Cell{text("total"), {}, {}, count(s.params()), magnitude(s.macs())}
	return Document{
		Title:  s.Head.parts(s.Spec.Title(), fmt.Sprintf("%s, expansion %d", s.blocks(), s.Spec.Expansion())),
		Tables: []Table{table},
		Lines: [][]string{
			{weightedLayers(s.Graph)},
			{keepers(s.residualBlocks())},
			{operations(s.macs(), s.Input[0]), s.weights()},
		},
	}
}

// Article prints the summary as the article lays it out.
func (s *Summary) Article(w io.Writer) error {
	fmt.Fprintf(w, "Summary for %s:\n\nInput tensor shape: %v\n", article.Title(s.Spec.Name), s.Input)
	for _, p := range s.parts() {
		fmt.Fprintf(w, "\n%s:\n    Output: %v\n", p.title(), p.output())
		if p.result != "" {
			fmt.Fprintf(w, "    Net result: %s\n", article.AsPrinted(p.result))
		}
	}
	return nil
}
