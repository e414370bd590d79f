package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/printable"
)

// WeightSets lists sets of trained weights.
type WeightSets struct{ Sets []WeightSet }

// WeightSet is one set. What is not known is zero.
type WeightSet struct {
	Name         string   `json:"name"`
	Aliases      []string `json:"aliases"`
	Arch         string   `json:"arch"`
	Source       string   `json:"source"`
	License      string   `json:"license"`
	URL          string   `json:"url"`
	SHA256       string   `json:"sha256"`
	SHA256Prefix string   `json:"sha256_prefix,omitempty"` // all that is known of the digest
	Size         int64    `json:"size"`
	SizeIsExact  bool     `json:"size_is_exact"`
	Top1         float64  `json:"top1"`
	Top5         float64  `json:"top5"`
	MeasuredAt   int      `json:"measured_at"`
	Labels       string   `json:"labels"`
	Preprocess   any      `json:"preprocess"` // imaging's
	Path         string   `json:"path"`       // where it is on this disk

	Crop     int    `json:"-"` // the side of what the preprocessing makes
	Prepared string `json:"-"` // the preprocessing in a few words
	Here     string `json:"-"` // "built in", "yes", ""
}

// WeightSetsSchema is the version of the contract that docs/schema/weights.v1.json describes.
const WeightSetsSchema = "resnet.weights/v1"

// Document has a row for each set.
func (w *WeightSets) Document() Document {
	table := Table{Columns: []Column{
		{Name: "name", Head: "name", Least: wholeName, Middle: true}, {Name: "arch", Head: "arch", Drop: 1},
		{Name: "size", Head: "size", Right: true, Drop: 6},
		{Name: "top1", Head: "top-1", Right: true}, {Name: "top5", Head: "top-5", Right: true, Drop: 4},
		{Name: "measured_at", Head: "at", Right: true, Drop: 5},
		{Name: "license", Head: "license", Drop: 3}, {Name: "preprocess", Head: "preprocessing", Drop: 2},
		{Name: "here", Head: "on disk"},
	}}
	elsewhere := 0
	for _, s := range w.Sets {
		if s.MeasuredAt > 0 && s.MeasuredAt != s.Crop {
			elsewhere++
			s.Top1, s.Top5, s.MeasuredAt = 0, 0, 0
		}
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			text(s.Name), text(s.Arch), sizeOnDisk(s), accuracy(s.Top1), accuracy(s.Top5), whole(s.MeasuredAt),
			text(s.License), text(s.Prepared), text(s.Here),
		}})
	}
	doc := Document{Tables: []Table{table}}
	if n := w.undecided(); n > 0 {
		doc.Lines = append(doc.Lines, []string{
			fmt.Sprintf("%d of %d sets: sha256 unknown, or all but its first digits", n, len(w.Sets)), "their first download decides on it"})
	}
	if elsewhere > 0 {
		doc.Lines = append(doc.Lines, []string{
			fmt.Sprintf("%d sets: no accuracy was published for the size that their preprocessing makes", elsewhere), "JSON has that of another size"})
	}
	return doc
}

// undecided counts the sets whose digest is not known, or not whole.
func (w *WeightSets) undecided() int {
	n := 0
	for _, s := range w.Sets {
		if s.SHA256 == "" {
			n++
		}
	}
	return n
}

func sizeOnDisk(s WeightSet) Cell {
	if s.Size == 0 {
		return text("")
	}
	return Cell{Text: memory(s.Size), Exact: strconv.FormatInt(s.Size, 10)}
}

func accuracy(percent float64) Cell {
	if percent == 0 {
		return text("")
	}
	return Cell{Text: strconv.FormatFloat(percent, 'f', 2, 64), Exact: strconv.FormatFloat(percent, 'f', -1, 64)}
}

// Data is the contract resnet.weights/v1: an entry a set.
func (w *WeightSets) Data() Data {
	data := Data{Head: []Field{{"schema", WeightSetsSchema}}, List: "sets"}
	for _, s := range w.Sets {
		if s.Aliases == nil {
			s.Aliases = []string{}
		}
		data.Items = append(data.Items, s)
	}
	return data
}

// Inspection is what a checkpoint file holds.
type Inspection struct {
	File     string
	Format   string
	Size     int64
	SHA256   string
	Network  string // in words: resnet50 (torchvision's names), or why none was recognized
	Arch     string // "" where it is none that is built in
	Dialect  string
	Params   int64
	Warnings []string
	Tensors  []InspectedTensor
}

