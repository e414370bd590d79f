package graph

import (
	"fmt"

	"resnet/internal/tensor"
)

// Op is what a call computes, and what is known of it without running it. An operator embeds module or function for the
// answers that most have in common.
type Op interface {
	// Class is PyTorch's class name, or that of the function for what has no module.
	Class() string
	// Functional is true of a function that PyTorch has no module for.
	Functional() bool
	Kind() Kind
	// Params are the module's own tensors in state-dict order, by their names in it: weight, bias.
	Params() []Param
	// Shape is the output's, or an error where the input is too small or does not fit.
	Shape(in []tensor.Shape) (tensor.Shape, error)
	// MACs is the number of multiply-adds of one call that puts out a shape.
	MACs(out tensor.Shape) int64
	// Geometry is that of the window which moves over the input; zero of what goes place by place.
	Geometry() Geometry
	// Label says in a few words what it is: 3×3 max pool. planes are the words for those that it puts out, which stand in
	// the label of what makes new ones: 7×7, 64.
	Label(planes string) string
	// Unusual are its attributes that are not what one expects.
	Unusual() []Attribute
	// ONNX are the operators that compute it there.
	ONNX() []ONNX
}

// Kind is the family of an operator: what views, statistics and passes tell apart.
type Kind int

// The kinds of operators.
const (
	Convolution Kind = iota + 1
	FullyConnected
	Normalization
	Activation
	MaxPooling
	AvgPooling // of windows, or of the whole map
	Addition
	Padding
	Renaming // another name of the dimensions: values stay as they are
)

// Follows tells what belongs to the layer before it, where a layer is more than one call.
func (k Kind) Follows() bool { return k == Normalization || k == Activation }

// Layer tells what is a layer of its own to a reader: neither a container (0), nor what follows, nor a new name.
func (k Kind) Layer() bool { return k != 0 && k != Renaming && !k.Follows() }

// Weighted tells the layers that the depth of a network counts: those with a matrix of weights.
func (k Kind) Weighted() bool { return k == Convolution || k == FullyConnected }

// Geometry is that of a square window that moves over a map. What an operator's class has no attribute for is 0.
type Geometry struct {
	Kernel, Stride, Padding, Dilation, Groups int
	// Same is TensorFlow's padding: as much as it takes that no pixel is left out, an odd one below and right. Padding is
	// then that of maps whose size is a multiple of the stride; Before is exact.
	Same   bool
	Global bool // the window is the whole map, whatever its size
}

// reach is the size of the window.
func (g Geometry) reach() int { return g.Dilation*(g.Kernel-1) + 1 }

// samePadding is that of Same for maps whose size is a multiple of the stride.
func (g Geometry) samePadding() int { return max(0, g.reach()-g.Stride) / 2 }

// Before is the padding above a map of n rows, or left of one of n columns.
func (g Geometry) Before(n int) int {
	if !g.Same {
		return g.Padding
	}
	return max(0, (g.out(n)-1)*g.Stride+g.reach()-n) / 2
}

// out is the size that a map of n rows or columns becomes.
func (g Geometry) out(n int) int {
	if g.Same {
		return (n-1)/g.Stride + 1
	}
	return (n+2*g.Padding-g.reach())/g.Stride + 1
}

// slide gives the size of the output for a map of h×w; what is the name of the window for errors.
func (g Geometry) slide(h, w int, what string) (outH, outW int, err error) {
	switch {
	case g.Same && g.Before(h) != g.Before(w):
		return 0, 0, fmt.Errorf("a map of %d×%d would be padded by %d above and %d on the left, which is not supported: choose an input whose height and width are alike", h, w, g.Before(h), g.Before(w))
	case !g.Same && (h+2*g.Padding < g.reach() || w+2*g.Padding < g.reach()):
		return 0, 0, fmt.Errorf("a map of %d×%d is smaller than the %d×%d %s", h, w, g.Kernel, g.Kernel, what)
	}
	return g.out(h), g.out(w), nil
}

// Attribute is one setting of an operator: stride 2.
type Attribute struct {
	Name  string // stride, padding, dilation, groups
	Value int
}

func (a Attribute) String() string {
	if a.Name == "groups" {
		return fmt.Sprintf("%d groups", a.Value)
	}
	return fmt.Sprintf("%s %d", a.Name, a.Value)
}

// unusual are the attributes among some whose value is not the usual one.
func unusual(usual map[string]int, all ...Attribute) []Attribute {
	var list []Attribute
	for _, a := range all {
		if a.Value != usual[a.Name] {
			list = append(list, a)
		}
	}
	return list
}

// module is what most modules have in common: no parameters, no multiply-adds, no geometry.
type module struct{}

func (module) Functional() bool        { return false }
func (module) Params() []Param         { return nil }
func (module) MACs(tensor.Shape) int64 { return 0 }
func (module) Geometry() Geometry      { return Geometry{} }
func (module) Unusual() []Attribute    { return nil }

// function is a module's answers for a function.
type function struct{ module }

func (function) Functional() bool { return true }
