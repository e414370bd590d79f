// Package model builds residual networks as graphs of named calls, and knows their shapes, parameters and counts.
// It computes nothing and reads no file.
package model

import "strconv"

// Build makes the network that the spec describes, with torchvision's module names. The spec must be complete
// (Spec.Default); what is wrong with it comes back as joined *FieldErrors.
func Build(s Spec) (*Graph, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	g := newGraph(s)
	out := g.Module("", "ResNet", g.Input(), func(x Value) Value {
		x = stem(g, x, s.Stem)
		dilation := 1
		for i := range s.Layers {
			x, dilation = layer(g, x, i, dilation)
		}
		x = g.AdaptiveAvgPool("avgpool", x)
		x = g.Flatten("flatten", x)
		return g.Linear("fc", x, Linear{Out: s.NumClasses})
	})
	g.output = out
	if g.err != nil {
		return nil, g.err
	}
	if n := g.ParamCount(); n > MaxParams {
		return nil, &FieldError{Key: "planes", Msg: strconv.FormatInt(n, 10) + " parameters are too many"}
	}
	if _, err := g.Shapes(g.InputShape(1)); err != nil {
		return nil, &FieldError{Key: "input", Msg: err.Error()}
	}
	return g, nil
}

// layer is torchvision's _make_layer: blocks in a Sequential, the first with the stride and the shortcut that changes
// the shape. It returns the dilation that the next layer starts from.
func layer(g *Graph, x Value, i, dilation int) (Value, int) {
	s := g.Spec
	block := BlockSpec{
		Planes: s.Planes[i], Width: s.Width(i), Groups: s.Groups,
		Stride: s.Strides[i], StrideIn: s.StrideIn, Shortcut: s.Shortcut,
		Dilation: dilation, FirstDilation: dilation,
	}
	if i > 0 && s.ReplaceStrideWithDilation[i-1] {
		block.Dilation *= block.Stride
		block.Stride = 1
	}
	x = g.stage(LayerName(i), x, func(x Value) Value {
		for n := range s.Layers[i] {
			x = g.block(strconv.Itoa(n), x, block)
			block.Stride, block.FirstDilation = 1, block.Dilation
		}
		return x
	})
	return x, block.Dilation
}
