package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"resnet/internal/evaluate"
	"resnet/internal/labels"
)

// EvaluationSchema is the version of the contract of eval's JSON.
const EvaluationSchema = "resnet.eval/v1"

// Evaluation shows how well a network classifies labelled images. The names of its JSON are those of timm's validate.py
// where that has one.
type Evaluation struct {
	Net           string // in words
	Arch          string
	Weights       string
	Params        int64
	Size          [2]int // height, width of what the network sees
	CropShare     float64
	Interpolation string
	Labels        *labels.List
	Scores        *evaluate.Scores
	Failed        int
	Partial       bool // it was interrupted: not all images are in it

	Against string           // the other weights, with which these are compared; "" for none
	Paired  *evaluate.Paired // A: these weights, B: the others
}

// shownConfusions is how many pairs of classes a table lists; JSON has all.
const shownConfusions = 10

// Document has a table of classes, the worst first, one of confusions, and one of the images with the largest loss.
func (e *Evaluation) Document() Document {
	s := e.Scores
	images := count(int64(s.Images)).Text + " images"
	if e.Partial {
		images += ", interrupted before the others"
	}
	doc := Document{
		Title:  []string{e.Net, images, "top-1 " + e.share(s.Top1), "top-5 " + e.share(s.Top5)},
		Tables: []Table{e.classes(), e.confusions(), e.losses()}, Partial: e.Partial,
		Lines: [][]string{{
			"in brackets: 95 % confidence (Wilson)",
			fmt.Sprintf("expected calibration error %.3f (%d bins)", s.CalibrationError(), evaluate.Bins),
		}},
	}
	if e.Paired != nil {
		doc.Tables = append([]Table{e.paired()}, doc.Tables...)
		difference, low, high := e.Paired.Difference()
		doc.Lines = append(doc.Lines, []string{"A: " + e.Weights, "B: " + e.Against}, []string{
			fmt.Sprintf("B is right in %+.2f %% of the images more than A (%+.2f to %+.2f, McNemar's pairs)", 100*difference, 100*low, 100*high),
			plural(e.Paired.Changed, "label") + " changed",
		})
	}
	return doc
}

// Tables are those of the quality, and who was right where weights are compared.
func (e *Evaluation) Tables() []Captioned {
	tables := Quality{Labels: e.Labels, Scores: e.Scores}.Tables()
	if e.Paired != nil {
		tables = append([]Captioned{{"Comparison", e.paired()}}, tables...)
	}
	return tables
}

// paired counts who was right.
func (e *Evaluation) paired() Table {
	p := e.Paired
	t := Table{Columns: []Column{
		{Name: "right"}, {Name: "images", Head: "images", Right: true}, {Name: "share", Head: "share", Right: true},
	}}
	for _, row := range []struct {
		who    string
		images int
	}{{"both are right", p.Both}, {"A alone", p.OnlyA}, {"B alone", p.OnlyB}, {"neither", p.Neither}} {
		t.Rows = append(t.Rows, Row{Cells: []Cell{text(row.who), count(int64(row.images)), portion(row.images, p.Images())}})
	}
	return t
}

// share is a part of all images in words: 69.2 % (60.8 to 76.5).
func (e *Evaluation) share(k int) string {
	low, high := evaluate.Interval(k, e.Scores.Images)
	return fmt.Sprintf("%.2f %% (%.1f to %.1f)", 100*float64(k)/float64(e.Scores.Images), 100*low, 100*high)
}

// seen lists the classes that have images, the worst first.
func (e *Evaluation) seen() []int {
	var seen []int
	for i, c := range e.Scores.Classes {
		if c.Images > 0 {
			seen = append(seen, i)
		}
	}
	rate := func(i int) float64 {
		return float64(e.Scores.Classes[i].Top1) / float64(e.Scores.Classes[i].Images)
	}
	slices.SortStableFunc(seen, func(a, b int) int { return cmp.Compare(rate(a), rate(b)) })
	return seen
}

func (e *Evaluation) classes() Table {
	t := Table{Columns: []Column{
		{Name: "index", Head: "index", Right: true}, {Name: "class", Head: "class", Least: leastLabel}, {Name: "images", Head: "images", Right: true},
		{Name: "top1", Head: "top-1", Right: true}, {Name: "top5", Head: "top-5", Right: true},
	}}
	for _, i := range e.seen() {
		c := e.Scores.Classes[i]
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			text(strconv.Itoa(i)), text(e.Labels.Class(i)), count(int64(c.Images)), portion(c.Top1, c.Images), portion(c.Top5, c.Images),
		}})
	}
	return t
}

// portion is a share in percent.
func portion(k, n int) Cell {
	value := 100 * float64(k) / float64(n)
	return Cell{Text: fmt.Sprintf("%.1f %%", value), Exact: strconv.FormatFloat(value, 'f', 4, 64)}
}

