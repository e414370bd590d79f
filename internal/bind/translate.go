package bind

import (
	"fmt"
	"slices"

	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// A translation shows the tensors of a file that has another layout than PyTorch's under PyTorch's names and in its
// layout.
type translation struct {
	file    graph.Weights
	dialect string // whose file it is; "" where the names are left as they are
	names   []string
	tensors map[string]translated
	// spec is the network, where the file says all of it; nil: the tensors tell.
	spec       *model.Spec
	sized      bool   // the size of its input is the file\'s
	placed     bool   // the file's graph or its names tell which tensor is which, so that order and shape need not
	strideIn   string // of the convention that the names have; "" where nothing is known
	preprocess *Preprocess
	averaged   bool // the network puts out the average of its last map, and the file does not tell whether its own does
	notes      []string
}

// translated is where a tensor's values come from.
type translated struct {
	name  string  // in the file; "": constant throughout
	axes  []int   // of the stored tensor, in PyTorch's order; nil: as they are
	plus  float32 // is added, or is the constant
	shape tensor.Shape
}

// Preprocess is what a file tells of how its pictures are prepared.
type Preprocess struct {
	// Name is a convention that preprocessing is known by: caffe, unit; "" where Mean and Std are given.
	Name string
	// Mean and Std are of values in 0 … 1: (value - mean) / std.
	Mean, Std [3]float64
	// Scale is what the pixels are taken to lie in that the file's own graph normalizes by Mean and Std: 255 for 0 … 255, 1 for
	// 0 … 1. It says what it does to them, and not what they are. 0: there is no graph that does.
	Scale int
	// Assumed is true where the file does not say it.
	Assumed bool
}

// translate gives the translation of a file that needs one, else nil.
func translate(w graph.Weights) (*translation, error) {
	if t, ok := w.(*translation); ok {
		return t, nil
	}
	if f, ok := w.(interface{ Format() string }); ok {
		switch f.Format() {
		case kerasFormat:
			return translateKeras(w)
		case onnxFormat:
			return translateONNX(w)
		}
	}
	return translateMLX(w)
}

// Translated tells a file that has other names and another layout than PyTorch's, so that its tensors mean something to
// PyTorch once they are bound alone.
func Translated(w graph.Weights) (bool, error) {
	t, err := translate(w)
	return t != nil, err
}

func newTranslation(w graph.Weights, dialect string) *translation {
	return &translation{file: w, dialect: dialect, tensors: map[string]translated{}}
}

// add names one of the file's tensors.
func (t *translation) add(name, stored string, axes []int, plus float32) error {
	info, ok := t.file.Info(stored)
	if !ok {
		return fmt.Errorf("the file has no tensor %q", stored)
	}
	if axes != nil && len(axes) != len(info.Shape) {
		return fmt.Errorf("%s: shape %v, want %d dimensions", stored, info.Shape, len(axes))
	}
	shape := info.Shape
	if axes != nil {
		shape = make(tensor.Shape, len(axes))
		for i, axis := range axes {
			shape[i] = info.Shape[axis]
		}
	}
	return t.put(name, translated{name: stored, axes: axes, plus: plus, shape: shape})
}

// constant adds a tensor that the file leaves out, as it always has this value.
func (t *translation) constant(name string, value float32, shape ...int) error {
	return t.put(name, translated{plus: value, shape: shape})
}

func (t *translation) put(name string, one translated) error {
	if _, twice := t.tensors[name]; twice {
		return fmt.Errorf("%q would be %s, which %q is already", one.name, name, t.tensors[name].name)
	}
	t.names = append(t.names, name)
	t.tensors[name] = one
	return nil
}

func (t *translation) Names() []string { return t.names }

func (t *translation) Info(name string) (tensor.Info, bool) {
	one, ok := t.tensors[name]
	info := tensor.Info{Shape: one.shape, DType: tensor.Float32}
	if one.name != "" {
		stored, _ := t.file.Info(one.name)
		info.DType = stored.DType
	}
	return info, ok
}

func (t *translation) Read(name string, dst []float32) error {
	one, ok := t.tensors[name]
	if !ok {
		return fmt.Errorf("no tensor %q", name)
	}
	switch {
	case one.name == "":
		clear(dst)
	case one.axes == nil:
		if err := t.file.Read(one.name, dst); err != nil {
			return err
		}
	default:
		stored := make([]float32, len(dst))
		if err := t.file.Read(one.name, stored); err != nil {
			return err
		}
		one.permute(dst, stored)
	}
	if one.plus != 0 {
		for i := range dst {
			dst[i] += one.plus
		}
	}
	return nil
}

// permute copies the elements of a stored tensor into PyTorch's order, row by row of the last axis.
func (one translated) permute(dst, stored []float32) {
	steps := make([]int, len(one.axes)) // of the stored tensor, by our axis
	for i, axis := range one.axes {
		steps[i] = 1
		for j, other := range one.axes {
			if other > axis {
				steps[i] *= one.shape[j]
			}
		}
	}
	last := len(steps) - 1
	index := make([]int, len(steps))
	for len(dst) > 0 {
		from := 0
		for i, n := range index {
			from += n * steps[i]
		}
		for i := range one.shape[last] {
			dst[i] = stored[from+i*steps[last]]
		}
		dst = dst[one.shape[last]:]
		for axis := last - 1; axis >= 0; axis-- {
			if index[axis]++; index[axis] < one.shape[axis] {
				break
			}
			index[axis] = 0
		}
	}
}

// describe says of a binding of the translated tensors what it is of the file's.
func (t *translation) describe(b *Binding) {
	for i, one := range b.Bound {
		b.Bound[i].Tensor, b.Bound[i].Minus = t.tensors[one.Tensor].name, t.tensors[one.Minus].name
	}
	if t.dialect != "" && b.Dialect != structureDialect {
		b.Dialect = t.dialect
	}
	b.Notes = append(slices.Clone(t.notes), b.Notes...)
	b.Preprocess, b.Averaged = t.preprocess, t.averaged
}
