package bind

import (
	"slices"

	"resnet/internal/graph"
)

// window reads kernel, stride, padding and dilation, which are the same in both directions. Paddings become operators.
func (r *onnxReader) window(n onnxNode, op *operator) error {
	one := func(name string, count int, usual int) (int, error) {
		list, said := n.ints(name)
		if !said {
			return usual, nil
		}
		if len(list) != count || len(slices.Compact(slices.Clone(list))) != 1 || list[0] < 0 || list[0] > 1<<16 {
			return 0, n.refuse("its %s are %v, want %d equal numbers", name, list, count)
		}
		return int(list[0]), nil
	}
	var err error
	if op.kernel, err = one("kernel_shape", 2, op.kernel); err != nil {
		return err
	}
	if op.stride, err = one("strides", 2, 1); err != nil {
		return err
	}
	if op.dilation, err = one("dilations", 2, 1); err != nil {
		return err
	}
	pad, err := one("pads", 4, 0)
	if err != nil {
		return err
	}
	for _, a := range n.Attrs {
		switch {
		case a.Name != "auto_pad" || a.Text == "" || a.Text == "NOTSET":
		case a.Text == "VALID":
			pad = 0
		case a.Text == "SAME_UPPER":
			op.same, pad = true, 0
		default:
			return n.refuse("auto_pad is %s", a.Text)
		}
	}
	if pad > 0 {
		op.inputs = []int{r.put(operator{kind: opPadding, layer: op.layer + " (padding)", inputs: op.inputs, pad: pad})}
	}
	return nil
}

func (r *onnxReader) conv(n onnxNode, op operator) (int, error) {
	if err := n.only("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"); err != nil {
		return 0, err
	}
	weight, shape, err := r.tensor(n, 1, 4)
	if err != nil {
		return 0, err
	}
	op.kind, op.out, op.kernel, op.groups = opConv, shape[0], shape[2], int(n.number("group", 1))
	if err := r.window(n, &op); err != nil {
		return 0, err
	}
	if shape[2] != op.kernel || shape[3] != op.kernel {
		return 0, n.refuse("its kernel is %d×%d, want a square of %d", shape[2], shape[3], op.kernel)
	}
	tensors := map[string]onnxTensor{"weight": {name: weight}}
	if len(n.Inputs) > 2 && n.Inputs[2] != "" {
		bias, _, err := r.tensor(n, 2, 1)
		if err != nil {
			return 0, err
		}
		op.bias, tensors["bias"] = true, onnxTensor{name: bias}
	}
	if r.operators[op.inputs[0]].kind == opReflection {
		return r.blur(n, op, weight)
	}
	r.tensors[op.layer] = tensors
	return r.put(op), nil
}

// fusedConv is ONNX Runtime's convolution with a ReLU.
func (r *onnxReader) fusedConv(n onnxNode, op operator) (int, error) {
	relu := false
	n.Attrs = slices.Clone(n.Attrs)
	for i, a := range n.Attrs {
		if a.Name == "activation" && a.Text == "Relu" {
			relu = true
			n.Attrs = slices.Delete(n.Attrs, i, i+1)
			break
		}
	}
	if !relu || len(n.Inputs) > 3 {
		return 0, n.refuse("it is more than a convolution and a ReLU")
	}
	at, err := r.conv(n, op)
	if err != nil {
		return 0, err
	}
	return r.put(operator{kind: opReLU, layer: op.layer + " (relu)", inputs: []int{r.folded(n, at)}}), nil
}

// folded puts the batch norm behind a convolution that was folded into it, where none follows: the family has one there, but
// for what is a blur.
func (r *onnxReader) folded(n onnxNode, conv int) int {
	if out := n.Outputs[0]; !r.normed[out] && r.operators[conv].kind == opConv {
		return r.put(operator{kind: opNorm, layer: out + " (folded)", inputs: []int{conv}, bias: r.operators[conv].bias})
	}
	return conv
}

func (r *onnxReader) norm(n onnxNode, op operator) (int, error) {
	if err := n.only("epsilon", "momentum", "training_mode", "spatial"); err != nil {
		return 0, err
	}
	if n.number("training_mode", 0) != 0 || n.number("spatial", 1) != 1 {
		return 0, n.refuse("it is at training, or normalizes more than channels: export the model in eval mode")
	}
	op.kind, op.eps, op.scale, op.center = opNorm, n.number("epsilon", 1e-5), true, true
	if op.eps <= 0 {
		return 0, n.refuse("epsilon is %g", op.eps)
	}
	tensors := map[string]onnxTensor{}
	for i, leaf := range batchNormParts {
		name, _, err := r.tensor(n, i+1, 1)
		if err != nil {
			return 0, err
		}
		tensors[leaf] = onnxTensor{name: name}
	}
	r.tensors[op.layer] = tensors
	return r.put(op), nil
}

// channels is the number of a map's channels where the second input is a constant with a number for each; 0 where it is none.
func (r *onnxReader) channels(n onnxNode) int {
	if len(n.Inputs) != 2 {
		return 0
	}
	info, ok := r.weights.Info(n.Inputs[1])
	if last := len(info.Shape); !ok || last < 3 || last > 4 || info.Shape.Elements() != info.Shape[last-3] || !info.DType.Floating() {
		return 0
	}
	return info.Shape.Elements()
}

// normLeft is a product and a sum behind a convolution, which tf2onnx leaves of a batch norm.
func (r *onnxReader) normLeft(n onnxNode, op operator) (int, error) {
	at, channels := op.inputs[0], r.channels(n)
	before := &r.operators[at]
	switch {
	case n.Op == "Mul" && before.kind == opConv && before.out == channels:
		op.kind, op.eps, op.out, op.scale, op.center = opNorm, graph.BatchNormEps, channels, true, true
		r.tensors[op.layer] = map[string]onnxTensor{"weight": {name: n.Inputs[1]}}
		return r.put(op), nil
	case n.Op == "Add" && before.kind == opNorm && before.out == channels && len(r.tensors[before.layer]) == 1 && r.users(n.Inputs[0]) == 1:
		r.tensors[before.layer]["bias"] = onnxTensor{name: n.Inputs[1]}
		return at, nil
	}
	return 0, n.refuse("it scales a map, or shifts it, as no batch norm behind a convolution does")
}