// pairs lists the confusions, the most frequent first.
func (e *Evaluation) pairs() []evaluate.Pair {
	confusion := e.Scores.Confusion
	return slices.SortedFunc(maps.Keys(confusion), func(a, b evaluate.Pair) int {
		return cmp.Or(cmp.Compare(confusion[b], confusion[a]), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Predicted, b.Predicted))
	})
}

func (e *Evaluation) confusions() Table {
	t := Table{Columns: []Column{
		{Name: "label", Head: "most frequent confusions", Least: leastLabel}, {Name: "predicted", Head: "taken for", Least: leastLabel}, {Name: "images", Head: "images", Right: true},
	}}
	pairs := e.pairs()
	for _, p := range pairs[:min(len(pairs), shownConfusions)] {
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			text(e.Labels.Class(p.Label)), text(e.Labels.Class(p.Predicted)), count(int64(e.Scores.Confusion[p])),
		}})
	}
	return t
}

func (e *Evaluation) losses() Table {
	t := Table{Columns: []Column{
		{Name: "file", Head: "largest losses", Least: leastName, Middle: true},
		{Name: "label", Head: "label", Least: leastLabel}, {Name: "predicted", Head: "predicted", Least: leastLabel},
		{Name: "probability", Head: "prob.", Right: true}, {Name: "loss", Head: "loss", Right: true},
	}}
	for _, l := range e.Scores.Losses {
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			text(l.File), text(e.Labels.Class(l.Label)), text(e.Labels.Class(l.Predicted)),
			text(PercentOf(l.Probability)), text(fmt.Sprintf("%.2f", l.Loss)),
		}})
	}
	return t
}

// Data is the contract resnet.eval/v1.
func (e *Evaluation) Data() Data {
	s := e.Scores
	percent := func(k int) jsonNumber { return jsonNumber(100 * float64(k) / float64(s.Images)) }
	interval := func(k int) [2]jsonNumber {
		low, high := evaluate.Interval(k, s.Images)
		return [2]jsonNumber{jsonNumber(100 * low), jsonNumber(100 * high)}
	}
	type class struct {
		Index  int    `json:"index"`
		Label  string `json:"label"`
		Images int    `json:"images"`
		Top1   int    `json:"top1"`
		Top5   int    `json:"top5"`

		Partial bool `json:"partial,omitempty"` // a line of NDJSON stands alone
	}
	type confusion struct {
		Label     int `json:"label"`
		Predicted int `json:"predicted"`
		Images    int `json:"images"`
	}
	type loss struct {
		File        string   `json:"file"`
		Label       int      `json:"label"`
		Predicted   int      `json:"predicted"`
		Probability *float64 `json:"probability"`
		Loss        *float64 `json:"loss"`
	}
	data := Data{
		Head: []Field{
			{"schema", EvaluationSchema}, {"model", e.Arch}, {"weights", e.Weights}, {"images", s.Images}, {"failed", e.Failed},
			{"top1", percent(s.Top1)}, {"top1_err", 100 - percent(s.Top1)}, {"top5", percent(s.Top5)}, {"top5_err", 100 - percent(s.Top5)},
			{"top1_count", s.Top1}, {"top5_count", s.Top5}, {"top1_interval", interval(s.Top1)}, {"top5_interval", interval(s.Top5)},
			{"calibration_error", jsonNumber(s.CalibrationError())}, {"param_count", e.Params}, {"img_size", e.Size}, {"crop_pct", jsonNumber(e.CropShare)},
			{"interpolation", e.Interpolation},
		},
		List: "classes",
	}
	if e.Partial {
		data.Head = append(data.Head, Field{"partial", true})
	}
	if p := e.Paired; p != nil {
		difference, low, high := p.Difference()
		data.Head = append(data.Head, Field{"against", map[string]any{
			"weights": e.Against, "both": p.Both, "only_a": p.OnlyA, "only_b": p.OnlyB, "neither": p.Neither, "changed": p.Changed,
			"difference": jsonNumber(100 * difference), "difference_interval": [2]jsonNumber{jsonNumber(100 * low), jsonNumber(100 * high)},
		}})
	}
	for i, c := range s.Classes {
		if c.Images > 0 {
			data.Items = append(data.Items, class{i, e.Labels.Class(i), c.Images, c.Top1, c.Top5, e.Partial})
		}
	}
	confusions, losses := []confusion{}, []loss{}
	for _, p := range e.pairs() {
		confusions = append(confusions, confusion{p.Label, p.Predicted, s.Confusion[p]})
	}
	for _, l := range s.Losses {
		losses = append(losses, loss{l.File, l.Label, l.Predicted, finite(l.Probability), finite(l.Loss)})
	}
	data.Tail = []Field{{"confusion", confusions}, {"top_losses", losses}}
	return data
}
