// Package model says what residual networks are: a Spec, and the graph of named calls that it stands for, in stages and
// blocks. It computes nothing and reads no file.
package model

import (
	"strconv"

	"resnet/internal/graph"
)

// Build makes the network that the spec describes, with torchvision's module names. The spec must be complete
// (Spec.Default); what is wrong with it comes back as joined *FieldErrors.
func Build(s Spec) (*Graph, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	b := &builder{Builder: graph.NewBuilder(s.Input[0]), spec: s}
	out := b.Module("", "ResNet", b.Input(), func(x graph.Value) graph.Value {
		x = stem(b, x, s.Stem)
		dilation := 1
		for i := range s.Layers {
			x, dilation = layer(b, x, i, dilation)
		}
		x = b.AdaptiveAvgPool("avgpool", x)
		x = b.Flatten("flatten", x)
		return classifier(b, x, s)
	})
	calls, err := b.Graph(out)
	if err != nil {
		return nil, err
	}
	g := &Graph{Graph: calls, Spec: s, Stages: b.stages}
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
func layer(b *builder, x graph.Value, i, dilation int) (graph.Value, int) {
	s := b.spec
	block := BlockSpec{
		Planes: s.Planes[i], Width: s.Width(i), Groups: s.Groups,
		Stride: s.Strides[i], StrideIn: s.StrideIn, Shortcut: s.Shortcut,
		Dilation: dilation, FirstDilation: dilation,
	}
	if i > 0 && s.ReplaceStrideWithDilation[i-1] {
		block.Dilation *= block.Stride
		block.Stride = 1
	}
	x = b.stage(LayerName(i), x, func(x graph.Value) graph.Value {
		for n := range s.Layers[i] {
			x = b.block(strconv.Itoa(n), x, block)
			block.Stride, block.FirstDilation = 1, block.Dilation
		}
		return x
	})
	return x, block.Dilation
}
