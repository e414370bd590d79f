package bind

import (
	"fmt"
	"math"
	"slices"

	"resnet/internal/graph"
)

// onnxReader turns a graph into operators. An operator's layer is the value that it puts out, which has a name where
// nothing else has.
type onnxReader struct {
	weights      graph.Weights
	model        onnxModel
	operators    []operator
	values       map[string]int // the operator that a value is the output of
	tensors      map[string]map[string]onnxTensor
	normed       map[string]bool // values that a batch norm takes
	channelsLast bool
	pixels       pixels
}

// onnxTensor is a parameter of an operator.
type onnxTensor struct {
	name string
	axes []int
}

// read gives the operator that is the output.
func (r *onnxReader) read() (int, error) {
	m := &r.model
	version := m.Opsets[""]
	if version == 0 {
		version = m.Opsets["ai.onnx"]
	}
	switch {
	case len(m.Inputs) != 1 || len(m.Outputs) != 1:
		return 0, fmt.Errorf("the model has %d inputs and %d outputs, want one each", len(m.Inputs), len(m.Outputs))
	case version < 7:
		return 0, fmt.Errorf("the model is of opset %d; from 7 on they are read: convert it with onnx.version_converter", version)
	case m.Functions > 0:
		return 0, fmt.Errorf("the model defines operators of its own: not supported")
	}
	in := operator{kind: opInput, layer: m.Inputs[0].Name}
	if s := m.Inputs[0].Shape; len(s) == 4 {
		in.size = [3]int{s[1], s[2], s[3]}
	}
	r.operators = append(r.operators, in)
	r.values[in.layer] = 0
	r.passOver()
	r.normed = r.takenByNorms()
	for _, n := range m.Nodes {
		if len(r.operators) > maxOperators {
			return 0, fmt.Errorf("the model has more than %d operators", maxOperators)
		}
		if err := r.node(n); err != nil {
			return 0, err
		}
	}
	out, ok := r.values[m.Outputs[0]]
	if !ok {
		return 0, fmt.Errorf("the output %q is computed by no operator", m.Outputs[0])
	}
	return out, nil
}

// takenByNorms are the values that a batch norm takes, or what is left of one.
func (r *onnxReader) takenByNorms() map[string]bool {
	taken := map[string]bool{}
	for _, n := range r.model.Nodes {
		if n.Op == "BatchNormalization" && len(n.Inputs) > 0 || n.Op == "Mul" && r.channels(n) > 0 {
			taken[n.Inputs[0]] = true
		}
	}
	return taken
}

func (r *onnxReader) put(op operator) int {
	r.operators = append(r.operators, op)
	return len(r.operators) - 1
}

// tensor finds a tensor of the file with that many dimensions, of floating-point numbers.
func (r *onnxReader) tensor(n onnxNode, input, dims int) (name string, shape []int, err error) {
	if input >= len(n.Inputs) {
		return "", nil, n.refuse("it has %d inputs", len(n.Inputs))
	}
	name = n.Inputs[input]
	info, ok := r.weights.Info(name)
	if !ok || len(info.Shape) != dims || !info.DType.Floating() {
		return "", nil, n.refuse("its input %q is no tensor of the file with %d dimensions", n.Inputs[input], dims)
	}
	return name, info.Shape, nil
}

// whole reads a small list of integers: an attribute, or an input that is a tensor of the file.
func (r *onnxReader) whole(n onnxNode, attr string, input int) ([]int64, error) {
	if list, ok := n.ints(attr); ok || input >= len(n.Inputs) {
		return list, nil
	}
	name := n.Inputs[input]
	info, ok := r.weights.Info(name)
	if !ok || len(info.Shape) > 1 || info.Shape.Elements() > 8 || info.DType.Floating() {
		return nil, n.refuse("its input %q is computed, or no short list", n.Inputs[input])
	}
	values := make([]float32, info.Shape.Elements())
	if err := r.weights.Read(name, values); err != nil {
		return nil, err
	}
	list := make([]int64, len(values))
	for i, v := range values {
		if list[i] = int64(v); v >= math.MaxInt64 { // the end of a slice that takes all
			list[i] = math.MaxInt64
		}
	}
	return list, nil
}

func (n onnxNode) refuse(what string, args ...any) error {
	return fmt.Errorf("the operator %q (%s) is not computed: %s", n.Outputs[0], n.Op, fmt.Sprintf(what, args...))
}

func (n onnxNode) ints(name string) ([]int64, bool) {
	for _, a := range n.Attrs {
		if a.Name == name {
			return a.Ints, true
		}
	}
	return nil, false
}

// number is an attribute that is one, or what it is where it is left out.
func (n onnxNode) number(name string, usual float64) float64 {
	for _, a := range n.Attrs {
		switch {
		case a.Name == name && a.Type == 1:
			return a.Float
		case a.Name == name:
			return float64(a.Int)
		}
	}
	return usual
}

// only refuses attributes that are not known, as one may change what is computed.
func (n onnxNode) only(known ...string) error {
	for _, a := range n.Attrs {
		if !slices.Contains(known, a.Name) {
			return n.refuse("its attribute %s is not known", a.Name)
		}
	}
	return nil
}
