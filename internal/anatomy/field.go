// Package anatomy looks into residual networks: what each layer sees of the input, which ways lead through the shortcuts,
// and what each residual branch adds to the values that flow.
package anatomy

import (
	"resnet/internal/model"
)

// Field is what one place of a layer's output sees of the network's input, along one axis.
type Field struct {
	Path, Class string
	Size        int  // receptive field in input pixels, padding included
	Whole       bool // the whole input instead: what follows a global pool
	Jump        int  // distance in input pixels of neighbouring taps of the layer's own kernel, dilation included
	Stride      int  // effective stride: distance in input pixels of neighbouring outputs
}

// span is what the place 0 of a value sees: input pixels from … to, and the distance of neighbouring places.
type span struct {
	from, to, stride int
	whole            bool
}

func (s span) window(kernel, stride, padding, dilation int) span {
	from := s.from - padding*s.stride
	return span{
		from: from, to: s.to + (dilation*(kernel-1)-padding)*s.stride, stride: s.stride * stride, whole: s.whole,
	}
}

// Fields gives the field of every convolution, pool and add, and of the linear layer, in order.
func Fields(g *model.Graph) []Field {
	var fields []Field
	spans := spansOf(g)
	for _, call := range g.Calls {
		f := Field{Path: call.Path, Class: call.Class}
		in, out := span{}, spans[call.Output]
		if len(call.Inputs) > 0 {
			in = spans[call.Inputs[0]]
		}
		switch op := call.Op.(type) {
		case model.Conv:
			f.Jump = in.stride * op.Dilation
		case model.MaxPool, model.AvgPool, model.AdaptiveAvgPool, model.Pad, model.Linear:
			f.Jump = in.stride
		case model.Add:
		default:
			continue
		}
		f.Size, f.Whole, f.Stride = out.to-out.from+1, out.whole, out.stride
		if f.Whole {
			f.Size, f.Jump, f.Stride = 0, 0, 0
		}
		fields = append(fields, f)
	}
	return fields
}

// spansOf gives the span of each value.
func spansOf(g *model.Graph) []span {
	spans := make([]span, g.Values())
	spans[g.Input()] = span{stride: 1}
	for _, call := range g.Calls {
		if call.Op == nil {
			continue
		}
		s := spans[call.Inputs[0]]
		switch op := call.Op.(type) {
		case model.Conv:
			s = s.window(op.Kernel, op.Stride, op.Padding, op.Dilation)
		case model.MaxPool:
			s = s.window(op.Kernel, op.Stride, op.Padding, 1)
		case model.AvgPool:
			s = s.window(op.Kernel, op.Stride, 0, 1)
		case model.Pad:
			s = s.window(1, op.Stride, 0, 1)
		case model.AdaptiveAvgPool:
			s.whole = true
		case model.Add:
			skip := spans[call.Inputs[1]]
			s.from, s.to = min(s.from, skip.from), max(s.to, skip.to)
		}
		spans[call.Output] = s
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
		if call.Op == nil {
			continue
		}
		in := call.Inputs[0]
		long, short := longest[in], shortest[in]
		switch call.Op.(type) {
		case model.Conv, model.Linear:
			long, short = long+1, short+1
		case model.Add:
			long, short = max(long, longest[call.Inputs[1]]), min(short, shortest[call.Inputs[1]])
		}
		longest[call.Output], shortest[call.Output] = long, short
	}
	p.Longest, p.Shortest = longest[g.Output()], shortest[g.Output()]
	p.LongestField, p.ShortestField = lastField(g), lastField(g)
	if direct, err := g.Without(residual...); err == nil && p.Choices > 0 {
		p.ShortestField = lastField(direct)
		for _, stage := range direct.Stages {
			for _, b := range stage.Blocks {
				p.Projections += convolutions(direct, b.Path)
			}
		}
	}
	return p
}

// lastField is the receptive field of the map before the global pool.
func lastField(g *model.Graph) int {
	s := spansOf(g)[g.Output()]
	return s.to - s.from + 1
}

// convolutions counts those of a block.
func convolutions(g *model.Graph, block string) int {
	n := 0
	for _, call := range g.Calls {
		if _, ok := call.Op.(model.Conv); ok && len(call.Path) > len(block) && call.Path[:len(block)+1] == block+"." {
			n++
		}
	}
	return n
}
