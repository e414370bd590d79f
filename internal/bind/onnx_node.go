package bind

import "slices"

// passOver takes the nodes out of the graph that leave a value as it is, a tensor of the file too: what took their output
// takes their input.
func (r *onnxReader) passOver() {
	source := map[string]string{}
	rename := func(names []string) {
		for i, name := range names {
			if from, ok := source[name]; ok {
				names[i] = from
			}
		}
	}
	nodes := r.model.Nodes[:0]
	for _, n := range r.model.Nodes {
		rename(n.Inputs)
		if n.passes() {
			source[n.Outputs[0]] = n.Inputs[0]
		} else {
			nodes = append(nodes, n)
		}
	}
	r.model.Nodes = nodes
	rename(r.model.Outputs)
}

// passes tells a node that leaves a value as it is.
func (n onnxNode) passes() bool {
	if n.Domain != "" && n.Domain != "ai.onnx" || len(n.Inputs) == 0 || n.Outputs[0] == "" {
		return false
	}
	switch n.Op {
	case "Identity":
		return true
	case "Cast": // all is computed in float32
		return slices.Contains(floatingTypes, n.number("to", 0))
	case "Dropout":
		return len(n.Inputs) < 3 // a third one says whether it is at training
	}
	return false
}

// floatingTypes are those of TensorProto: float, float16, double, bfloat16.
var floatingTypes = []float64{1, 10, 11, 16}

// node adds the operators of one node.
func (r *onnxReader) node(n onnxNode) error {
	if n.Domain != "" && n.Domain != "ai.onnx" && !(n.Op == "FusedConv" && n.Domain == "com.microsoft") {
		return n.refuse("no residual network of this family has an operator of %s", n.Domain)
	}
	if slices.Contains([]string{"QuantizeLinear", "DequantizeLinear"}, n.Op) {
		return n.refuse("a quantized ONNX file is not read; use the model that it was quantized from, or the safetensors in bytes that it was written from")
	}
	if len(n.Inputs) == 0 {
		return n.refuse("it has no input")
	}
	if len(n.Outputs) != 1 {
		return n.refuse("it has %d outputs", len(n.Outputs))
	}
	from, computed := r.values[n.Inputs[0]]
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
		if r.channels(n) > 0 && (n.Op == "Mul" || n.Op == "Add") {
			return r.normLeft(n, op)
		}
		if n.Op == "Add" || n.Op == "Sum" {
			return r.add(n, op)
		}
	case "Relu":
		op.kind = opReLU
		return r.put(op), n.only()
	case "GlobalAveragePool", "ReduceMean":
		return r.globalPool(n, op)
	case "Flatten", "Reshape", "Squeeze":
		return r.flatten(n, op)
	case "Softmax":
		return r.softmax(n, op)
	case "Cast":
		return 0, n.refuse("it makes other numbers than floating-point ones")
	case "Dropout":
		return 0, n.refuse("it may be at training")
	case "Pad":
		return r.pad(n, op)
	case "Slice":
		return r.slice(n, op)
	case "Transpose":
		return r.transpose(n, from)
	}
	return 0, n.refuse("no residual network of this family has one")
}
