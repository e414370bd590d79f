package bind_test

import (
	"encoding/json"
	"slices"

	"resnet/internal/tensor"
)

// onnxFile is an ONNX model whose tensors have the same value throughout; lists are those that a graph reads.
type onnxFile struct {
	shapes
	lists map[string][]float32 // integers, but for those of no dimension
	graph onnxGraph
}

type onnxGraph struct {
	Opsets    map[string]int64
	Inputs    []onnxInput
	Outputs   []string
	Nodes     []*onnxNode
	Functions int
}

type onnxInput struct {
	Name  string
	Shape []int
}

type onnxNode struct {
	Op, Domain      string
	Inputs, Outputs []string
	Attrs           []onnxAttr
}

type onnxAttr struct {
	Name  string
	Type  int
	Int   int64
	Float float64
	Text  string
	Ints  []int64
}

func (*onnxFile) Format() string { return "ONNX" }

func (f *onnxFile) Config() string {
	text, err := json.Marshal(f.graph)
	if err != nil {
		return "" // as the reader does
	}
	return string(text)
}

func (f *onnxFile) Info(name string) (tensor.Info, bool) {
	info, ok := f.shapes.Info(name)
	if _, list := f.lists[name]; list && len(info.Shape) > 0 {
		info.DType = tensor.Int64
	}
	return info, ok
}

func (f *onnxFile) Read(name string, dst []float32) error {
	copy(dst, f.lists[name])
	return nil
}

func (f *onnxFile) tensor(name string, shape ...int) string {
	if _, ok := f.shape[name]; !ok {
		f.names = append(f.names, name)
	}
	f.shape[name] = shape
	return name
}

// list is a tensor of integers.
func (f *onnxFile) list(name string, values ...float32) string {
	f.lists[name] = values
	return f.tensor(name, len(values))
}

// add appends a node, whose output has the node's name.
func (f *onnxFile) add(op, name string, inputs []string, attrs ...onnxAttr) string {
	f.graph.Nodes = append(f.graph.Nodes, &onnxNode{Op: op, Inputs: inputs, Outputs: []string{name}, Attrs: attrs})
	return name
}

// node finds the node of an output.
func (f *onnxFile) node(name string) *onnxNode {
	return f.graph.Nodes[slices.IndexFunc(f.graph.Nodes, func(n *onnxNode) bool { return n.Outputs[0] == name })]
}

// insert puts a node behind the output of another.
func (f *onnxFile) insert(behind, op, name string, more []string, attrs ...onnxAttr) {
	for _, n := range f.graph.Nodes {
		for i, in := range n.Inputs {
			if in == behind {
				n.Inputs[i] = name
			}
		}
	}
	at := slices.Index(f.graph.Nodes, f.node(behind)) + 1
	n := &onnxNode{Op: op, Inputs: append([]string{behind}, more...), Outputs: []string{name}, Attrs: attrs}
	f.graph.Nodes = slices.Insert(f.graph.Nodes, at, n)
}

// set gives the node an attribute, in place of the one of that name.
func (n *onnxNode) set(a onnxAttr) {
	n.Attrs = append(slices.DeleteFunc(n.Attrs, func(old onnxAttr) bool { return old.Name == a.Name }), a)
}

func ints(name string, list ...int64) onnxAttr { return onnxAttr{Name: name, Type: 7, Ints: list} }
func whole(name string, v int64) onnxAttr      { return onnxAttr{Name: name, Type: 2, Int: v} }
func float(name string, v float64) onnxAttr    { return onnxAttr{Name: name, Type: 1, Float: v} }
func word(name, text string) onnxAttr          { return onnxAttr{Name: name, Type: 3, Text: text} }

// smallONNX is a network of two basic blocks, the second with a pooled projection.
func smallONNX() *onnxFile {
	f := &onnxFile{shapes: shapes{shape: map[string]tensor.Shape{}}, lists: map[string][]float32{}}
	f.graph.Opsets = map[string]int64{"": 17}
	f.graph.Inputs = []onnxInput{{"input", []int{0, 3, 32, 32}}}
	conv := func(name, from string, in, out, kernel, stride int) string {
		k, s, p := int64(kernel), int64(stride), int64(kernel/2)
		f.add("Conv", name, []string{from, f.tensor(name+".weight", out, in, kernel, kernel)},
			ints("kernel_shape", k, k), ints("strides", s, s), ints("pads", p, p, p, p), ints("dilations", 1, 1), whole("group", 1))
		inputs := []string{name}
		for _, leaf := range []string{"weight", "bias", "running_mean", "running_var"} {
			inputs = append(inputs, f.tensor(name+".bn."+leaf, out))
		}
		return f.add("BatchNormalization", name+".bn", inputs, float("epsilon", 1e-5), float("momentum", 0.9))
	}
	relu := func(name string, from string) string { return f.add("Relu", name, []string{from}) }
	x := relu("relu", conv("conv1", "input", 3, 4, 7, 2))
	x = f.add("MaxPool", "pool", []string{x}, ints("kernel_shape", 3, 3), ints("strides", 2, 2), ints("pads", 1, 1, 1, 1))
	y := conv("a2", relu("a1.relu", conv("a1", x, 4, 4, 3, 1)), 4, 4, 3, 1)
	x = relu("a.relu", f.add("Add", "a", []string{y, x}))
	y = conv("b2", relu("b1.relu", conv("b1", x, 4, 8, 3, 2)), 8, 8, 3, 1)
	x = f.add("AveragePool", "half", []string{x}, ints("kernel_shape", 2, 2), ints("strides", 2, 2), whole("ceil_mode", 1))
	x = relu("b.relu", f.add("Add", "b", []string{y, conv("side", x, 4, 8, 1, 1)}))
	x = f.add("Flatten", "flat", []string{f.add("GlobalAveragePool", "mean", []string{x})})
	f.graph.Outputs = []string{f.add("Gemm", "logits", []string{x, f.tensor("fc.weight", 5, 8), f.tensor("fc.bias", 5)}, whole("transB", 1))}
	return f
}
