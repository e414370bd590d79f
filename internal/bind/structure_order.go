package bind

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// parameterNames are what the tensors of a layer are called at the end of their names, in the order in which PyTorch registers
// them. One that ends another stands behind it.
var parameterNames = []struct {
	suffix string
	place  int
}{
	{"weight", 0}, {"kernel", 0}, {"gamma", 0}, {"scale", 0}, {"bias", 1}, {"beta", 1}, {"running_mean", 2}, {"moving_mean", 2}, {"_mean", 2}, {"mean", 2},
	{"running_var", 3}, {"moving_variance", 3}, {"moving_var", 3}, {"_variance", 3}, {"variance", 3}, {"var", 3},
}

// splitParameter takes a name apart: that of the layer, and the place of the tensor in it, or -1 where nobody knows its name.
func splitParameter(name string) (layer string, place int) {
	for _, p := range parameterNames {
		if layer, ok := strings.CutSuffix(name, p.suffix); ok {
			return layer, p.place
		}
	}
	return name, -1
}

// registered is the order of a file's names, but for those that leave out, in which those of one layer stand as PyTorch registers them. A file that is sorted,
// as safetensors writes them, has the order of its layers in numbers alone, which then count by their value: 2 stands before 10.
func registered(w graph.Weights, leave func(name string) bool) (order []string, sorted bool, err error) {
	order = slices.DeleteFunc(slices.Clone(w.Names()), leave)
	if sorted = isSorted(w); sorted {
		slices.SortStableFunc(order, compareNumbered)
	}
	for from := 0; from < len(order); {
		layer, place := splitParameter(order[from])
		to := from + 1
		for to < len(order) && place >= 0 {
			if next, place := splitParameter(order[to]); place < 0 || next != layer {
				break
			}
			to++
		}
		slices.SortStableFunc(order[from:to], func(a, b string) int {
			_, x := splitParameter(a)
			_, y := splitParameter(b)
			return cmp.Compare(x, y)
		})
		from = to
	}
	if sorted {
		err = knownParameters(w, order)
	}
	return order, sorted, err
}

// inPlace tells parameters that stand in PyTorch's order, as far as their names tell.
func inPlace(names []string) bool {
	for i, name := range names {
		if _, place := splitParameter(name); place >= 0 && place != i {
			return false
		}
	}
	return true
}

// isSorted tells a file whose tensors stand in the order of the alphabet, those of one type apart from others. Names that are
// numbered through (t000, t001) have an order of their own.
func isSorted(w graph.Weights) bool {
	last, kinds := map[tensor.DType]string{}, map[string]bool{}
	for _, name := range w.Names() {
		kinds[strings.Map(withoutDigits, name)] = true
		info, _ := w.Info(name)
		if name < last[info.DType] {
			return false
		}
		last[info.DType] = name
	}
	return len(kinds) > 1
}

func withoutDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}

// knownParameters refuses one-dimensional tensors of a sorted file whose names do not tell what they are.
func knownParameters(w graph.Weights, order []string) error {
	for _, name := range order {
		info, _ := w.Info(name)
		if _, place := splitParameter(name); place < 0 && len(info.Shape) == 1 && info.DType.Floating() {
			return fmt.Errorf("the tensors are sorted by name, and %q does not tell what it is of its layer: save them in the network's own order (torch.save)", name)
		}
	}
	return nil
}

// compareNumbered compares names whose numbers count by their value.
func compareNumbered(a, b string) int {
	for a != "" && b != "" {
		m, n := digits(a), digits(b)
		if m > 0 && n > 0 {
			x, y := strings.TrimLeft(a[:m], "0"), strings.TrimLeft(b[:n], "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
				return c
			}
			a, b = a[m:], b[n:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits is the length of the number that s begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
