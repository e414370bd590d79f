package bind

import (
	"math"
	"slices"
)

func (r *onnxReader) pool(n onnxNode, op operator) (int, error) {
	if err := n.only("auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "storage_order", "strides"); err != nil {
		return 0, err
	}
	if err := r.window(n, &op); err != nil {
		return 0, err
	}
	op.kind, op.ceil = opMaxPool, n.number("ceil_mode", 0) != 0
	if n.Op == "AveragePool" {
		op.kind = opAvgPool
		if op.same || op.inputs[0] != r.values[n.Inputs[0]] || op.ceil && n.number("count_include_pad", 0) != 0 {
			return 0, n.refuse("an average of a map that is padded")
		}
		if at, err := r.average(n, op); at > 0 || err != nil {
			return at, err
		}
	} else if op.ceil {
		return 0, n.refuse("ceil_mode 1")
	}
	if op.dilation != 1 || n.number("storage_order", 0) != 0 {
		return 0, n.refuse("it has dilations, or another order of elements")
	}
	return r.put(op), nil
}

// pad is a padding with zeros: the same on the four sides of a map, or channels before and behind; or one that reflects.
func (r *onnxReader) pad(n onnxNode, op operator) (int, error) {
	reflect := false
	for _, a := range n.Attrs {
		reflect = reflect || a.Name == "mode" && a.Text == "reflect"
		if a.Name != "pads" && !(a.Name == "mode" && (a.Text == "constant" || reflect)) && !(a.Name == "value" && a.Float == 0) {
			return 0, n.refuse("its mode or value is not that of zeros")
		}
	}
	pads, err := r.whole(n, "pads", 1)
	if err != nil {
		return 0, err
	}
	if len(pads) != 8 || slices.Min(pads) < 0 || slices.Max(pads) > 1<<16 {
		return 0, n.refuse("it pads by %v", pads)
	}
	if reflect {
		if !slices.Equal(pads, []int64{0, 0, 1, 1, 0, 0, 1, 1}) || len(n.Inputs) > 3 {
			return 0, n.refuse("it reflects by %v, want one pixel on the four sides", pads)
		}
		op.kind = opReflection
		return r.put(op), nil
	}
	op.kind, op.pad, op.around = opPadding, int(pads[2]), [2]int{int(pads[1]), int(pads[5])}
	switch p := pads[2]; {
	case slices.Equal(pads, []int64{0, pads[1], 0, 0, 0, pads[5], 0, 0}):
		op.kind = opChannels
	case !slices.Equal(pads, []int64{0, 0, p, p, 0, 0, p, p}):
		return 0, n.refuse("it pads by %v, want the same on the four sides, or channels alone", pads)
	}
	if len(n.Inputs) > 3 {
		return 0, n.refuse("it has axes")
	}
	if len(n.Inputs) == 3 && n.Inputs[2] != "" {
		name, _, err := r.tensor(n, 2, 0)
		if err != nil {
			return 0, err
		}
		value := make([]float32, 1)
		if err := r.weights.Read(name, value); err != nil {
			return 0, err
		}
		if value[0] != 0 {
			return 0, n.refuse("it pads with %g", value[0])
		}
	}
	return r.put(op), nil
}

// slice is one of every n-th row, column, or both.
func (r *onnxReader) slice(n onnxNode, op operator) (int, error) {
	var lists [4][]int64
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		var err error
		if lists[i], err = r.whole(n, name, i+1); err != nil {
			return 0, err
		}
	}
	starts, ends, axes, steps := lists[0], lists[1], lists[2], lists[3]
	if len(axes) == 0 || len(starts) != len(axes) || len(ends) != len(axes) || len(steps) != len(axes) {
		return 0, n.refuse("it does not say starts, ends, axes and steps")
	}
	op.kind, op.step = opPixels, [2]int{1, 1}
	for i, axis := range axes {
		if axis < 2 || axis > 3 || starts[i] != 0 || ends[i] < math.MaxInt32 || steps[i] < 1 || steps[i] > 1<<16 {
			return 0, n.refuse("it takes something else than every n-th row or column")
		}
		op.step[axis-2] *= int(steps[i])
	}
	return r.put(op), nil
}
