package graph

import "resnet/internal/tensor"

// Pad is shortcut A: every Stride-th pixel, with Before and After channels of zeros around.
type Pad struct {
	function
	Stride, Before, After int
}

func (Pad) Class() string { return "Pad" }
func (Pad) Kind() Kind    { return Padding }

func (p Pad) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x := in[0]
	return tensor.Shape{x[0], p.Before + x[1] + p.After, (x[2]-1)/p.Stride + 1, (x[3]-1)/p.Stride + 1}, nil
}

// Geometry has no kernel: the function takes single pixels.
func (p Pad) Geometry() Geometry { return Geometry{Stride: p.Stride} }

func (Pad) Label(planes string) string { return "pad to " + planes }

func (p Pad) Unusual() []Attribute {
	return unusual(map[string]int{"stride": 1}, Attribute{"stride", p.Stride})
}

// Pad adds shortcut A.
func (b *Builder) Pad(name string, x Value, p Pad) Value {
	return b.leaf(name, p, p.Before+b.Channels(x)+p.After, x)
}
