package bind

import (
	"math"
	"slices"
)

// node adds the operators of one node.
func (r *onnxReader) node(n onnxNode) error {
	if n.Domain != "" && n.Domain != "ai.onnx" && !(n.Op == "FusedConv" && n.Domain == "com.microsoft") {
		return n.refuse("no residual network of this family has an operator of %s", n.Domain)
	}
	if slices.Contains([]string{"QuantizeLinear", "DequantizeLinear"}, n.Op) {
		return n.refuse("a quantized ONNX file is not read; use the safetensors that it was written from")
	}
	if len(n.Inputs) == 0 {
		return n.refuse("it has no input")
	}
	if len(n.Outputs) != 1 && n.Op != "Dropout" {
		return n.refuse("it has %d outputs", len(n.Outputs))
	}
	from, computed := r.values[n.Inputs[0]]
	if n.Op == "Identity" && !computed {
		to := n.Inputs[0]
		if further, ok := r.alias[to]; ok {
			to = further
		}
		r.alias[n.Outputs[0]] = to
		return nil
	}
	if _, second := r.values[n.Inputs[len(n.Inputs)-1]]; !computed && !(n.Op == "Add" && second) {
		return n.refuse("it takes %q, which is not computed from the picture; weights that a graph computes are not read: let torch.onnx.export (optimize=True) or onnxsim fold them", n.Inputs[0])
	}
	at, err := r.operator(n, from)
	if err == nil {
		r.values[n.Outputs[0]] = at
	}
	return err
}

// operator adds a node that takes the operator from, and gives its own.
func (r *onnxReader) operator(n onnxNode, from int) (int, error) {
	op := operator{layer: n.Outputs[0], inputs: []int{from}, stride: 1, dilation: 1, groups: 1}
	switch n.Op {
	case "Conv":
		at, err := r.conv(n, op)
		return r.folded(n, at), err
	case "FusedConv":
		return r.fusedConv(n, op)
	case "BatchNormalization":
		return r.norm(n, op)
	case "MaxPool", "AveragePool":
		return r.pool(n, op)
	case "Gemm", "MatMul":
		return r.linear(n, op)
	case "Add", "Sum", "Sub", "Mul", "Div":
		if r.operators[from].kind == opInput && len(n.Inputs) == 2 {
			return from, r.scalePicture(n)
		}
		if n.Op == "Add" || n.Op == "Sum" {
			return r.add(n, op)
		}
	case "Relu":
		op.kind = opReLU
		return r.put(op), n.only()
	case "GlobalAveragePool":
		op.kind = opGlobalPool
		return r.put(op), n.only()
	case "ReduceMean":
		axes, err := r.whole(n, "axes", 1)
		slices.Sort(axes)
		if err == nil && !slices.Equal(axes, []int64{2, 3}) && !slices.Equal(axes, []int64{-2, -1}) {
			err = n.refuse("it averages over the axes %v, want 2 and 3", axes)
		}
		op.kind = opGlobalPool
		return r.put(op), err
	case "Flatten":
		op.kind = opFlatten
		if n.number("axis", 1) != 1 {
			return 0, n.refuse("axis is not 1")
		}
		return r.put(op), nil
	case "Reshape":
		shape, err := r.whole(n, "shape", 1)
		if err == nil && len(shape) != 2 {
			err = n.refuse("it makes %d dimensions, want 2", len(shape))
		}
		op.kind = opFlatten
		return r.put(op), err
	case "Squeeze":
		axes, err := r.whole(n, "axes", 1)
		slices.Sort(axes)
		if err == nil && !slices.Equal(axes, []int64{2, 3}) && !slices.Equal(axes, []int64{-2, -1}) {
			err = n.refuse("it takes away the axes %v, want 2 and 3", axes)
		}
		op.kind = opFlatten
		return r.put(op), err
	case "Softmax":
		if axis := n.number("axis", 1); axis != 1 && axis != -1 {
			return 0, n.refuse("axis is not the classes'")
		}
		op.kind = opSoftmax
		return r.put(op), nil
	case "Identity":
		return from, nil
	case "Cast": // all is computed in float32
		if !slices.Contains(floatingTypes, n.number("to", 0)) {
			return 0, n.refuse("it makes other numbers than floating-point ones")
		}
		return from, nil
	case "Dropout":
		if len(n.Inputs) > 2 {
			return 0, n.refuse("it may be at training")
		}
		return from, nil
	case "Pad":
		return r.pad(n, op)
	case "Slice":
		return r.slice(n, op)
	case "Transpose":
		return r.transpose(n, from)
	}
	return 0, n.refuse("no residual network of this family has one")
}

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

