package bind

import "slices"

// globalPool is the average of each channel.
func (r *onnxReader) globalPool(n onnxNode, op operator) (int, error) {
	op.kind = opGlobalPool
	if n.Op == "GlobalAveragePool" {
		return r.put(op), n.only()
	}
	axes, err := r.whole(n, "axes", 1)
	if err == nil && !arePlaces(axes) {
		err = n.refuse("it averages over the axes %v, want 2 and 3", axes)
	}
	return r.put(op), err
}

// arePlaces tells the axes of a map's height and width.
func arePlaces(axes []int64) bool {
	slices.Sort(axes)
	return slices.Equal(axes, []int64{2, 3}) || slices.Equal(axes, []int64{-2, -1})
}

// flatten makes (batch, channels) of averages, by one of three operators.
func (r *onnxReader) flatten(n onnxNode, op operator) (int, error) {
	var err error
	switch n.Op {
	case "Flatten":
		if n.number("axis", 1) != 1 {
			err = n.refuse("axis is not 1")
		}
	case "Reshape":
		var shape []int64
		if shape, err = r.whole(n, "shape", 1); err == nil && len(shape) != 2 {
			err = n.refuse("it makes %d dimensions, want 2", len(shape))
		}
	case "Squeeze":
		var axes []int64
		if axes, err = r.whole(n, "axes", 1); err == nil && !arePlaces(axes) {
			err = n.refuse("it takes away the axes %v, want 2 and 3", axes)
		}
	}
	op.kind = opFlatten
	return r.put(op), err
}

func (r *onnxReader) softmax(n onnxNode, op operator) (int, error) {
	if axis := n.number("axis", 1); axis != 1 && axis != -1 {
		return 0, n.refuse("axis is not the classes'")
	}
	op.kind = opSoftmax
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
