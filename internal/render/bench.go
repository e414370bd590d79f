package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	numbers "resnet/internal/number"
	"resnet/internal/tensor"
)

// BenchSchema is the version of the contract that docs/schema/bench.v1.json describes.
const BenchSchema = "resnet.bench/v1"

// Bench is how fast a network runs on this machine.
type Bench struct {
	Arch          string
	Input         tensor.Shape
	Weights       string // in words
	Threads, Runs int
	Kernel        string // instruction set: avx512
	Precision     string // of the products: float32 or int8
	MACs          int64  // of the whole batch
	Min, Mid, P95 time.Duration
	Peak          float64 // measured operations of one core, in 1e9 a second
	Memory        int64   // peak of the process, in bytes; 0 where the system does not tell
	Layers        []BenchLayer
}

// BenchLayer is one step of the plan.
type BenchLayer struct {
	Paths  []string // none for a change of layout
	Kernel string
	Time   time.Duration // median
	MACs   int64
	Bytes  int64 // read and written: inputs, output, weights
}

// Int8 tells that it counts operations on bytes.
func (b *Bench) Int8() bool { return b.Precision == "int8" }

// unit is that of GFLOPS.
func (b *Bench) unit() string {
	if b.Int8() {
		return "GOP/s"
	}
	return "GFLOP/s"
}

// Throughput is images a second, at the median; NaN where the clock was too coarse to see a run.
func (b *Bench) Throughput() float64 { return rate(float64(b.Input[0]), b.Mid.Seconds()) }

// GFLOPS counts two operations a multiply-add, whatever the kernels really computed.
func (b *Bench) GFLOPS() float64 { return rate(2*float64(b.MACs)/1e9, b.Mid.Seconds()) }

// PeakShare is GFLOPS as a part of what the cores could do at the most; Winograd takes it above 1.
func (b *Bench) PeakShare() float64 { return b.share(b.GFLOPS()) }

func (b *Bench) share(gflops float64) float64 { return rate(gflops, b.Peak*float64(b.Threads)) }

// rate is a quotient, NaN where there is nothing to divide by.
func rate(n, by float64) float64 {
	if by == 0 {
		return math.NaN()
	}
	return n / by
}

// Document has a row a layer, where layers were timed, and the whole in lines.
func (b *Bench) Document() Document {
	doc := Document{
		Title: []string{b.Arch, "input " + b.Input.String(), b.Weights, plural(b.Threads, "thread"), b.Kernel + " kernels"},
		Lines: [][]string{
			{fmt.Sprintf("latency %s ms (min %s, p95 %s)", milliseconds(b.Mid), milliseconds(b.Min), milliseconds(b.P95)),
				fmt.Sprintf("median of %d runs", b.Runs)},
			b.rates(),
		},
	}
	if b.Memory > 0 {
		doc.Lines = append(doc.Lines, []string{"peak memory of the process " + numbers.Memory(b.Memory)})
	}
	doc.Tables = []Table{b.table()}
	return doc
}

// rates are in words; a clock that saw no time pass tells none.
func (b *Bench) rates() []string {
	if b.Mid == 0 {
		return []string{"too fast for this machine's clock; more images a run (--batch) take longer"}
	}
	words := []string{fmt.Sprintf("%.1f images/s", b.Throughput()), fmt.Sprintf("%.1f %s", b.GFLOPS(), b.unit())}
	if b.Peak > 0 {
		words = append(words, fmt.Sprintf("%.0f %% of the measured peak of %d × %.1f", 100*b.PeakShare(), b.Threads, b.Peak))
	}
	return words
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds()*1e3, 'f', 2, 64)
}

// table is the layers, or the one line of the whole.
func (b *Bench) table() Table {
	if b.Layers == nil {
		return b.whole()
	}
	t := Table{Columns: []Column{
		{Name: "layer", Head: "layer"}, {Name: "kernel", Head: "kernel", Drop: 4}, {Name: "ms", Head: "ms", Right: true},
		{Name: "share", Head: "share", Right: true}, {Name: "bar", Head: "", Drop: 1},
		{Name: "gflops", Head: b.unit(), Right: true}, {Name: "peak", Head: "of peak", Right: true},
		{Name: "bytes", Head: "moved", Right: true, Drop: 3}, {Name: "intensity", Head: "FLOP/B", Right: true, Drop: 2},
	}}
	total, longest := time.Duration(0), time.Duration(1)
	for _, l := range b.Layers {
		total += l.Time
		longest = max(longest, l.Time)
	}
	for _, l := range b.Layers {
		t.Rows = append(t.Rows, Row{Cells: b.cells(l, total, longest)})
	}
	t.Total = []Cell{text("total"), {}, duration(total), {}, {}, {}, {}, {}, {}}
	return t
}

