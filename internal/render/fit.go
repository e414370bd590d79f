package render

import (
	"fmt"
	"slices"
	"strconv"

	"resnet/internal/evaluate"
	"resnet/internal/labels"
)

// FitSchema is the version of the contract of fit's JSON, and of a fitted network's card.json.
const FitSchema = "resnet.fit/v1"

// Fit shows a classifier that was fitted to photos, and how good it is on those that it has not seen.
type Fit struct {
	Name    string // of the folder
	Command string
	Arch    string
	Labels  *labels.List
	Train   []int // photos that were learned from, by class
	Scores  *evaluate.Scores
	LeftOut int // photos that could not be read
	Notes   []string

	Weights, SHA256, License string // that the fit started from; the license may be ""
	Augment                  string
	Balanced                 bool
	Seed                     uint64
	Kernel                   string // the level of instructions: at another one the last digits are others

	Tuned *FitTuned // nil: the head alone is learned

	Hidden      int // units of a layer before that of the classes; 0: there is none
	C           float64
	Folds       int
	Trials      []FitTrial
	Temperature float64          // that the head's logits are divided by
	Untempered  *evaluate.Scores // what Scores were if they were not
	Share       float64          // of right answers that MinProbability gives
	// MinProbability is the smallest probability at which that share of the answers out of fold is right; nil: none is.
	MinProbability *float64
	Unsure         int // checked photos below it
	SureRight      int // of the others, those whose answer is right
	// Far is how far from the photos that were learned from, or as many of them as are Known, 99 % of those are that were
	// checked, at most: 1 - the cosine of the features; nil: they have no direction.
	Far   *float64
	Known int

	Doubts int // photos whose labels are in doubt
	Near   FitNear

	Card bool // all of it, not what fits a screen
}

// FitTuned is how a network was trained further, from a layer on, once its head was learned.
type FitTuned struct {
	Layer  string
	Epochs int
	Batch  int
	Rate   float64 // the largest, of the head
	// HeldOut photos of those that are learned from were held out, a fold at a time, to tell the log loss without further training and
	// with it, and the standard error of the difference. Where that is not exceeded the network is the one of the head alone.
	HeldOut           int
	HeadLoss, LogLoss float64
	StandardError     float64
	Gained            bool
}

// FitNear counts photos that are nearly the same as others.
type FitNear struct {
	Pairs, Groups int
	Leaked        int // checked photos that are nearly the same as one that was learned from
	LeakedRight   int // of these, how many the network is right about
}

// FitTrial is one strength that was tried: C, and the loss of photos that were not learned from.
type FitTrial struct{ C, LogLoss float64 }

// trained is the number of photos that were learned from.
func (f *Fit) trained() int {
	n := 0
	for _, c := range f.Train {
		n += c
	}
	return n
}

// Document has a table of classes, and one of confusions; on the card also those of calibration and of the choice of C.
func (f *Fit) Document() Document {
	s := f.Scores
	doc := Document{
		Title: []string{f.Name, fmt.Sprintf("%d classes", len(f.Train)), "learned from " + plural(f.trained(), "photo"), "accuracy " + inBrackets(s.Top1, s.Images) + " of " + plural(s.Images, "photo") + " not seen"},
		Lines: [][]string{
			{
				"in brackets: 95 % confidence (Wilson)",
				fmt.Sprintf("log loss %.3f, %.3f with temperature scaling", f.Untempered.LogLoss(), s.LogLoss()),
				fmt.Sprintf("expected calibration error %.3f, %.3f with it", f.Untempered.CalibrationError(), s.CalibrationError()),
			},
			f.advice(),
			f.cleaning(),
			{"weights " + f.Weights + optionalIn(f.License), "sha256 " + f.SHA256},
		},
	}
	if f.Tuned != nil {
		doc.Lines = slices.Insert(doc.Lines, 1, f.Tuned.words())
	}
	tables := f.Tables()
	if f.Far != nil && f.Card {
		doc.Lines = append(doc.Lines, []string{
			fmt.Sprintf("unfamiliar to classify is a photo that is further than %.4f from %s learned from, as 1 %% of those not seen are", *f.Far, plural(f.Known, "photo")),
			"distance: 1 - the cosine of the features",
		})
	}
	doc.Tables = []Table{tables[0].Table, tables[1].Table}
	if f.Card {
		for _, t := range tables[2:] {
			doc.Tables = append(doc.Tables, t.Table)
		}
		doc.Lines = append(doc.Lines,
			[]string{f.head(), fmt.Sprintf("C %g", f.C), plural(f.Folds, "fold"), fmt.Sprintf("temperature %.3f, by which the logits are divided", f.Temperature)},
			[]string{"augment " + f.Augment, "class weights " + f.classWeights(), fmt.Sprintf("seed %d", f.Seed), "kernels " + f.Kernel},
			[]string{"made by: " + f.Command},
		)
		for _, note := range f.Notes {
			doc.Lines = append(doc.Lines, []string{note})
		}
	}
	return doc
}

