package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"resnet/internal/draw"
	"resnet/internal/evaluate"
	"resnet/internal/labels"
	"resnet/internal/number"
	"resnet/internal/render"
)

// Quality stands above the cards of a page: how good a classifier is on labelled photos.
type Quality struct {
	View interface { // *render.Fit or *render.Evaluation
		render.View
		Tables() []render.Captioned
	}
	Labels *labels.List
	Scores *evaluate.Scores
}

// quality is what the template shows of it.
type quality struct {
	Facts   []string // what is to be known first
	More    []string // how it was made
	Figures []captionedFigure
	Tables  []foldedTable
}

type captionedFigure struct {
	Caption string
	SVG     template.HTML
}

// mostFacts is how many lines stand above the figures.
const mostFacts = 4

// openRows is how many rows a table has that is not folded away.
const openRows = 30

func newQuality(q *Quality) (*quality, error) {
	out := &quality{}
	doc := q.View.Document()
	for _, line := range append([][]string{doc.Title[1:]}, doc.Lines...) {
		out.Facts = append(out.Facts, clean(strings.Join(line, " · ")))
	}
	first := min(len(out.Facts), mostFacts)
	out.Facts, out.More = out.Facts[:first], out.Facts[first:]
	for _, figure := range []struct {
		caption string
		*draw.Figure
	}{{"What was taken for what", q.confusion().Figure()}, {"How far the probabilities can be trusted", q.reliability().Figure()}} {
		drawn, err := svg(figure.Figure)
		if err != nil {
			return nil, err
		}
		out.Figures = append(out.Figures, captionedFigure{figure.caption, drawn})
	}
	for i, t := range q.View.Tables() {
		if len(t.Rows) > 0 {
			out.Tables = append(out.Tables, foldedTable{newTable(fmt.Sprintf("%s (%s)", t.Caption, number.Thousands(int64(len(t.Rows)))), t.Table), i == 0 && len(t.Rows) <= openRows})
		}
	}
	return out, nil
}

// confusion is the matrix of the classes that have photos or were an answer, or of those that are confused most often.
func (q *Quality) confusion() draw.Confusion {
	s := q.Scores
	seen, errors := make([]bool, len(s.Classes)), make([]int, len(s.Classes))
	for i, c := range s.Classes {
		seen[i] = c.Images > 0
	}
	for p, n := range s.Confusion {
		seen[p.Predicted] = true
		errors[p.Label] += n
		errors[p.Predicted] += n
	}
	var chosen []int
	for i := range s.Classes {
		if seen[i] {
			chosen = append(chosen, i)
		}
	}
	c := draw.Confusion{Of: len(chosen)}
	slices.SortStableFunc(chosen, func(a, b int) int { return cmp.Compare(errors[b], errors[a]) })
	chosen = chosen[:min(len(chosen), draw.MostConfused)]
	slices.Sort(chosen)
	for _, i := range chosen {
		row := make([]int, len(chosen))
		for j, answer := range chosen {
			row[j] = s.Confusion[evaluate.Pair{Label: i, Predicted: answer}]
			if i == answer {
				row[j] = s.Classes[i].Top1
			}
		}
		c.Classes = append(c.Classes, clean(q.Labels.Class(i)))
		c.Counts = append(c.Counts, row)
	}
	return c
}

func (q *Quality) reliability() draw.Reliability {
	r := draw.Reliability{Error: q.Scores.CalibrationError()}
	for _, b := range q.Scores.Reliability() {
		bin := draw.ReliabilityBin{Photos: b.Images, Right: b.Right, Confidence: b.Confidence}
		bin.Low, bin.High = evaluate.Interval(b.Right, b.Images)
		r.Bins = append(r.Bins, bin)
	}
	return r
}