func (b *Bench) cells(l BenchLayer, total, longest time.Duration) []Cell {
	name := "(layout)"
	if len(l.Paths) > 0 {
		name = l.Paths[0]
	}
	const bar = 16
	eighths := int(float64(l.Time) / float64(longest) * bar * 8)
	cells := []Cell{
		text(name), text(l.Kernel), duration(l.Time), portionOf(l.Time.Seconds(), total.Seconds()),
		text(strings.Repeat("█", eighths/8) + strings.TrimSpace(string([]rune(" ▏▎▍▌▋▊▉")[eighths%8]))),
		{}, {}, {Text: numbers.Memory(l.Bytes), Exact: strconv.FormatInt(l.Bytes, 10)}, {},
	}
	if l.MACs > 0 && l.Time > 0 {
		flops := 2 * float64(l.MACs)
		gflops := rate(flops/1e9, l.Time.Seconds())
		cells[5] = tenths(gflops)
		cells[6] = portionOf(gflops, b.Peak*float64(b.Threads))
		cells[8] = tenths(rate(flops, float64(l.Bytes)))
	}
	return cells
}

// portionOf is a part of a whole in percent.
func portionOf(part, whole float64) Cell {
	if whole == 0 || finite(part) == nil {
		return Cell{}
	}
	return Cell{Text: strconv.FormatFloat(100*part/whole, 'f', 1, 64) + " %", Exact: strconv.FormatFloat(100*part/whole, 'f', 4, 64)}
}

func (b *Bench) whole() Table {
	t := Table{Columns: []Column{
		{Name: "batch", Head: "batch", Right: true}, {Name: "min_ms", Head: "min ms", Right: true},
		{Name: "median_ms", Head: "median ms", Right: true}, {Name: "p95_ms", Head: "p95 ms", Right: true},
		{Name: "images_per_second", Head: "images/s", Right: true}, {Name: "gflops", Head: b.unit(), Right: true},
		{Name: "peak_share", Head: "of peak", Right: true},
	}}
	t.Rows = []Row{{Cells: []Cell{
		count(int64(b.Input[0])), duration(b.Min), duration(b.Mid), duration(b.P95),
		tenths(b.Throughput()), tenths(b.GFLOPS()), portionOf(b.PeakShare(), 1),
	}}}
	return t
}

// tenths is empty where there is no number.
func tenths(v float64) Cell {
	if finite(v) == nil {
		return Cell{}
	}
	return text(strconv.FormatFloat(v, 'f', 1, 64))
}

// Data is the contract resnet.bench/v1.
func (b *Bench) Data() Data {
	type layer struct {
		Paths     []string   `json:"paths"`
		Kernel    string     `json:"kernel"`
		Time      float64    `json:"time_ms"`
		GFLOPS    jsonNumber `json:"gflops"`
		PeakShare jsonNumber `json:"peak_share"`
		Bytes     int64      `json:"bytes"`
		Intensity jsonNumber `json:"intensity"`
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	data := Data{
		Head: []Field{
			{"schema", BenchSchema}, {"arch", b.Arch}, {"batch", b.Input[0]}, {"threads", b.Threads}, {"kernel", b.Kernel}, {"precision", b.Precision}, {"runs", b.Runs},
			{"latency_ms", map[string]float64{"min": ms(b.Min), "median": ms(b.Mid), "p95": ms(b.P95)}},
			{"images_per_second", jsonNumber(b.Throughput())}, {"gflops", jsonNumber(b.GFLOPS())}, {"peak_share", jsonNumber(b.PeakShare())}, {"memory_bytes", b.Memory},
		},
	}
	if b.Layers != nil {
		data.List = "layers"
	}
	for _, l := range b.Layers {
		entry := layer{Paths: l.Paths, Kernel: l.Kernel, Time: ms(l.Time), Bytes: l.Bytes}
		if entry.Paths == nil {
			entry.Paths = []string{}
		}
		if l.Time > 0 {
			gflops := rate(2*float64(l.MACs)/1e9, l.Time.Seconds())
			entry.GFLOPS, entry.PeakShare = jsonNumber(gflops), jsonNumber(b.share(gflops))
			entry.Intensity = jsonNumber(rate(2*float64(l.MACs), float64(l.Bytes)))
		}
		data.Items = append(data.Items, entry)
	}
	return data
}
