package render

import (
	"fmt"
	"strconv"
	"time"

	"resnet/internal/tensor"
)

// BenchComparisonSchema is the version of the contract that docs/schema/bench-comparison.v1.json describes.
const BenchComparisonSchema = "resnet.bench-comparison/v1"

// BenchComparison is how fast a network runs in several ways that were measured in turns.
type BenchComparison struct {
	Arch     string
	Weights  string // in words
	Runs     int    // of each setting
	Settings []BenchSetting
}

// BenchSetting is one of the ways, and how its time for an image compares with that of the first.
type BenchSetting struct {
	Name      string // threads=2
	Input     tensor.Shape
	Threads   int
	Kernel    string // instruction set: avx512
	Precision string // of the products: float32 or int8
	Exact     bool   // without Winograd
	Min, Mid  time.Duration
	// Ratio is the median of the ratios to the first setting in the same round, and Low to High its 95 % interval; NaN where
	// there were too few rounds for one, or the clock saw no time pass.
	Ratio, Low, High float64
}

func (s *BenchSetting) throughput() float64 { return rate(float64(s.Input[0]), s.Mid.Seconds()) }

// told says whether the setting differs in speed from the first: the interval has 1 on one side.
func (s *BenchSetting) told() string {
	switch {
	case finite(s.Ratio) == nil:
		return "too fast for this machine's clock; more images a run (--batch) take longer"
	case finite(s.Low) == nil || finite(s.High) == nil:
		return "no interval of so few runs (--runs)"
	case s.High < 1:
		return "faster"
	case s.Low > 1:
		return "slower"
	}
	return "not told apart: 1 lies in the interval"
}

// Document has a row a setting, and says in words how each compares with the first.
func (c *BenchComparison) Document() Document {
	doc := Document{Title: c.title(), Tables: []Table{c.table()}}
	first := c.Settings[0].Name
	for _, s := range c.Settings[1:] {
		words := []string{fmt.Sprintf("%s and %s: %s", s.Name, first, s.told())}
		if finite(s.Ratio) != nil {
			words = []string{fmt.Sprintf("%s takes %s × the time of %s", s.Name, ratio(s.Ratio).Text, first), s.told()}
		}
		doc.Lines = append(doc.Lines, words)
	}
	doc.Lines = append(doc.Lines, []string{
		plural(c.Runs, "round") + ", every other in reverse", "ratio: of the time for an image, the median of the rounds",
	})
	return doc
}

// title is what all settings have in common.
func (c *BenchComparison) title() []string {
	title := []string{c.Arch}
	for _, words := range []func(BenchSetting) string{
		func(s BenchSetting) string { return "input " + s.Input.String() },
		func(BenchSetting) string { return c.Weights },
		func(s BenchSetting) string { return plural(s.Threads, "thread") },
		func(s BenchSetting) string { return s.Kernel + " kernels" },
	} {
		common := words(c.Settings[0])
		for _, s := range c.Settings {
			if words(s) != common {
				common = ""
			}
		}
		if common != "" {
			title = append(title, common)
		}
	}
	return title
}

func (c *BenchComparison) table() Table {
	t := Table{Columns: []Column{
		{Name: "setting", Head: "setting"}, {Name: "median_ms", Head: "median ms", Right: true}, {Name: "min_ms", Head: "min ms", Right: true},
		{Name: "images_per_second", Head: "images/s", Right: true, Drop: 1}, {Name: "ratio", Head: "ratio", Right: true},
		{Name: "ratio_low", Head: "95 %: from", Right: true}, {Name: "ratio_high", Head: "to", Right: true},
	}}
	for i, s := range c.Settings {
		cells := []Cell{text(s.Name), duration(s.Mid), duration(s.Min), tenths(s.throughput()), {}, {}, {}}
		if i > 0 {
			cells[4], cells[5], cells[6] = ratio(s.Ratio), ratio(s.Low), ratio(s.High)
		}
		t.Rows = append(t.Rows, Row{Cells: cells})
	}
	return t
}

// ratio is empty where there is no number.
func ratio(v float64) Cell {
	if finite(v) == nil {
		return Cell{}
	}
	return Cell{Text: strconv.FormatFloat(v, 'f', 3, 64), Exact: strconv.FormatFloat(v, 'f', 6, 64)}
}

// Data is the contract resnet.bench-comparison/v1.
func (c *BenchComparison) Data() Data {
	type interval struct {
		Median jsonNumber `json:"median"`
		Low    jsonNumber `json:"low"`
		High   jsonNumber `json:"high"`
	}
	type setting struct {
		Name       string             `json:"name"`
		Batch      int                `json:"batch"`
		Threads    int                `json:"threads"`
		Kernel     string             `json:"kernel"`
		Precision  string             `json:"precision"`
		Exact      bool               `json:"exact"`
		Latency    map[string]float64 `json:"latency_ms"`
		Throughput jsonNumber         `json:"images_per_second"`
		Ratio      *interval          `json:"ratio"`
	}
	data := Data{Head: []Field{{"schema", BenchComparisonSchema}, {"arch", c.Arch}, {"runs", c.Runs}}, List: "settings"}
	for i, s := range c.Settings {
		entry := setting{
			Name: s.Name, Batch: s.Input[0], Threads: s.Threads, Kernel: s.Kernel, Precision: s.Precision, Exact: s.Exact,
			Latency: map[string]float64{"min": s.Min.Seconds() * 1e3, "median": s.Mid.Seconds() * 1e3}, Throughput: jsonNumber(s.throughput()),
		}
		if i > 0 {
			entry.Ratio = &interval{jsonNumber(s.Ratio), jsonNumber(s.Low), jsonNumber(s.High)}
		}
		data.Items = append(data.Items, entry)
	}
	return data
}
