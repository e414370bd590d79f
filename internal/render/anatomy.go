package render

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/anatomy"
)

// Anatomy is what the residual branches of a network do to one input. What is nil is not shown.
type Anatomy struct {
	Pass
	Stem      []anatomy.Response
	Blocks    []anatomy.Block
	Fields    []anatomy.Field
	Paths     *anatomy.Paths
	Ablations []anatomy.Ablation // the whole network first
}

// Document has a table of blocks, one of layers and one of ablations.
func (a *Anatomy) Document() Document {
	doc := Document{Title: a.Title()}
	if a.Blocks != nil {
		doc.Tables = append(doc.Tables, a.blockTable())
	}
	if a.Fields != nil {
		doc.Tables = append(doc.Tables, a.fieldTable())
	}
	if a.Ablations != nil {
		doc.Tables = append(doc.Tables, a.ablationTable())
	}
	if a.Blocks != nil {
		doc.Lines = append(doc.Lines, []string{
			"F(x)/x = ratio of norms, x as the shortcut hands it to the add", "cosine of x and the block's output", "below a batch norm's name: std of what it puts out",
			"zeros and silent channels (0 everywhere) after the last ReLU",
		})
	}
	if a.Fields != nil {
		doc.Lines = append(doc.Lines, []string{
			"in input pixels: field = receptive field", "jump = distance of the kernel's taps", "stride = distance of neighbouring outputs",
		})
	}
	if a.Paths != nil {
		doc.Lines = append(doc.Lines, pathWords(*a.Paths))
	}
	if a.Ablations != nil {
		doc.Lines = append(doc.Lines, []string{
			"without = compiled without the block's residual branch", "divergence in bits from the whole network's probabilities",
		})
	}
	return doc
}

// pathWords say which ways lead through the shortcuts.
func pathWords(p anatomy.Paths) []string {
	if p.Choices == 0 {
		return []string{fmt.Sprintf("no shortcuts: one path, %d weighted layers, receptive field %d", p.Longest, p.LongestField)}
	}
	number := fmt.Sprintf("2^%d", p.Choices)
	if p.Choices < 40 {
		number += " = " + count(1<<p.Choices).Text
	}
	projections := ""
	switch p.Projections {
	case 0:
	case 1:
		projections = " (1 of them a projection)"
	default:
		projections = fmt.Sprintf(" (%d of them projections)", p.Projections)
	}
	return []string{
		number + " paths through the shortcuts",
		fmt.Sprintf("longest %d weighted layers, receptive field %d", p.Longest, p.LongestField),
		fmt.Sprintf("shortest %d%s, receptive field %d", p.Shortest, projections, p.ShortestField),
	}
}

func (a *Anatomy) blockTable() Table {
	t := Table{Columns: []Column{
		{Name: "path", Head: "block"}, {Name: "shortcut", Head: "shortcut", Drop: 1}, {Name: "residual", Head: "norm F(x)", Right: true, Drop: 3},
		{Name: "input_norm", Head: "norm x", Right: true, Drop: 2}, {Name: "ratio", Head: "F(x)/x", Right: true},
		{Name: "cosine", Head: "cosine", Right: true}, {Name: "responses"}, {Name: "zeros%", Head: "zeros", Right: true},
		{Name: "silent", Head: "silent", Right: true, Drop: 4},
	}}
	head, cells := a.responses()
	t.Columns[slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == "responses" })].Head = head
	stage := ""
	for i, b := range a.Blocks {
		if p := parent(b.Path); p != stage {
			stage = p
			t.Rows = append(t.Rows, Row{Section: &Section{Parts: []string{stage}}})
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			text(b.Path), text(b.Shortcut), orNone(b.Residual, 1), orNone(b.Input, 1), orNone(b.Ratio(), 3), orNone(b.Cosine, 3),
			cells[i], share(b.Zeros),
			{Text: fmt.Sprintf("%d of %d", b.Silent, b.Channels), Exact: strconv.Itoa(b.Silent)},
		}})
	}
	return t
}

// orNone is a value of few digits; a block without a shortcut has none.
func orNone(v float64, digits int) Cell {
	if math.IsNaN(v) {
		return Cell{Exact: "NaN"}
	}
	return Cell{Text: strconv.FormatFloat(v, 'f', digits, 64), Exact: strconv.FormatFloat(v, 'g', -1, 64)}
}

// responses are the standard deviations in each block, one below the other, under the names of the layers that they are of.
func (a *Anatomy) responses() (head string, cells []Cell) {
	var names []string
	room := 0
	for _, b := range a.Blocks {
		for i, r := range b.Responses {
			name := r.Path[strings.LastIndexByte(r.Path, '.')+1:]
			if i == len(names) {
				names = append(names, name)
			}
			room = max(room, width(name), width(deviation(r)))
		}
	}
	aligned := func(words []string) string {
		for i := range words {
			words[i] = fmt.Sprintf("%*s", room, words[i])
		}
		return strings.Join(words, " ")
	}
	for _, b := range a.Blocks {
		var people, programs []string
		for _, r := range b.Responses {
			people, programs = append(people, deviation(r)), append(programs, strconv.FormatFloat(r.Std, 'g', -1, 64))
		}
		cells = append(cells, Cell{Text: aligned(people), Exact: strings.Join(programs, " ")})
	}
	return aligned(names), cells
}

func deviation(r anatomy.Response) string { return strconv.FormatFloat(r.Std, 'f', 3, 64) }

func (a *Anatomy) fieldTable() Table {
	t := Table{Columns: []Column{
		{Name: "path", Head: "layer"}, {Name: "class", Head: "class", Drop: 1}, {Name: "field", Head: "field", Right: true},
		{Name: "jump", Head: "jump", Right: true}, {Name: "stride", Head: "stride", Right: true},
	}}
	for _, f := range a.Fields {
		size := count(int64(f.Size))
		if f.Whole {
			size = text("all")
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{text(f.Path), text(f.Class), size, whole(f.Jump), whole(f.Stride)}})
	}
	return t
}

func (a *Anatomy) ablationTable() Table {
	kept := a.Ablations[0].Label
	t := Table{Columns: []Column{
		{Name: "without", Head: "without", Least: leastName, Middle: true}, {Name: "label", Head: "prediction", Least: leastLabel}, {Name: "probability", Head: "prob.", Right: true},
		{Name: "kept", Head: kept, Right: true, Least: leastLabel}, {Name: "rank", Head: "rank", Right: true, Drop: 1},
		{Name: "divergence", Head: "divergence", Right: true},
	}}
	for _, b := range a.Ablations {
		without := "nothing"
		if b.Without != nil {
			without = strings.Join(b.Without, " + ")
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			text(without), text(b.Label), probability(b.Probability), probability(b.Kept), count(int64(b.Rank)), orNone(b.Divergence, 3),
		}})
	}
	return t
}

func probability(p float64) Cell {
	return Cell{Text: PercentOf(p), Exact: strconv.FormatFloat(p, 'g', -1, 64)}
}

// Title is the parts of its first line.
func (a *Anatomy) Title() []string { return a.Head.parts(a.Spec.Title(), a.blocks()) }
