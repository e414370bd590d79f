package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/tensor"
)

// row is a line of a trace: one event, or several in a row that belong together.
type row struct {
	path   string
	kind   string         // Conv2d BN ReLU
	stage  string         // layer1; "" outside of all
	blocks int            // of a stage
	calls  int            // of a type
	events []hooks.Record // leaves, in order; of --rows calls any event
}

// rowKind is a value of --rows.
type rowKind struct {
	rows     func(*Pass) []row
	columns  []string // that it can show
	initial  []string // that it shows unasked
	sections bool     // stage boundaries stand between its rows
	complete bool     // it is its own recap
}

// RowKinds lists the values of --rows, the default first.
func RowKinds() []string { return []string{"layers", "calls", "blocks", "stages", "types"} }

var (
	// rowColumns are the columns that a row about one or a few events can fill.
	rowColumns = []string{"path", "type", "kernel", "stride", "pad", "dilation", "groups", "input", "output",
		"params", "params%", "macs", "macs%", "shortcut", "time", "mean", "std", "min", "max", "zeros"}
	stageColumns = []string{"path", "type", "input", "output", "params", "params%", "macs", "macs%"}
	typeColumns  = []string{"type", "kernel", "calls", "params", "params%", "macs", "macs%"}
)

var rowKinds = map[string]rowKind{
	"layers": {
		rows:     (*Pass).layerRows,
		columns:  append([]string{"index"}, rowColumns...),
		initial:  []string{"path", "type", "kernel", "stride", "pad", "input", "output", "params", "macs"},
		sections: true,
	},
	"calls": {
		rows:     (*Pass).callRows,
		columns:  append([]string{"index"}, rowColumns...),
		initial:  []string{"index", "path", "type", "kernel", "stride", "pad", "input", "output", "params", "macs"},
		sections: true,
	},
	"blocks": {
		rows:     (*Pass).blockRows,
		columns:  rowColumns,
		initial:  []string{"path", "type", "kernel", "stride", "input", "output", "params", "macs", "shortcut"},
		sections: true,
	},
	"stages": {
		rows:     (*Pass).stageRows,
		columns:  append(slices.Clone(stageColumns), "time", "mean", "std", "min", "max", "zeros"),
		initial:  stageColumns,
		complete: true,
	},
	"types": {
		rows:     (*Pass).typeRows,
		columns:  append(slices.Clone(typeColumns), "time"),
		initial:  typeColumns,
		complete: true,
	},
}

// layerRows has a row for each convolution, pool, pad, add and fully connected layer; the batch norm and ReLU that
// follow belong to it. Flatten only renames dimensions.
func (p *Pass) layerRows() []row {
	var rows []row
	for _, e := range p.All {
		if e.Container || e.Kind == graph.Renaming {
			continue
		}
		if last := len(rows) - 1; e.Kind.Follows() && last >= 0 {
			rows[last].events = append(rows[last].events, e)
			rows[last].kind += " " + shortClass(e)
			continue
		}
		rows = append(rows, row{path: e.Path, kind: shortClass(e), stage: p.stageOf(e.Path), events: []hooks.Record{e}})
	}
	return rows
}

// Sum is a row of layers in numbers.
type Sum struct {
	Path, Stage  string // layer1.0.conv1, layer1; no stage outside of all
	Params, MACs int64
	Output       tensor.Shape
	Time         *time.Duration // nil: not timed, or a part of an earlier layer's
}

// Sums are the rows of layers in numbers.
func (p *Pass) Sums() []Sum {
	var sums []Sum
	for _, r := range p.layerRows() {
		sums = append(sums, Sum{r.path, r.stage, r.params(), r.macs(), r.output(), r.elapsed()})
	}
	return sums
}

// shortClass is a class as a row's type names it.
func shortClass(e hooks.Record) string {
	switch {
	case e.Kind == graph.Normalization:
		return "BN"
	case e.Shortcut != "":
		return e.Class + " " + e.Shortcut
	}
	return e.Class
}

// callRows has a row for every event.
func (p *Pass) callRows() []row {
	rows := make([]row, len(p.All))
	for i, e := range p.All {
		kind := shortClass(e)
		if e.Kind == graph.Normalization {
			kind = e.Class
		}
		rows[i] = row{path: e.Path, kind: kind, stage: p.stageOf(e.Path), events: []hooks.Record{e}}
	}
	return rows
}

// blockRows has a row for each residual block, and the layers outside of them as they are.
func (p *Pass) blockRows() []row {
	blocks := map[string]string{} // class of each block
	for _, s := range p.Graph.Stages {
		for _, b := range s.Blocks {
			blocks[b.Path] = b.Class
		}
	}
	rows := merge(p.layerRows(), func(r row) string {
		if r.stage == "" {
			return r.path
		}
		parts := strings.SplitN(r.path, ".", 3)
		return parts[0] + "." + parts[1]
	})
	for i, r := range rows {
		if class, ok := blocks[r.path]; ok {
			rows[i].kind = class
		}
	}
	return rows
}

// stageRows has a row for each module of the network itself: conv1, maxpool, layer1, …
func (p *Pass) stageRows() []row {
	rows := merge(p.layerRows(), func(r row) string { path, _, _ := strings.Cut(r.path, "."); return path })
	for i := range rows {
		for _, s := range p.Graph.Stages {
			if s.Path == rows[i].path {
				rows[i].blocks = len(s.Blocks)
				rows[i].kind = fmt.Sprintf("%d × %s", len(s.Blocks), s.Blocks[0].Class)
			}
		}
	}
	return rows
}

// typeRows has a row for each class and kernel, in the order of their first call.
func (p *Pass) typeRows() []row {
	var rows []row
	seen := map[string]int{}
	for _, e := range p.All {
		if e.Container {
			continue
		}
		key := e.Class + size(e.Kernel).Text
		i, ok := seen[key]
		if !ok {
			i = len(rows)
			seen[key] = i
			rows = append(rows, row{kind: e.Class})
		}
		rows[i].events = append(rows[i].events, e)
		rows[i].calls++
	}
	return rows
}

// merge makes one row of all that follow each other with the same key, which becomes its path.
func merge(rows []row, key func(row) string) []row {
	var merged []row
	for _, r := range rows {
		path := key(r)
		if last := len(merged) - 1; last >= 0 && merged[last].path == path {
			merged[last].events = append(merged[last].events, r.events...)
			continue
		}
		r.path = path
		r.events = slices.Clone(r.events)
		merged = append(merged, r)
	}
	return merged
}

// stageOf is the stage that a path lies in, or "".
func (p *Pass) stageOf(path string) string {
	first, _, _ := strings.Cut(path, ".")
	for _, s := range p.Graph.Stages {
		if s.Path == first {
			return first
		}
	}
	return ""
}

func (r row) input() tensor.Shape  { return r.events[0].Inputs[0] }
func (r row) output() tensor.Shape { return r.last().Output }

// first and last are the events that a row begins and ends with.
func (r row) first() hooks.Record { return r.events[0] }
func (r row) last() hooks.Record  { return r.events[len(r.events)-1] }

func (r row) params() (n int64) {
	for _, e := range r.events {
		n += e.Params
	}
	return n
}

func (r row) macs() (n int64) {
	for _, e := range r.events {
		n += e.MACs
	}
	return n
}
