package draw

import (
	"fmt"
	"math"
	"time"

	"resnet/internal/number"
)

// Costs is what each layer of a network costs, as panels one above the other, along the network.
type Costs struct {
	Title  []string // in parts; the first is the network
	Layers []LayerCost
}

// LayerCost is what a layer costs at the network's input.
type LayerCost struct {
	Path   string
	Stage  string // layer1; "" outside of all
	Params int64
	MACs   int64
	Bytes  int64          // of its output as float32
	Time   *time.Duration // nil: not timed, or a part of an earlier layer's
}

// Figure lays it out.
func (c Costs) Figure() *Figure {
	stages := c.stages()
	stageOf := make([]int, len(c.Layers))
	for _, s := range stages {
		for i := s.first; i <= s.last; i++ {
			stageOf[i] = s.stage
		}
	}
	panel := func(label, meaning, unit string, words func(int64) string, value func(LayerCost) (int64, bool)) plotPanel {
		p := plotPanel{label: label, meaning: meaning, bars: true}
		most := int64(0)
		for _, l := range c.Layers {
			v, _ := value(l)
			most = max(most, v)
		}
		scale, prefix := unitOf(most, unit)
		if prefix != "" {
			p.label += ", " + prefix
		}
		for i, l := range c.Layers {
			v, known := value(l)
			point := plotPoint{at: float64(i) + 0.5, value: math.NaN(), stage: stageOf[i]}
			if known {
				point.value, point.hint = float64(v)/scale, l.Path+": "+words(v)
			}
			p.points = append(p.points, point)
		}
		return p
	}
	counted := func(what string) func(int64) string {
		return func(n int64) string { return number.Thousands(n) + " " + what }
	}
	panels := []plotPanel{
		panel("Params", "what a layer has learned, its batch norm's too", "", counted("params"), func(l LayerCost) (int64, bool) { return l.Params, true }),
		panel("MACs", "multiply-adds of one pass", "", counted("MACs"), func(l LayerCost) (int64, bool) { return l.MACs, true }),
		panel("Memory", "what a layer puts out, as float32", "B", number.Memory, func(l LayerCost) (int64, bool) { return l.Bytes, true }),
	}
	times := panel("Time", "of each step as it was measured; layers that are computed in one go have one time, at the first of them", "ns",
		func(n int64) string { return fmt.Sprintf("%.3g ms", float64(n)/1e6) },
		func(l LayerCost) (int64, bool) {
			if l.Time == nil {
				return 0, false
			}
			return l.Time.Nanoseconds(), true
		})
	if len(finite(values(times.points))) > 0 {
		panels = append(panels, times)
	}
	return plot{title: c.Title, panels: panels, slots: len(c.Layers), stages: stages, least: 4}.figure()
}

func values(points []plotPoint) []float64 {
	all := make([]float64, len(points))
	for i, p := range points {
		all[i] = p.value
	}
	return all
}

// unitOf is what numbers up to most are divided by to be read well, and that in words.
func unitOf(most int64, unit string) (scale float64, words string) {
	units := map[string][]string{
		"": {"", "in thousands", "in millions", "in billions"}, "B": {"in bytes", "in KiB", "in MiB", "in GiB"}, "ns": {"in ns", "in µs", "in ms", "in s"},
	}[unit]
	step := 1000.0
	if unit == "B" {
		step = 1024
	}
	scale = 1
	for i, words := range units {
		if float64(most) < scale*step || i == len(units)-1 {
			return scale, words
		}
		scale *= step
	}
	panic("unreachable") // the last unit takes all
}

// stages are the spans of layers of one stage; those outside of all have none.
func (c Costs) stages() []stageSpan {
	var spans []stageSpan
	stage := -1
	for i, l := range c.Layers {
		last := len(spans) - 1
		if last >= 0 && spans[last].name == l.Stage {
			spans[last].last = i
			continue
		}
		s := stageSpan{name: l.Stage, stage: -1, first: i, last: i}
		if l.Stage != "" {
			stage++
			s.stage = stage
		}
		spans = append(spans, s)
	}
	return spans
}