// floatingTypes are those of TensorProto: float, float16, double, bfloat16.
var floatingTypes = []float64{1, 10, 11, 16}

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
	for i, leaf := range []string{"weight", "bias", "running_mean", "running_var"} {
		name, _, err := r.tensor(n, i+1, 1)
		if err != nil {
			return 0, err
		}
		tensors[leaf] = onnxTensor{name: name}
	}
	r.tensors[op.layer] = tensors
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

func (r *onnxReader) linear(n onnxNode, op operator) (int, error) {
	weight, shape, err := r.tensor(n, 1, 2)
	if err != nil {
		return 0, err
	}
	if err := n.only("alpha", "beta", "transA", "transB"); err != nil {
		return 0, err
	}
	if n.number("alpha", 1) != 1 || n.number("beta", 1) != 1 || n.number("transA", 0) != 0 {
		return 0, n.refuse("alpha, beta or transA is not the usual")
	}
	op.kind, op.out = opLinear, shape[1]
	tensors := map[string]onnxTensor{"weight": {weight, []int{1, 0}}}
	if n.number("transB", 0) != 0 {
		op.out, tensors["weight"] = shape[0], onnxTensor{name: weight}
	}
	if len(n.Inputs) > 2 && n.Inputs[2] != "" {
		bias, _, err := r.tensor(n, 2, 1)
		if err != nil {
			return 0, err
		}
		op.bias, tensors["bias"] = true, onnxTensor{name: bias}
	}
	r.tensors[op.layer] = tensors
	return r.put(op), nil
}

// add is of two branches, or of a dense layer and its bias.
func (r *onnxReader) add(n onnxNode, op operator) (int, error) {
	if len(n.Inputs) != 2 {
		return 0, n.refuse("it has %d inputs, want 2", len(n.Inputs))
	}
	a, first := r.values[n.Inputs[0]]
	b, second := r.values[n.Inputs[1]]
	if first && second {
		op.kind, op.inputs = opAdd, []int{a, b}
		return r.put(op), n.only()
	}
	at, constant := a, 1
	if second {
		at, constant = b, 0
	}
	linear := &r.operators[at]
	bias, shape, err := r.tensor(n, constant, 1)
	if err != nil {
		return 0, err
	}
	if linear.kind != opLinear || linear.bias || shape[0] != linear.out || r.users(n.Inputs[1-constant]) != 1 {
		return 0, n.refuse("it adds a constant to what is no dense layer")
	}
	linear.bias = true
	r.tensors[linear.layer]["bias"] = onnxTensor{name: bias}
	return at, nil
}

// users counts the operators that take a value, the model's output among them.
func (r *onnxReader) users(value string) int {
	count := 0
	for _, n := range r.model.Nodes {
		for _, in := range n.Inputs {
			if in == value {
				count++
			}
		}
	}
	if slices.Contains(r.model.Outputs, value) {
		count++
	}
	return count
}

// transpose is of a picture whose channels stand last, as TensorFlow has them.
func (r *onnxReader) transpose(n onnxNode, from int) (int, error) {
	perm, _ := n.ints("perm")
	in := &r.operators[from]
	if in.kind != opInput || !slices.Equal(perm, []int64{0, 3, 1, 2}) || r.channelsLast || r.users(n.Inputs[0]) != 1 {
		return 0, n.refuse("it is not that of the picture")
	}
	r.channelsLast = true
	in.size = [3]int{in.size[2], in.size[0], in.size[1]}
	return from, nil
}
