package bind

import (
	"encoding/json"
	"fmt"

	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// onnxFormat is what a file calls itself that holds an ONNX model. Its graph says what its tensors are, not their names.
const onnxFormat = "ONNX"

// onnxModel is the graph of a file.
type onnxModel struct {
	Opsets map[string]int64
	Inputs []struct {
		Name  string
		Shape []int
	}
	Outputs   []string
	Nodes     []onnxNode
	Functions int
}

type onnxNode struct {
	Op, Domain      string
	Inputs, Outputs []string
	Attrs           []struct {
		Name  string
		Type  int
		Int   int64
		Float float64
		Text  string
		Ints  []int64
	}
}

// translateONNX reads the network off the graph.
func translateONNX(w graph.Weights) (*translation, error) {
	c, ok := w.(interface{ Config() string })
	if !ok {
		return nil, fmt.Errorf("the ONNX model has no graph")
	}
	r := onnxReader{weights: w, values: map[string]int{}, tensors: map[string]map[string]onnxTensor{}}
	text := c.Config()
	if text == "" { // JSON has no word for it
		return nil, fmt.Errorf("the model's graph has an attribute that is infinite or no number")
	}
	if err := json.Unmarshal([]byte(text), &r.model); err != nil {
		return nil, fmt.Errorf("the model's graph: %w", err)
	}
	output, err := r.read()
	if err != nil {
		return nil, err
	}
	m := matcher{operators: r.operators}
	if err := m.match(output); err != nil {
		return nil, err
	}
	t := newTranslation(w, onnxFormat)
	t.placed, t.spec, t.sized, t.averaged = true, &m.spec, m.sized, m.endsInMap
	if r.channelsLast { // TensorFlow's
		t.preprocess = &Preprocess{Name: "unit", Assumed: true}
		if m.spec.StrideIn == model.Stride1x1 {
			t.preprocess.Name = "caffe"
		}
	}
	if r.pixels.said {
		if t.preprocess, err = r.pixels.preprocess(); err != nil {
			return nil, err
		}
	}
	for _, n := range m.named {
		if err := t.onnxOperator(n, r.tensors[n.layer]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// onnxOperator adds the tensors of an operator. A batch norm that was folded has none: its convolution's bias is all that
// there is of it.
func (t *translation) onnxOperator(n named, tensors map[string]onnxTensor) error {
	if n.kind == opNorm && len(tensors) == 0 {
		if n.bias {
			return nil
		}
		return t.identityNorm(n.path, n.out)
	}
	if n.kind == opNorm && tensors["running_var"].name == "" {
		return t.normOf(n, tensors)
	}
	if err := t.zeroBias(n); err != nil {
		return err
	}
	for _, leaf := range []string{"weight", "bias", "running_mean", "running_var"} {
		one, ok := tensors[leaf]
		if !ok {
			continue
		}
		plus := float32(0)
		if leaf == "running_var" {
			plus = float32(n.eps - graph.BatchNormEps)
		}
		if err := t.add(n.path+"."+leaf, one.name, one.axes, plus); err != nil {
			return err
		}
	}
	return nil
}

// normOf adds a batch norm of which a product is left, and mostly a sum.
func (t *translation) normOf(n named, tensors map[string]onnxTensor) error {
	for i, leaf := range batchNormParts {
		one := translated{plus: []float32{1, 0, 0, 1 - graph.BatchNormEps}[i], shape: tensor.Shape{n.out}}
		if stored, ok := tensors[leaf]; ok {
			one.name, one.plus = stored.name, 0
		}
		if err := t.put(n.path+"."+leaf, one); err != nil {
			return err
		}
	}
	return nil
}

// sameNetwork refuses to give one network the weights of a graph that computes another, though all shapes may agree.
func (t *translation) sameNetwork(g *model.Graph) error {
	if t.spec == nil {
		return nil
	}
	theirs, err := model.Build(*t.spec)
	if err != nil {
		return err
	}
	var want, got []graph.Call
	for _, list := range []struct {
		graph *model.Graph
		calls *[]graph.Call
	}{{g, &want}, {theirs, &got}} {
		for _, call := range list.graph.Calls {
			if call.Computes() {
				*list.calls = append(*list.calls, call)
			}
		}
	}
	for i := range min(len(want), len(got)) {
		if a, b := want[i], got[i]; a.Path != b.Path || a.Op != b.Op {
			if isLinear(a.Op) && isLinear(b.Op) {
				continue // the classes are a matter of shapes, which binding tells
			}
			return fmt.Errorf("the file's own graph computes another network: %s is %+v there, %s is %+v here", b.Path, b.Op, a.Path, a.Op)
		}
	}
	if len(want) != len(got) {
		return fmt.Errorf("the file's own graph computes another network: of %d operators, want %d", len(got), len(want))
	}
	return nil
}

func isLinear(op graph.Op) bool { _, ok := op.(graph.Linear); return ok }
