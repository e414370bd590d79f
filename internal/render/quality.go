package render

import (
	"resnet/internal/evaluate"
	"resnet/internal/labels"
)

// Captioned is a table with what it is called.
type Captioned struct {
	Caption string
	Table
}

// Quality is how good a classifier is on labelled photos.
type Quality struct {
	Labels *labels.List
	Scores *evaluate.Scores
	Train  []int // photos that were learned from, by class; nil: nobody knows
}

// Tables are of classes, of those that are confused, and of how far probabilities can be trusted.
func (q Quality) Tables() []Captioned {
	e := Evaluation{Labels: q.Labels, Scores: q.Scores}
	confusions := e.confusions()
	confusions.Columns[2].Head = "photos"
	return []Captioned{{"Classes", q.classes()}, {"Confusions", confusions}, {"Reliability", q.reliability()}}
}

// predicted is how often each class was the answer.
func (q Quality) predicted() []int {
	n := make([]int, len(q.Scores.Classes))
	for i, c := range q.Scores.Classes {
		n[i] += c.Top1
	}
	for p, images := range q.Scores.Confusion {
		n[p.Predicted] += images
	}
	return n
}

// classes has a row for each class that has photos, or was an answer.
func (q Quality) classes() Table {
	t := Table{Columns: []Column{
		{Name: "class", Head: "class", Least: leastLabel}, {Name: "train", Head: "learned", Right: true}, {Name: "photos", Head: "checked", Right: true},
		{Name: "recall", Head: "recall", Right: true}, {Name: "recall_interval", Head: "(95 %)", Right: true, Drop: 1},
		{Name: "precision", Head: "precision", Right: true}, {Name: "precision_interval", Head: "(95 %)", Right: true, Drop: 2},
	}}
	if q.Train == nil {
		t.Columns = append(t.Columns[:1], t.Columns[2:]...)
	}
	predicted := q.predicted()
	for i, c := range q.Scores.Classes {
		if q.Train == nil && c.Images == 0 && predicted[i] == 0 {
			continue
		}
		cells := []Cell{text(q.Labels.Class(i))}
		if q.Train != nil {
			cells = append(cells, count(int64(q.Train[i])))
		}
		cells = append(cells, count(int64(c.Images)))
		cells = append(cells, portionAndInterval(c.Top1, c.Images)...)
		t.Rows = append(t.Rows, Row{Cells: append(cells, portionAndInterval(c.Top1, predicted[i])...)})
	}
	return t
}

// portionAndInterval is a share in percent, and its interval; of nothing both are unknown.
func portionAndInterval(k, n int) []Cell {
	if n == 0 {
		return []Cell{{Text: "–"}, {}}
	}
	return []Cell{portion(k, n), text(interval(k, n))}
}

func (q Quality) reliability() Table {
	t := Table{Columns: []Column{
		{Name: "from", Head: "probability from", Right: true}, {Name: "photos", Head: "photos", Right: true},
		{Name: "confidence", Head: "mean probability", Right: true}, {Name: "right", Head: "right", Right: true},
	}}
	for i, b := range q.Scores.Reliability() {
		if b.Images > 0 {
			t.Rows = append(t.Rows, Row{Cells: []Cell{
				portion(i, evaluate.Bins), count(int64(b.Images)), text(PercentOf(b.Confidence)), portion(b.Right, b.Images),
			}})
		}
	}
	return t
}
