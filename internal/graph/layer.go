package graph

import (
	"fmt"

	"resnet/internal/tensor"
)

// Layer is what is known of one call at one input size without running it. What a class does not have is nil or zero.
type Layer struct {
	Index      int // of the call, from 0
	Path       string
	Class      string
	Op         Op // nil for a container
	Kind       Kind
	Functional bool
	Container  bool
	OnShortcut bool

	Kernel, Stride, Padding, Dilation []int // (h, w); of convolutions and pools, dilation not of AvgPool2d
	Groups                            int   // of convolutions

	Inputs []tensor.Shape
	Output tensor.Shape

	Params   int64  // the module's own, without what it contains; 0 on a second call
	MACs     int64  // for the whole batch
	Shortcut string // of an Add
}

// Shapes gives every value's shape for an input, or the path of the first call that the input is too small for.
func (g *Graph) Shapes(input tensor.Shape) ([]tensor.Shape, error) {
	if len(input) != 4 || input[1] != g.Channels(g.Input()) {
		return nil, fmt.Errorf("input %v, want [n, %d, h, w]", input, g.Channels(g.Input()))
	}
	if n, ok := input.Checked(); !ok || n == 0 {
		return nil, fmt.Errorf("input %v is empty or too large", input)
	}
	shapes := make([]tensor.Shape, g.Values())
	shapes[g.Input()] = input
	for _, call := range g.Calls {
		if !call.Computes() {
			continue
		}
		out, err := call.Op.Shape(call.inputShapes(shapes))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", call.Path, err)
		}
		if _, ok := out.Checked(); !ok {
			return nil, fmt.Errorf("%s: output %v is too large", call.Path, out)
		}
		shapes[call.Output] = out
	}
	return shapes, nil
}

func (c Call) inputShapes(shapes []tensor.Shape) []tensor.Shape {
	in := make([]tensor.Shape, len(c.Inputs))
	for i, v := range c.Inputs {
		in[i] = shapes[v]
	}
	return in
}

// Layers describes every call for an input, in the order of Calls.
func (g *Graph) Layers(input tensor.Shape) ([]Layer, error) {
	shapes, err := g.Shapes(input)
	if err != nil {
		return nil, err
	}
	return g.Describe(shapes), nil
}

// Describe is Layers for the shapes of all values, which Shapes has given.
func (g *Graph) Describe(shapes []tensor.Shape) []Layer {
	layers := make([]Layer, len(g.Calls))
	for i, call := range g.Calls {
		l := Layer{
			Index: i, Path: call.Path, Class: call.Class, Op: call.Op, Kind: call.Kind(),
			Container: call.Container, OnShortcut: call.OnShortcut, Shortcut: call.Shortcut,
			Inputs: call.inputShapes(shapes), Output: shapes[call.Output],
			Params: call.paramCount(),
		}
		if !call.Container {
			l.Functional = call.Op.Functional()
			l.MACs = call.Op.MACs(l.Output)
			l.describe(call.Op.Geometry())
		}
		layers[i] = l
	}
	return layers
}

// describe fills in the attributes that the class has.
func (l *Layer) describe(w Geometry) {
	if w.Kernel == 0 {
		return
	}
	l.Kernel, l.Stride, l.Groups = pair(w.Kernel), pair(w.Stride), w.Groups
	l.Padding = pair(w.Before(l.Inputs[0][2]))
	if w.Dilation > 0 {
		l.Dilation = pair(w.Dilation)
	}
}

func pair(n int) []int { return []int{n, n} }
