package render

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"resnet/internal/number"
)

// DiffWeights is how far the weights of network B are from those of network A, and where its outputs part.
type DiffWeights struct {
	A, B      string // where they come from
	Tolerance float64
	Layers    []DiffLayer // of which both have the weights
	Image     string      // what was put in; "" where nothing ran
	TopA      string      // the class that each network sees in it; "" of one without a classifier
	TopB      string
}

// DiffLayer is a row of a trace: a layer and the batch norm behind it, or an add. Distances are ‖a−b‖ / ‖a‖; what a row
// does not have, or what was not compared, is nil.
type DiffLayer struct {
	Path, Stage string
	Weights     *float64 // of the layer's own tensors the largest
	BatchNorm   *float64
	Output      *float64
}

// differs tells whether one of the distances is above a tolerance, or no number.
func (l DiffLayer) differs(tolerance float64) bool {
	for _, d := range []*float64{l.Weights, l.BatchNorm, l.Output} {
		if d != nil && !(*d <= tolerance) {
			return true
		}
	}
	return false
}

// Same tells whether no layer differs.
func (w *DiffWeights) Same() bool { return w == nil || w.count() == 0 }

func (w *DiffWeights) count() (n int) {
	for _, l := range w.Layers {
		if l.differs(w.Tolerance) {
			n++
		}
	}
	return n
}

// table has a row for each layer that differs.
func (w *DiffWeights) table(d *Diff) Table {
	t := Table{Columns: []Column{{Name: "path", Head: "distance of", Least: leastName, Middle: true}, {Name: "weights", Head: "weights", Right: true},
		{Name: "batch_norm", Head: "batch norm", Right: true}}}
	if w.Image != "" {
		t.Columns = append(t.Columns, Column{Name: "output", Head: "output", Right: true}, Column{Name: "sqnr_db", Head: "SQNR", Right: true})
	}
	stage := ""
	for _, l := range w.Layers {
		if !l.differs(w.Tolerance) {
			continue
		}
		if l.Stage != stage {
			section := &Section{}
			if l.Stage != "" {
				section.Parts = d.section(l.Stage)
			}
			t.Rows = append(t.Rows, Row{Section: section})
		}
		stage = l.Stage
		cells := []Cell{text(l.Path), distance(l.Weights), distance(l.BatchNorm)}
		if w.Image != "" {
			cells = append(cells, distance(l.Output), decibels(l.Output))
		}
		t.Rows = append(t.Rows, Row{Cells: cells})
	}
	return t
}

// distance is a relative distance; 0 is left blank for people.
func distance(d *float64) Cell {
	switch {
	case d == nil:
		return Cell{}
	case *d == 0:
		return Cell{Exact: "0"}
	}
	return measured(*d)
}

// decibels are a relative distance of outputs as a ratio of signal to noise, of quantization mostly; blank where there is
// no noise.
func decibels(d *float64) Cell {
	if d == nil || *d == 0 || !number.Finite(*d) {
		return Cell{}
	}
	db := 20 * math.Log10(1 / *d)
	return Cell{Text: fmt.Sprintf("%.1f dB", db), Exact: fmt.Sprintf("%.4f", db)}
}

// lines say what the table comes to.
func (w *DiffWeights) lines() [][]string {
	lines := [][]string{{"weights " + w.A + " → " + w.B, w.summary()}}
	if i := slices.IndexFunc(w.Layers, func(l DiffLayer) bool { return DiffLayer{Output: l.Output}.differs(w.Tolerance) }); i >= 0 {
		lines = append(lines, []string{"outputs part in " + w.Layers[i].Path})
	}
	for _, kind := range []struct {
		name string
		of   func(DiffLayer) *float64
	}{
		{"weights", func(l DiffLayer) *float64 { return l.Weights }},
		{"batch norms", func(l DiffLayer) *float64 { return l.BatchNorm }},
		{"outputs", func(l DiffLayer) *float64 { return l.Output }},
	} {
		if path, d := w.farthest(kind.of); path != "" {
			lines = append(lines, []string{fmt.Sprintf("%s are farthest apart in %s: %s", kind.name, path, measured(d).Text)})
		}
	}
	if w.Image != "" {
		const none = "no classifier"
		lines = append(lines, []string{w.Image + ": " + bothWords(cmp.Or(w.TopA, none), cmp.Or(w.TopB, none))})
	}
	return lines
}

// summary counts the layers that differ.
func (w *DiffWeights) summary() string {
	within, beyond := "", ""
	if w.Tolerance > 0 {
		within, beyond = fmt.Sprintf(" within %g", w.Tolerance), fmt.Sprintf(" by more than %g", w.Tolerance)
	}
	switch n := w.count(); n {
	case 0:
		return fmt.Sprintf("all %d layers are the same%s", len(w.Layers), within)
	case 1:
		return fmt.Sprintf("1 of %d layers differs%s", len(w.Layers), beyond)
	default:
		return fmt.Sprintf("%d of %d layers differ%s", n, len(w.Layers), beyond)
	}
}

// farthest is the layer with the largest distance; no number is farther than any.
func (w *DiffWeights) farthest(of func(DiffLayer) *float64) (path string, largest float64) {
	for _, l := range w.Layers {
		if d := of(l); d != nil && *d != 0 && (path == "" || *d > largest || math.IsNaN(*d)) {
			path, largest = l.Path, *d
			if math.IsNaN(largest) {
				return path, largest
			}
		}
	}
	return path, largest
}
