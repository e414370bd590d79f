// Package tensor holds shapes, element types and the dense float32 tensor that every other package passes around.
package tensor

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Shape lists the dimensions of a tensor, outermost first; feature maps are (n, c, h, w).
type Shape []int

// Elements is the product of the dimensions; 1 for a scalar.
func (s Shape) Elements() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Checked is Elements for a shape that nobody has checked yet: ok is false where a dimension is negative or the
// product does not fit in an int.
func (s Shape) Checked() (n int, ok bool) {
	n = 1
	for _, d := range s {
		if d < 0 || d != 0 && n > math.MaxInt/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// Equal reports whether both shapes have the same dimensions.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Clone copies the dimensions.
func (s Shape) Clone() Shape { return slices.Clone(s) }

// String writes the shape as PyTorch prints a list: [1, 3, 224, 224].
func (s Shape) String() string { return "[" + s.Join(", ") + "]" }

// Join writes the dimensions with a separator: 3×224×224.
func (s Shape) Join(sep string) string {
	words := make([]string, len(s))
	for i, d := range s {
		words[i] = strconv.Itoa(d)
	}
	return strings.Join(words, sep)
}

// Tensor is a dense, row-major float32 tensor; len(Data) is Shape.Elements().
type Tensor struct {
	Shape Shape
	Data  []float32
}

// New makes a zero tensor.
func New(shape ...int) Tensor {
	s := Shape(shape)
	return Tensor{Shape: s, Data: make([]float32, s.Elements())}
}

// Clone copies shape and data.
func (t Tensor) Clone() Tensor {
	return Tensor{Shape: t.Shape.Clone(), Data: slices.Clone(t.Data)}
}

// String names the shape only; the data would flood an error message.
func (t Tensor) String() string { return fmt.Sprintf("float32%v", t.Shape) }
