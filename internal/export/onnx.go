// Package export writes networks as other programs read them.
package export

import (
	"context"
	"io"
	"strings"

	"resnet/internal/checkpoint/onnx"
	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// Network is one that is written.
type Network struct {
	Name    string
	Graph   *graph.Graph
	Weights graph.Weights // under the graph's own names
	// Int8 are the layers that are computed in bytes; nil: none.
	Int8 engine.Int8
	// Input is the shape of a picture: channels, height, width.
	Input    [3]int
	Metadata map[string]string
}

// Names of the model's input, and of its output: what a fully connected layer puts out, or anything else.
const (
	inputName    = "input"
	logitsName   = "logits"
	featuresName = "features"
)

// ONNX writes a network as an ONNX model for batches of any size. Operators and what they put out have the names of the
// calls (hooks.Names), tensors those of the parameters. Where layers are computed in bytes, QuantizeLinear and
// DequantizeLinear stand around them. The number of the model's tensors is returned.
func ONNX(ctx context.Context, path string, n Network) (tensors int, err error) {
	e := exporter{Network: n, names: hooks.Names(n.Graph), values: make([]string, n.Graph.Values())}
	if err := e.findBytes(); err != nil {
		return 0, err
	}
	e.values[n.Graph.Input()] = inputName
	for i, call := range n.Graph.Calls {
		if !call.Computes() {
			continue
		}
		if err := e.call(i, call); err != nil {
			return 0, err
		}
	}
	output := n.Graph.Output()
	shape, err := n.Graph.Shapes(tensor.Shape{1, n.Input[0], n.Input[1], n.Input[2]})
	if err != nil {
		return 0, err
	}
	return len(e.tensors), onnx.Write(ctx, path, &onnx.New{
		Producer: "resnet", Name: n.Name, Nodes: e.nodes, Tensors: e.tensors, Metadata: n.Metadata,
		Input:  onnx.Input{Name: inputName, Shape: []int{0, n.Input[0], n.Input[1], n.Input[2]}},
		Output: onnx.Input{Name: e.values[output], Shape: append([]int{0}, shape[output][1:]...)},
	})
}

// exporter collects the model's operators and tensors.
type exporter struct {
	Network
	names   []string // of calls
	values  []string // what calls read of each value
	nodes   []onnx.Node
	tensors []onnx.Initializer

	groups    map[int]*engine.Int8Group         // layers in bytes, by the calls of layer, batch norm and add
	ends      map[graph.Value]*engine.Int8Group // and by what they put out
	params    []ops.Int8Param                   // of each value
	quantized map[graph.Value]string            // values as layers in bytes read them
}

// call adds a call's operators.
func (e *exporter) call(i int, call graph.Call) error {
	group := e.groups[i]
	switch {
	case group != nil && i == group.BatchNorm: // its shift is the bias of the layer
		e.values[call.Output] = e.values[call.Inputs[0]]
	case group != nil && i == group.Layer:
		if err := e.int8Layer(i, call, group); err != nil {
			return err
		}
	default:
		e.operators(i, call, e.inputs(call, group))
	}
	if end := e.ends[call.Output]; end != nil && e.layer(end).Output.Scale != 0 {
		e.values[call.Output] = e.bytes(call.Output)
	}
	return nil
}

// inputs are the values that a call reads. What is added to a layer in bytes is bytes too.
func (e *exporter) inputs(call graph.Call, group *engine.Int8Group) []string {
	names := make([]string, len(call.Inputs))
	for i, v := range call.Inputs {
		names[i] = e.values[v]
		if group != nil && len(group.Residual) > 0 && v == group.Residual[0] {
			names[i] = e.bytes(v)
		}
	}
	return names
}

// operators adds what computes a call, and its parameters where it is their first.
func (e *exporter) operators(i int, call graph.Call, inputs []string) {
	list := call.Op.ONNX()
	for j, op := range list {
		name, output := e.names[i], e.outputName(i, call)
		if j < len(list)-1 {
			name += "." + strings.ToLower(op.Type)
			output = name
		}
		for _, p := range op.Params {
			inputs = append(inputs, call.Path+"."+p)
		}
		for _, l := range op.Lists {
			inputs = append(inputs, e.list(name+"."+l.Name, l.Values))
		}
		e.nodes = append(e.nodes, onnx.Node{Name: name, Op: op.Type, Inputs: inputs, Outputs: []string{output}, Attrs: attributes(op.Attrs)})
		inputs = []string{output}
	}
	e.values[call.Output] = inputs[0]
	if !call.First {
		return
	}
	for _, p := range call.Op.Params() {
		e.floats(call.Path+"."+p.Name, p.Shape)
	}
}

// outputName names what a call puts out.
func (e *exporter) outputName(i int, call graph.Call) string {
	switch {
	case call.Output != e.Graph.Output():
		return e.names[i]
	case call.Kind() == graph.FullyConnected:
		return logitsName
	}
	return featuresName
}

// floats adds a parameter; its values are read when they are written.
func (e *exporter) floats(name string, shape tensor.Shape) {
	e.add(name, shape, tensor.Float32, func(w io.Writer) error {
		values := make([]float32, shape.Elements())
		if err := e.Weights.Read(name, values); err != nil {
			return err
		}
		return onnx.WriteFloats(w, values)
	})
}

// list adds a list of whole numbers, and gives its name.
func (e *exporter) list(name string, values []int64) string {
	e.add(name, tensor.Shape{len(values)}, tensor.Int64, littleEndian(values))
	return name
}

func (e *exporter) add(name string, shape tensor.Shape, dtype tensor.DType, write func(io.Writer) error) {
	e.tensors = append(e.tensors, onnx.Initializer{Name: name, Info: tensor.Info{Shape: shape, DType: dtype}, Write: write})
}

func attributes(list []graph.ONNXAttr) []onnx.Attribute {
	var attrs []onnx.Attribute
	for _, a := range list {
		kind := onnx.AttrInt
		switch {
		case a.Ints != nil:
			kind = onnx.AttrInts
		case a.Text != "":
			kind = onnx.AttrText
		case a.Float != 0:
			kind = onnx.AttrFloat
		}
		attrs = append(attrs, onnx.Attribute{Name: a.Name, Type: kind, Int: a.Int, Float: a.Float, Text: a.Text, Ints: a.Ints})
	}
	return attrs
}
