package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/hooks"
)

// Flops explains why one network has several numbers of "FLOPs" in papers and tools: each is a sum of terms.
type Flops struct {
	Pass
	// Paper is the network as the paper has it, with the stride of bottlenecks on their first 1×1 convolution; nil where
	// that changes nothing.
	Paper *Pass
}

// The terms of a count.
const (
	termConv       = "conv"
	termPaperConv  = "conv, stride on 1×1"
	termProjection = "projection"
	termLinear     = "fc"
	termBias       = "fc bias"
	termNorm       = "batch norm"
	termNormParams = "batch norm parameters"
	termReLU       = "ReLU"
	termMaxPool    = "max pool"
	termAvgPool    = "avg pool"
	termDivisions  = "its divisions"
	termAdd        = "add"
)

// flopTerm is a kind of work, and how much of it a pass has.
type flopTerm struct {
	name, unit string
	count      int64
}

// figure is a number that is seen somewhere: a sum of terms.
type figure struct {
	seen  string // as it is written there
	by    string // where
	times int64  // of the whole sum: 2 where a multiply-add is two operations
	sum   []summand
	total int64
}

type summand struct {
	times int64
	term  string
}

func (s summand) twice() summand { return summand{2 * s.times, s.term} }

// terms counts what each kind of layer does.
func (f *Flops) terms() []flopTerm {
	list := []flopTerm{
		{termConv, "multiply-adds", 0}, {termProjection, "multiply-adds of shortcuts", 0}, {termLinear, "multiply-adds", 0},
		{termBias, "additions", 0}, {termNorm, "values put out", 0}, {termNormParams, "numbers", 0}, {termReLU, "values put out", 0},
		{termMaxPool, "values taken in", 0}, {termAvgPool, "values taken in", 0}, {termDivisions, "values put out", 0}, {termAdd, "values put out", 0},
	}
	if f.Paper != nil {
		list = append(list, flopTerm{termPaperConv, "multiply-adds", countTerms(f.Paper.All)[termConv]})
	}
	counts := countTerms(f.All)
	for i := range list {
		if n, ok := counts[list[i].name]; ok {
			list[i].count = n
		}
	}
	return list
}

// countTerms adds up the terms of all events.
func countTerms(events []hooks.Record) map[string]int64 {
	counts := map[string]int64{}
	for _, e := range events {
		out := int64(e.Output.Elements())
		switch e.Kind {
		case graph.Convolution:
			if e.OnShortcut {
				counts[termProjection] += e.MACs
			} else {
				counts[termConv] += e.MACs
			}
		case graph.FullyConnected:
			counts[termLinear] += e.MACs
			counts[termBias] += out
		case graph.Normalization:
			counts[termNorm] += out
			counts[termNormParams] += e.Params
		case graph.Activation:
			counts[termReLU] += out
		case graph.MaxPooling:
			counts[termMaxPool] += int64(e.Inputs[0].Elements())
		case graph.AvgPooling:
			counts[termAvgPool] += int64(e.Inputs[0].Elements())
			counts[termDivisions] += out
		case graph.Addition:
			counts[termAdd] += out
		}
	}
	return counts
}

// paperFigures are those of table 1 of He et al. (2015), in billions.
var paperFigures = map[string]string{
	"resnet18": "1.8", "resnet34": "3.6", "resnet50": "3.8", "resnet101": "7.6", "resnet152": "11.3",
	"resnet50_v1": "3.8", "resnet101_v1": "7.6", "resnet152_v1": "11.3",
}

// figures are the ways of counting, the smallest first.
func (f *Flops) figures() []figure {
	conv := summand{1, termConv}
	paper := conv
	if f.Paper != nil {
		paper.term = termPaperConv
	}
	projection, linear := summand{1, termProjection}, summand{1, termLinear}
	norm, relu, bias := summand{2, termNorm}, summand{1, termReLU}, summand{1, termBias}
	maxPool, pool, divisions := summand{1, termMaxPool}, summand{1, termAvgPool}, summand{1, termDivisions}
	macs := []summand{conv, projection, linear}
	and := func(more ...summand) []summand { return slices.Concat(macs, more) }
	// Versions are those of testdata/flops_reference.py, which asks the tools themselves; thop 0.0.31 imports no more.
	list := []figure{
		{by: "the paper", times: 1, sum: []summand{paper, projection, linear}},
		{by: "MACs here, torchvision", times: 1, sum: macs},
		{by: "ptflops 0.7 by aten", times: 1, sum: and(bias)},
		{by: "torchinfo 1.8", times: 1, sum: and(bias, summand{1, termNormParams})},
		{by: "fvcore", times: 1, sum: and(norm, pool)},
		{by: "thop 0.0.31", times: 1, sum: and(norm, pool, divisions)},
		{by: "ptflops 0.6 by hooks, mmcv", times: 1, sum: and(bias, norm, relu, maxPool, pool)},
		{by: "ptflops 0.7 by hooks", times: 1, sum: and(bias, norm, relu.twice(), maxPool.twice(), pool.twice())},
		{by: "thop 0.1.1", times: 1, sum: and(norm.twice(), pool, divisions)},
		{by: "PyTorch's FlopCounterMode", times: 2, sum: macs},
		{by: "calflops 0.3", times: 1, sum: []summand{
			conv.twice(), projection.twice(), linear.twice(), norm, relu, maxPool, pool,
		}},
	}
	terms := map[string]int64{}
	for _, t := range f.terms() {
		terms[t.name] = t.count
	}
	for i := range list {
		one := &list[i]
		for _, s := range one.sum {
			one.total += one.times * s.times * terms[s.term]
		}
		decimals := 2
		if one.times*one.sum[0].times == 2 {
			decimals = 1
		}
		one.seen = giga(one.total, decimals) + " G"
		if one.total < 1e9 {
			one.seen = giga(1000*one.total, decimals) + " M"
		}
	}
	if seen, ok := paperFigures[f.Spec.Name]; ok {
		list[0].seen = seen + " G"
	} else {
		list[0].by = "the paper's way"
	}
	return list
}

