package bind

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// kerasLayer is a layer of a model's description. Keras has more fields than these; what of them changes a result is
// among them, or belongs to a class that is not known here.
type kerasLayer struct {
	Class string `json:"class_name"`
	Name  string `json:"name"`
	// Inbound are the calls: each has references to the layers that it takes.
	Inbound []json.RawMessage `json:"inbound_nodes"`
	Config  kerasConfig       `json:"config"`
}

type kerasConfig struct {
	Name       string       `json:"name"`
	Layers     []kerasLayer `json:"layers"` // of a model
	Outputs    any          `json:"output_layers"`
	DataFormat string       `json:"data_format"`

	Filters    int     `json:"filters"`
	Units      int     `json:"units"`
	Kernel     any     `json:"kernel_size"`
	Strides    any     `json:"strides"`
	Dilation   any     `json:"dilation_rate"`
	Pool       any     `json:"pool_size"`
	Padding    any     `json:"padding"`
	Groups     int     `json:"groups"`
	UseBias    *bool   `json:"use_bias"`
	Activation any     `json:"activation"`
	Axis       any     `json:"axis"`
	Epsilon    float64 `json:"epsilon"`
	Center     *bool   `json:"center"`
	Scale      any     `json:"scale"` // a switch of BatchNormalization, a number of Rescaling
	Offset     any     `json:"offset"`

	MaxValue      *float64 `json:"max_value"`
	NegativeSlope any      `json:"negative_slope"`
	Threshold     float64  `json:"threshold"`

	BatchShape    []*int `json:"batch_shape"`
	OldBatchShape []*int `json:"batch_input_shape"`
}

// An operator is a layer that computes something, in a network that is given as a graph.
type operator struct {
	kind   operatorKind
	layer  string // its name, before which a model's stands that it is in: small/conv1_conv
	inputs []int  // operators

	kernel, stride, dilation, groups int
	pad                              int    // before and behind
	step, around                     [2]int // of pixels: rows, columns; channels of zeros: before, behind
	same                             bool
	ceil                             bool // a last window may stick out
	out                              int  // channels
	bias                             bool
	eps                              float64
	scale, center                    bool
	times, plus                      float64 // of a rescaling
	size                             [3]int  // of an input: channels, height, width
}

type operatorKind int

const (
	opInput operatorKind = iota
	opConv
	opNorm
	opReLU
	opAdd
	opMaxPool
	opAvgPool
	opGlobalPool
	opPadding
	opPixels // every n-th
	opChannels
	opFlatten
	opLinear
	opRescale
	opSoftmax
	opReflection // a padding that reflects the map by one pixel
	opHalfBlur   // and the average of 2×2 pixels behind it
	opBlur       // both, and another: graph.BlurPool
)

// words name an operator for people.
var operatorWords = map[operatorKind]string{
	opInput: "an input", opConv: "a convolution", opNorm: "a batch norm", opReLU: "a ReLU", opAdd: "an add", opMaxPool: "a max pool",
	opAvgPool: "an average pool", opGlobalPool: "a global average pool", opPadding: "a padding", opPixels: "a choice of pixels", opChannels: "channels of zeros", opFlatten: "a flatten",
	opLinear: "a dense layer", opRescale: "a rescaling", opSoftmax: "a softmax", opReflection: "a padding that reflects", opHalfBlur: "an average of a padded map", opBlur: "a blur",
}

// maxOperators bounds a description: ResNet-1202 has 8,000.
const maxOperators = 32_768

// kerasReader turns a description into operators.
type kerasReader struct {
	operators []operator
	byLayer   map[string]int // the operator that a layer's output is
}

// readKerasConfig reads the description of a model that Keras saved: functional, sequential, or one of these in another.
// The operator that is the output comes with them.
func readKerasConfig(config string) (operators []operator, output int, err error) {
	var top kerasLayer
	if err := json.Unmarshal([]byte(config), &top); err != nil {
		return nil, 0, fmt.Errorf("the model's description: %w", err)
	}
	r := kerasReader{byLayer: map[string]int{}}
	output, err = r.model(top, "", nil, 0)
	return r.operators, output, err
}

