package anatomy

import (
	"cmp"
	"slices"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/number"
)

// Streams are what a residual block adds, in some of its channels: the shortcut's values x, the residual branch's F(x), their
// sum, and what follows of it behind the last ReLU. The four have the same channels in the same order.
type Streams struct {
	Path, Class, Shortcut string
	Add                   string // the path of the addition
	Channels              []int  // those that are here
	Of                    int    // all channels of the block
	Height, Width         int
	// Each is (len(Channels), Height, Width).
	X, Residual, Sum, Output []float32
}

// Choose picks channels of a sum, (channels, places), in the order in which they are shown.
type Choose func(sum []float32, channels int) []int

// First chooses the first n channels, in the network's order.
func First(n int) Choose {
	return func(_ []float32, channels int) []int {
		order := make([]int, min(n, channels))
		for c := range order {
			order[c] = c
		}
		return order
	}
}

// Strongest chooses the n channels with the largest energy, the sum of squares; the strongest first.
func Strongest(n int) Choose {
	return func(sum []float32, channels int) []int {
		area := len(sum) / channels
		energy := make([]float64, channels)
		order := make([]int, channels)
		for c := range channels {
			plane := sum[c*area:][:area]
			energy[c], order[c] = number.Dot(plane, plane), c
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(energy[b], energy[a]) })
		return order[:min(n, channels)]
	}
}

// StreamsOf puts hooks on the blocks that have a shortcut and that wanted chooses by path, all where it is nil. After a pass of one
// image the streams of each are complete, in the order of the blocks.
func StreamsOf(set *hooks.Set, g *model.Graph, choose Choose, wanted func(block string) bool) *[]Streams {
	w := &streamsWatcher{index: map[string]int{}, choose: choose}
	for _, stage := range g.Stages {
		for _, b := range stage.Blocks {
			if b.Shortcut != model.ShortcutNone && (wanted == nil || wanted(b.Path)) {
				w.index[b.Path] = len(w.streams)
				w.streams = append(w.streams, Streams{Path: b.Path, Class: b.Class, Shortcut: b.Shortcut})
			}
		}
	}
	on(set, hooks.Input|hooks.Output, func(c graph.Call) bool {
		_, ok := w.index[parent(c.Path)]
		return ok && c.Kind() == graph.Addition
	}, w.add)
	on(set, hooks.Output, func(c graph.Call) bool {
		_, ok := w.index[c.Path]
		return ok && c.Container
	}, w.block)
	return &w.streams
}

type streamsWatcher struct {
	streams []Streams
	index   map[string]int // by the path of the block
	choose  Choose
}

func (w *streamsWatcher) add(e hooks.Event) {
	s := &w.streams[w.index[parent(e.Path)]]
	shape := e.Output.Shape
	s.Add, s.Of, s.Height, s.Width = e.Path, shape[1], shape[2], shape[3]
	s.Channels = w.choose(e.Output.Data, s.Of)
	s.Residual, s.X, s.Sum = s.planes(e.Inputs[0].Data), s.planes(e.Inputs[1].Data), s.planes(e.Output.Data)
}

func (w *streamsWatcher) block(e hooks.Event) {
	s := &w.streams[w.index[e.Path]]
	s.Output = s.planes(e.Output.Data)
}

// planes copies the streams' channels of a tensor.
func (s *Streams) planes(values []float32) []float32 {
	area := s.Height * s.Width
	out := make([]float32, 0, len(s.Channels)*area)
	for _, c := range s.Channels {
		out = append(out, values[c*area:][:area]...)
	}
	return out
}