// giga is a number in billions.
func giga(n int64, decimals int) string {
	return strconv.FormatFloat(float64(n)/1e9, 'f', decimals, 64)
}

// words are a figure's sum: conv + projection + fc + 2·batch norm.
func (f figure) words(terms map[string]int64) string {
	var parts []string
	for _, s := range f.sum {
		switch {
		case terms[s.term] == 0:
		case s.times == 1:
			parts = append(parts, s.term)
		default:
			parts = append(parts, fmt.Sprintf("%d·%s", s.times, s.term))
		}
	}
	words := strings.Join(parts, " + ")
	if f.times != 1 {
		words = fmt.Sprintf("%d·(%s)", f.times, words)
	}
	return words
}

// Document has a table of figures, and one of the terms that they are sums of.
func (f *Flops) Document() Document {
	terms := map[string]int64{}
	sums := Table{Columns: []Column{
		{Name: "seen_as", Head: "seen as", Right: true}, {Name: "total", Head: "exactly", Right: true, Drop: 1}, {Name: "counted_by", Head: "counted by"},
		{Name: "sum", Head: "sum of", Wrap: true},
	}}
	parts := Table{Columns: []Column{{Name: "term", Head: "term"}, {Name: "count", Head: "number", Right: true}, {Name: "unit", Head: "of", Drop: 1}}}
	for _, t := range f.terms() {
		terms[t.name] = t.count
		if t.count > 0 {
			parts.Rows = append(parts.Rows, Row{Cells: []Cell{text(t.name), count(t.count), text(t.unit)}})
		}
	}
	for _, one := range f.figures() {
		sums.Rows = append(sums.Rows, Row{Cells: []Cell{
			text(one.seen), count(one.total), text(one.by), text(one.words(terms)),
		}})
	}
	doc := Document{
		Title:  f.Head.parts(f.Spec.Title(), f.blocks()),
		Tables: []Table{sums, parts},
		Lines:  [][]string{{"a multiply-add is one operation to most, two to some; papers say FLOPs for both"}},
	}
	if seen, ok := paperFigures[f.Spec.Name]; ok {
		doc.Lines = append(doc.Lines, []string{
			fmt.Sprintf("%s G is the paper's own figure (He et al., 2015, table 1) for %s G", seen, giga(f.figures()[0].total, 3)),
		})
	}
	return doc
}

// FlopsSchema is the version of the contract that docs/schema/flops.v1.json describes.
const FlopsSchema = "resnet.flops/v1"

// Data is the contract resnet.flops/v1.
func (f *Flops) Data() Data {
	type jsonTerm struct {
		Term  string `json:"term"`
		Times int64  `json:"times"`
		Count int64  `json:"count"`
	}
	type jsonFigure struct {
		SeenAs    string     `json:"seen_as"`
		CountedBy string     `json:"counted_by"`
		Total     int64      `json:"total"`
		Sum       []jsonTerm `json:"sum"`
	}
	terms := map[string]int64{}
	for _, t := range f.terms() {
		terms[t.name] = t.count
	}
	data := Data{Head: []Field{{"schema", FlopsSchema}, {"arch", f.Spec.Name}, {"input", f.Input}}, List: "figures"}
	for _, one := range f.figures() {
		entry := jsonFigure{SeenAs: one.seen, CountedBy: one.by, Total: one.total}
		for _, s := range one.sum {
			entry.Sum = append(entry.Sum, jsonTerm{s.term, one.times * s.times, terms[s.term]})
		}
		data.Items = append(data.Items, entry)
	}
	return data
}