// Tables are those of the quality, and of how C was chosen.
func (f *Fit) Tables() []Captioned {
	return append(f.quality().Tables(), Captioned{"Choice of C", f.trials()})
}

func (f *Fit) quality() Quality { return Quality{Labels: f.Labels, Scores: f.Scores, Train: f.Train} }

// head says what was learned.
func (f *Fit) head() string {
	if f.Hidden == 0 {
		return "head: one fully connected layer"
	}
	return fmt.Sprintf("head: a hidden layer of %s with a ReLU, and a fully connected one", plural(f.Hidden, "unit"))
}

func optionalIn(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

func (f *Fit) classWeights() string {
	if f.Balanced {
		return "balanced"
	}
	return "none"
}

// words say how the network was trained further, and whether that was a gain.
func (t *FitTuned) words() []string {
	how := fmt.Sprintf("%s, batches of %d, learning rate %g", plural(t.Epochs, "epoch"), t.Batch, t.Rate)
	losses := fmt.Sprintf("log loss of %s held out %.4f, of the head alone %.4f, standard error of the difference %.4f",
		plural(t.HeldOut, "photo"), t.LogLoss, t.HeadLoss, t.StandardError)
	if t.Gained {
		return []string{fmt.Sprintf("fine-tuned from %s on: %s", t.Layer, how), losses}
	}
	return []string{fmt.Sprintf("fine-tuning from %s on was no clear gain, and the head alone is kept: %s", t.Layer, how), losses}
}

// advice says when to believe an answer.
func (f *Fit) advice() []string {
	if f.MinProbability == nil {
		return []string{fmt.Sprintf("no --min-probability makes %g %% of the answers right out of fold", 100*f.Share)}
	}
	return []string{
		fmt.Sprintf("--min-probability %s: %g %% of the answers out of fold are right", f.minProbability(), 100*f.Share),
		fmt.Sprintf("of the %s not seen it leaves %d unanswered, and %d of the others are right", plural(f.Scores.Images, "photo"), f.Unsure, f.SureRight),
	}
}

// cleaning says what may be wrong with the photos.
func (f *Fit) cleaning() []string {
	words := []string{
		plural(f.Doubts, "label") + " in doubt",
		fmt.Sprintf("%s of photos nearly the same", plural(f.Near.Groups, "group")),
	}
	if n := f.Near.Leaked; n > 0 {
		words = append(words, fmt.Sprintf("%s nearly the same as one that was learned from", plural(n, "checked photo")))
		if left := f.Scores.Images - n; left > 0 {
			words = append(words, fmt.Sprintf("without %s accuracy %s of %d", map[bool]string{true: "it", false: "them"}[n == 1], inBrackets(f.Scores.Top1-f.Near.LeakedRight, left), left))
		}
	}
	return words
}

// minProbability is rounded down, so that the photo that decides stays answered.
func (f *Fit) minProbability() string {
	return fmt.Sprintf("%.4f", float64(int(*f.MinProbability*1e4))/1e4)
}

// inBrackets is a part in words, with its interval: 69.2 % (60.8 to 76.5).
func inBrackets(k, n int) string {
	return fmt.Sprintf("%.1f %% (%s)", 100*float64(k)/float64(n), interval(k, n))
}

func interval(k, n int) string {
	low, high := evaluate.Interval(k, n)
	return fmt.Sprintf("%.1f to %.1f", 100*low, 100*high)
}

func (f *Fit) trials() Table {
	t := Table{Columns: []Column{{Name: "c", Head: "C", Right: true}, {Name: "log_loss", Head: "log loss out of fold", Right: true}}}
	for _, trial := range f.Trials {
		t.Rows = append(t.Rows, Row{Cells: []Cell{text(strconv.FormatFloat(trial.C, 'g', 4, 64)), text(fmt.Sprintf("%.4f", trial.LogLoss))}})
	}
	return t
}

// fitTuning is FitTuned in JSON.
type fitTuning struct {
	Layer    string     `json:"layer"`
	Epochs   int        `json:"epochs"`
	Batch    int        `json:"batch"`
	Rate     float64    `json:"lr"`
	HeldOut  int        `json:"held_out"`
	HeadLoss jsonNumber `json:"head_log_loss"`
	LogLoss  jsonNumber `json:"log_loss"`
	Error    jsonNumber `json:"standard_error"`
	Gained   bool       `json:"gained"`
}

func (t *FitTuned) data() *fitTuning {
	if t == nil {
		return nil
	}
	return &fitTuning{t.Layer, t.Epochs, t.Batch, t.Rate, t.HeldOut, jsonNumber(t.HeadLoss), jsonNumber(t.LogLoss), jsonNumber(t.StandardError), t.Gained}
}

// Data is the contract resnet.fit/v1.
func (f *Fit) Data() Data {
	s := f.Scores
	type class struct {
		Index     int          `json:"index"`
		Label     string       `json:"label"`
		Train     int          `json:"train"`
		Photos    int          `json:"photos"`
		Right     int          `json:"right"`
		Recall    *float64     `json:"recall"`
		Interval  []jsonNumber `json:"recall_interval"`
		Precision *float64     `json:"precision"`
	}
	type confusion struct {
		Label     int `json:"label"`
		Predicted int `json:"predicted"`
		Photos    int `json:"photos"`
	}
	type bin struct {
		From       jsonNumber `json:"from"`
		Photos     int        `json:"photos"`
		Right      int        `json:"right"`
		Confidence jsonNumber `json:"confidence"`
	}
	type trial struct {
		C       float64    `json:"c"`
		LogLoss jsonNumber `json:"log_loss"`
	}
	percent := func(k, n int) *float64 {
		if n == 0 {
			return nil
		}
		v := 100 * float64(k) / float64(n)
		return &v
	}
	bounds := func(k, n int) []jsonNumber {
		low, high := evaluate.Interval(k, n)
		return []jsonNumber{jsonNumber(100 * low), jsonNumber(100 * high)}
	}
	data := Data{
		Head: []Field{
			{"schema", FitSchema}, {"name", f.Name}, {"model", f.Arch}, {"command", f.Command},
			{"weights", f.Weights}, {"weights_sha256", f.SHA256}, {"license", f.License},
			{"train", f.trained()}, {"photos", s.Images}, {"left_out", f.LeftOut},
			{"right", s.Top1}, {"accuracy", percent(s.Top1, s.Images)}, {"accuracy_interval", bounds(s.Top1, s.Images)},
			{"log_loss", jsonNumber(f.Untempered.LogLoss())}, {"calibration_error", jsonNumber(f.Untempered.CalibrationError())},
			{"temperature", jsonNumber(f.Temperature)},
			{"tempered_log_loss", jsonNumber(s.LogLoss())}, {"tempered_calibration_error", jsonNumber(s.CalibrationError())},
			{"min_probability", f.MinProbability}, {"min_probability_share", f.Share}, {"unsure", f.Unsure}, {"sure_right", f.SureRight},
			{"far_distance", f.Far}, {"known", f.Known},
			{"fine_tune", f.Tuned.data()}, {"c", f.C}, {"folds", f.Folds}, {"augment", f.Augment}, {"class_weights", f.classWeights()}, {"seed", f.Seed}, {"kernel", f.Kernel},
			{"doubtful_labels", f.Doubts}, {"near_duplicates", map[string]int{
				"pairs": f.Near.Pairs, "groups": f.Near.Groups, "leaked": f.Near.Leaked, "leaked_right": f.Near.LeakedRight,
			}},
			{"notes", append([]string{}, f.Notes...)},
		},
		List: "classes",
	}
	predicted := f.quality().predicted()
	for i, c := range s.Classes {
		data.Items = append(data.Items, class{
			i, f.Labels.Class(i), f.Train[i], c.Images, c.Top1, percent(c.Top1, c.Images), bounds(c.Top1, c.Images), percent(c.Top1, predicted[i]),
		})
	}
	confusions, bins, trials := []confusion{}, []bin{}, []trial{}
	for _, p := range (&Evaluation{Scores: s}).pairs() {
		confusions = append(confusions, confusion{p.Label, p.Predicted, s.Confusion[p]})
	}
	for i, b := range s.Reliability() {
		bins = append(bins, bin{jsonNumber(float64(i) / evaluate.Bins), b.Images, b.Right, jsonNumber(b.Confidence)})
	}
	for _, t := range f.Trials {
		trials = append(trials, trial{t.C, jsonNumber(t.LogLoss)})
	}
	if f.Hidden > 0 {
		data.Head = append(data.Head, Field{"head", []int{f.Hidden}})
	}
	data.Tail = []Field{{"confusion", confusions}, {"reliability", bins}, {"trials", trials}}
	return data
}