// InspectedTensor is one tensor of a checkpoint. Integers have no statistics.
type InspectedTensor struct {
	Name  string   `json:"name"`
	DType string   `json:"dtype"`
	Shape []int    `json:"shape"`
	Mean  *float64 `json:"mean"`
	Std   *float64 `json:"std"`
	Min   *float64 `json:"min"`
	Max   *float64 `json:"max"`
	NaN   int64    `json:"nan"`
	Inf   int64    `json:"inf"`

	Parameter string `json:"parameter,omitempty"` // that it is bound to by order and shape
	Unread    bool   `json:"unread,omitempty"`    // its elements are of a type that is not read
}

// InspectionSchema is the version of the contract that docs/schema/inspect.v1.json describes.
const InspectionSchema = "resnet.inspect/v1"

// nonFinite counts the values that are no finite numbers.
func (i *Inspection) nonFinite() (nan, inf int64) {
	for _, t := range i.Tensors {
		nan, inf = nan+t.NaN, inf+t.Inf
	}
	return nan, inf
}

// Document has a row for each tensor.
func (i *Inspection) Document() Document {
	table := Table{Columns: []Column{
		{Name: "name", Head: "tensor", Least: wholeName, Middle: true}, {Name: "dtype", Head: "type", Drop: 1}, {Name: "shape", Head: "shape", Right: true},
		{Name: "mean", Head: "mean", Right: true, Drop: 4}, {Name: "std", Head: "std", Right: true, Drop: 5},
		{Name: "min", Head: "min", Right: true, Drop: 2}, {Name: "max", Head: "max", Right: true, Drop: 3},
	}}
	nan, inf := i.nonFinite()
	if nan+inf > 0 {
		table.Columns = append(table.Columns, Column{Name: "nan", Head: "NaN", Right: true}, Column{Name: "inf", Head: "Inf", Right: true})
	}
	bound := slices.ContainsFunc(i.Tensors, func(t InspectedTensor) bool { return t.Parameter != "" })
	if bound {
		table.Columns = append(table.Columns, Column{Name: "parameter", Head: "bound to", Least: leastName, Middle: true})
	}
	counters := 0
	for _, t := range i.Tensors {
		if strings.HasSuffix(t.Name, ".num_batches_tracked") {
			counters++ // of the training: no network computes with them
			continue
		}
		dtype := t.DType
		if t.Unread {
			dtype += " (not read)"
		}
		row := []Cell{text(printable.Name(t.Name)), text(dtype), dimensions(t.Shape), valueOrNone(t.Mean), valueOrNone(t.Std), valueOrNone(t.Min), valueOrNone(t.Max)}
		if nan+inf > 0 {
			row = append(row, countOrNone(t.NaN), countOrNone(t.Inf))
		}
		if bound {
			row = append(row, text(t.Parameter))
		}
		table.Rows = append(table.Rows, Row{Cells: row})
	}
	doc := Document{
		Title:  []string{printable.Name(i.File), i.Format, memory(i.Size), i.Network},
		Tables: []Table{table},
	}
	doc.Lines = append(doc.Lines, []string{fmt.Sprintf("%d tensors", len(i.Tensors)), count(i.Params).Text + " values", fmt.Sprintf("%d NaN, %d Inf", nan, inf)})
	if counters > 0 {
		doc.Lines = append(doc.Lines, []string{fmt.Sprintf("%d counters of batches (num_batches_tracked) are not shown", counters)})
	}
	for _, warning := range i.Warnings {
		doc.Lines = append(doc.Lines, []string{warning})
	}
	return doc
}

func dimensions(shape []int) Cell {
	if len(shape) == 0 {
		return text("scalar")
	}
	return square(shape)
}

func valueOrNone(v *float64) Cell {
	if v == nil {
		return text("")
	}
	return measured(*v)
}

// Data is the contract resnet.inspect/v1: an entry a tensor.
func (i *Inspection) Data() Data {
	nan, inf := i.nonFinite()
	data := Data{
		Head: []Field{
			{"schema", InspectionSchema}, {"file", i.File}, {"format", i.Format}, {"size", i.Size}, {"sha256", i.SHA256},
			{"network", i.Network}, {"arch", orNull(i.Arch)}, {"dialect", orNull(i.Dialect)},
		},
		List: "tensors",
		Tail: []Field{{"totals", map[string]int64{"tensors": int64(len(i.Tensors)), "values": i.Params, "nan": nan, "inf": inf}},
			{"warnings", append([]string{}, i.Warnings...)}},
	}
	for _, t := range i.Tensors {
		for _, v := range []**float64{&t.Mean, &t.Std, &t.Min, &t.Max} {
			if *v != nil {
				*v = finite(**v)
			}
		}
		data.Items = append(data.Items, t)
	}
	return data
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