// model reads the layers of a model. inputs are what it is called with, and nil for the outermost one.
func (r *kerasReader) model(m kerasLayer, scope string, inputs []int, depth int) (int, error) {
	sequential := m.Class == "Sequential"
	if !sequential && !slices.Contains([]string{"Functional", "Model"}, m.Class) || depth > 8 {
		return 0, fmt.Errorf("the model is a %s; functional and sequential ones are read, as they say what they compute", m.Class)
	}
	last, next := -1, 0
	if inputs != nil && sequential {
		last = inputs[0]
	}
	for _, l := range m.Config.Layers {
		name := l.Config.Name
		var from []int
		switch {
		case l.Class == "InputLayer" && inputs != nil:
			if next >= len(inputs) {
				return 0, fmt.Errorf("the model %q has more inputs than it is called with", m.Config.Name)
			}
			r.byLayer[scope+name] = inputs[next]
			next++
			continue
		case l.Class == "InputLayer":
		case sequential && last < 0: // the first layer of an old model says the input's shape
			from = []int{r.put(operator{kind: opInput, layer: "input", size: shapeOf(l.Config.OldBatchShape)})}
		case sequential:
			from = []int{last}
		default:
			var err error
			if from, err = r.inbound(l, scope); err != nil {
				return 0, err
			}
		}
		op, err := r.layer(l, scope, from, depth)
		if err != nil {
			return 0, err
		}
		if len(r.operators) > maxOperators {
			return 0, fmt.Errorf("the model has more than %d layers", maxOperators)
		}
		r.byLayer[scope+name], last = op, op
	}
	if sequential {
		return last, nil
	}
	names := references(m.Config.Outputs, nil)
	if len(names) == 0 {
		return 0, fmt.Errorf("the model %q does not say its output", m.Config.Name)
	}
	out, ok := r.byLayer[scope+names[0]]
	if !ok || len(names) != 1 {
		return 0, fmt.Errorf("the model %q has %d outputs, want one that is a layer", m.Config.Name, len(names))
	}
	return out, nil
}

// inbound gives the operators that a layer takes.
func (r *kerasReader) inbound(l kerasLayer, scope string) ([]int, error) {
	if len(l.Inbound) != 1 {
		return nil, fmt.Errorf("the layer %q is called %d times, want once", l.Config.Name, len(l.Inbound))
	}
	var call any
	if err := json.Unmarshal(l.Inbound[0], &call); err != nil {
		return nil, err
	}
	var from []int
	for _, name := range references(call, nil) {
		op, ok := r.byLayer[scope+name]
		if !ok {
			return nil, fmt.Errorf("the layer %q takes %q, which does not come before it", l.Config.Name, name)
		}
		from = append(from, op)
	}
	return from, nil
}

// references lists the layers that a call names: ["conv1", 0, 0, {}] before Keras 3, and there
// {"keras_history": ["conv1", 0, 0]}.
func references(v any, found []string) []string {
	switch v := v.(type) {
	case map[string]any:
		if history, ok := v["keras_history"]; ok {
			return references(history, found)
		}
		for _, key := range []string{"args", "config"} {
			found = references(v[key], found)
		}
	case []any:
		if len(v) >= 3 {
			name, named := v[0].(string)
			_, number := v[1].(float64)
			if named && number {
				return append(found, name)
			}
		}
		for _, inner := range v {
			found = references(inner, found)
		}
	}
	return found
}

func (r *kerasReader) put(op operator) int {
	r.operators = append(r.operators, op)
	return len(r.operators) - 1
}

// shapeOf reads [null, h, w, c]; what is not said is 0.
func shapeOf(batch []*int) [3]int {
	if len(batch) != 4 {
		return [3]int{}
	}
	var n [3]int
	for i, d := range batch[1:] {
		if d != nil {
			n[i] = *d
		}
	}
	return [3]int{n[2], n[0], n[1]}
}

// square reads a number, or a list of equal ones: 3, [3, 3], [[1, 1], [1, 1]]. Without any it is what is usual.
func square(v any, usual int) (int, bool) {
	switch v := v.(type) {
	case nil:
		return usual, true
	case float64:
		return int(v), v == float64(int(v))
	case []any:
		first := 0
		for i, inner := range v {
			n, ok := square(inner, usual)
			if !ok || i > 0 && n != first {
				return 0, false
			}
			first = n
		}
		return first, len(v) > 0
	}
	return 0, false
}

func enabled(b *bool) bool { return b == nil || *b }

// word is a name in lower case; of {"class_name": "ReLU"} it is that.
func word(v any) string {
	switch v := v.(type) {
	case string:
		return strings.ToLower(v)
	case map[string]any:
		return word(v["class_name"])
	}
	return ""
}
