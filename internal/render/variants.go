package render

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/article"
	"resnet/internal/tensor"
)

// Variants are the kinds of block that networks are built of.
type Variants struct{ Nets []*Pass }

// variant is all blocks of a network that do the same to their input in the same way.
type variant struct {
	result  string // net result
	strides string
	blocks  []residualBlock
}

// variants sorts the blocks of a network by what they do, in the order of the first of each kind.
func (p *Pass) variants() []*variant {
	var found []*variant
	for _, b := range p.residualBlocks() {
		result, strides := article.StageResult(b.in, b.out), b.strideWords()
		i := slices.IndexFunc(found, func(v *variant) bool {
			return v.result == result && v.strides == strides && v.blocks[0].Shortcut == b.Shortcut
		})
		if i < 0 {
			i = len(found)
			found = append(found, &variant{result: result, strides: strides})
		}
		found[i].blocks = append(found[i].blocks, b)
	}
	return found
}

// shapes says what the blocks' inputs and outputs are, once for each stage: 64×56×56 → 256×56×56.
func (v *variant) shapes() Cell {
	var folded, exact []string
	for _, b := range v.blocks {
		c := arrow(b.in[1:], b.out[1:])
		if !slices.Contains(folded, c.Text) {
			folded, exact = append(folded, c.Text), append(exact, c.Exact)
		}
	}
	return Cell{Text: strings.Join(folded, ", "), Exact: strings.Join(exact, ", "), Folded: folded}
}

// Document has a row for each variant.
func (v *Variants) Document() Document {
	table := Table{Fold: true, Columns: []Column{
		{Name: "net", Head: "net"}, {Name: "count", Head: "count", Right: true}, {Name: "where", Head: "where"},
		{Name: "shapes", Head: "in → out"}, {Name: "shortcut", Head: "shortcut", Drop: 3}, {Name: "strides", Head: "strides", Drop: 2},
		{Name: "result", Head: "net result", Drop: 1},
	}}
	doc := Document{Title: titles(v.Nets)}
	for _, p := range v.Nets {
		variants := p.variants()
		for _, v := range variants {
			where := ranges(v.blocks)
			table.Rows = append(table.Rows, Row{Cells: []Cell{
				text(p.Spec.Name), count(int64(len(v.blocks))),
				{Text: strings.Join(where, ", "), Exact: strings.ReplaceAll(strings.Join(where, ", "), "–", "-"), Folded: where},
				v.shapes(), text(v.blocks[0].Shortcut), text(v.strides), foldable(sentence(v.result)),
			}})
		}
		line := fmt.Sprintf("%d variants of %s in %s", len(variants), p.Spec.BlockClass(), blocks(p.Spec.Blocks()))
		if len(variants) == 1 {
			line = fmt.Sprintf("1 variant of %s in %s", p.Spec.BlockClass(), blocks(p.Spec.Blocks()))
		}
		if len(v.Nets) > 1 {
			line = p.Spec.Name + ": " + line
		}
		doc.Lines = append(doc.Lines, []string{line})
	}
	if len(v.Nets) == 1 {
		table = table.pick(1, 2, 3, 4, 5, 6)
	}
	doc.Tables = []Table{table}
	return doc
}

// VariantsSchema is the version of the contract that docs/schema/blocks.v1.json describes.
const VariantsSchema = "resnet.blocks/v1"

// jsonVariant is an entry of "variants".
type jsonVariant struct {
	Arch     string       `json:"arch"`
	Class    string       `json:"class"`
	Count    int          `json:"count"`
	Where    []string     `json:"where"`
	Shapes   []jsonShapes `json:"shapes"`
	Shortcut string       `json:"shortcut"`
	Strides  [][]int      `json:"strides"`
	Result   string       `json:"result"`
}

// jsonShapes are those of a block.
type jsonShapes struct {
	Input  tensor.Shape `json:"input"`
	Output tensor.Shape `json:"output"`
}

// Data is the contract resnet.blocks/v1: an entry a variant.
func (v *Variants) Data() Data {
	data := Data{Head: []Field{{"schema", VariantsSchema}}, List: "variants"}
	for _, p := range v.Nets {
		for _, v := range p.variants() {
			first := v.blocks[0]
			data.Items = append(data.Items, jsonVariant{
				Arch: p.Spec.Name, Class: first.Class, Count: len(v.blocks), Where: paths(v.blocks), Shapes: v.jsonShapes(),
				Shortcut: first.Shortcut, Strides: first.strides, Result: sentence(v.result),
			})
		}
	}
	return data
}

func (v *variant) jsonShapes() []jsonShapes {
	var shapes []jsonShapes
	for _, b := range v.blocks {
		same := func(s jsonShapes) bool { return s.Input.Equal(b.in) && s.Output.Equal(b.out) }
		if !slices.ContainsFunc(shapes, same) {
			shapes = append(shapes, jsonShapes{b.in, b.out})
		}
	}
	return shapes
}
