// Package anatomy looks into residual networks: what each layer sees of the input, which ways lead through the shortcuts,
// and what each residual branch adds to the values that flow.
package anatomy

import (
	"strings"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// Field is what one place of a layer's output sees of the network's input, along one axis.
type Field struct {
	Path, Class string
	Size        int  // receptive field in input pixels, padding included
	Whole       bool // the whole input instead: what follows a global pool
	Jump        int  // distance in input pixels of neighbouring taps of the layer's own kernel, dilation included
	Stride      int  // effective stride: distance in input pixels of neighbouring outputs
	From        int  // the first input pixel that the first output sees; below 0 in the padding
}

// span is what the place 0 of a value sees: input pixels from … to, and the distance of neighbouring places.
type span struct {
	from, to, stride int
	whole            bool
}

// window is what a window over places of span s sees.
func (s span) window(g graph.Geometry) span {
	reach := max(g.Dilation, 1) * (max(g.Kernel, 1) - 1)
	return span{
		from: s.from - g.Padding*s.stride, to: s.to + (reach-g.Padding)*s.stride,
		stride: s.stride * max(g.Stride, 1), whole: s.whole || g.Global,
	}
}

// Fields gives the field of every convolution, pool and add, and of the linear layer, in order.
func Fields(g *graph.Graph) []Field {
	var fields []Field
	spans := spansOf(g)
	for _, call := range g.Calls {
		f := Field{Path: call.Path, Class: call.Class}
		if !call.Computes() || !call.Kind().Layer() {
			continue
		}
		in, out := spans[call.Inputs[0]], spans[call.Output]
		if len(call.Inputs) == 1 {
			f.Jump = in.stride * max(call.Op.Geometry().Dilation, 1)
		}
		f.Size, f.Whole, f.Stride, f.From = out.to-out.from+1, out.whole, out.stride, out.from
		if f.Whole {
			f.Size, f.Jump, f.Stride, f.From = 0, 0, 0, 0
		}
		fields = append(fields, f)
	}
	return fields
}

// spansOf gives the span of each value.
func spansOf(g *graph.Graph) []span {
	spans := make([]span, g.Values())
	spans[g.Input()] = span{stride: 1}
	for _, call := range g.Calls {
		if !call.Computes() {
			continue
		}
		s := spans[call.Inputs[0]]
		for _, v := range call.Inputs[1:] {
			s.from, s.to = min(s.from, spans[v].from), max(s.to, spans[v].to)
		}
		spans[call.Output] = s.window(call.Op.Geometry())
	}
	return spans
}

// Paths are the ways from the input to the logits: at each add one goes through the residual branch or the shortcut.
type Paths struct {
	Choices           int // adds with two ways: 2^Choices ways in all (Veit et al., 2016)
	Longest, Shortest int // weighted layers (convolutions and linear layers) on them
	Projections       int // of the shortest way's weighted layers
	// LongestField and ShortestField are the receptive fields of the last map on them.
	LongestField, ShortestField int
}

// PathsOf counts the ways.
func PathsOf(g *model.Graph) Paths {
	var p Paths
	longest, shortest := make([]int, g.Values()), make([]int, g.Values())
	var residual []string
	for _, stage := range g.Stages {
		for _, b := range stage.Blocks {
			if b.Shortcut != model.ShortcutNone {
				residual = append(residual, b.Path)
			}
		}
	}
	p.Choices = len(residual)
	for _, call := range g.Calls {
		if !call.Computes() {
			continue
		}
		long, short := longest[call.Inputs[0]], shortest[call.Inputs[0]]
		for _, v := range call.Inputs[1:] {
			long, short = max(long, longest[v]), min(short, shortest[v])
		}
		if call.Kind().Weighted() {
			long, short = long+1, short+1
		}
		longest[call.Output], shortest[call.Output] = long, short
	}
	p.Longest, p.Shortest = longest[g.Output()], shortest[g.Output()]
	p.LongestField, p.ShortestField = lastField(g.Graph), lastField(g.Graph)
	if direct, err := g.Without(residual...); err == nil && p.Choices > 0 {
		p.ShortestField = lastField(direct.Graph)
		for _, stage := range direct.Stages {
			for _, b := range stage.Blocks {
				p.Projections += convolutions(direct.Graph, b.Path)
			}
		}
	}
	return p
}

// lastField is the receptive field of the map before the global pool.
func lastField(g *graph.Graph) int {
	s := spansOf(g)[g.Output()]
	return s.to - s.from + 1
}

// convolutions counts those of a block.
func convolutions(g *graph.Graph, block string) int {
	n := 0
	for _, call := range g.Calls {
		if call.Computes() && call.Kind() == graph.Convolution && strings.HasPrefix(call.Path, block+".") {
			n++
		}
	}
	return n
}
