package render

import (
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// DiffSchema is the version of the contract that docs/schema/diff.v1.json describes.
const DiffSchema = "resnet.diff/v1"

type jsonDiffNet struct {
	Arch   string       `json:"arch"`
	Input  tensor.Shape `json:"input"`
	Params int64        `json:"params"`
	MACs   int64        `json:"macs"`
}

// jsonChange is an entry of "changes".
type jsonChange struct {
	Kind   model.ChangeKind `json:"kind"`
	Part   string           `json:"part"`
	Blocks []string         `json:"blocks,omitempty"`
	Layer  string           `json:"layer,omitempty"`
	A      *jsonSide        `json:"a"`
	B      *jsonSide        `json:"b"`
	jsonDelta
}

type jsonDelta struct {
	Params int64 `json:"params"`
	MACs   int64 `json:"macs"`
}

// jsonSide is what a network has at a change: of several blocks the first, with the numbers of all.
type jsonSide struct {
	Layers   []jsonUnit   `json:"layers,omitempty"`
	Shortcut *jsonBranch  `json:"shortcut,omitempty"`
	Output   tensor.Shape `json:"output"`
	Params   int64        `json:"params"`
	MACs     int64        `json:"macs"`
}

type jsonBranch struct {
	Kind   string     `json:"kind"`
	Layers []jsonUnit `json:"layers,omitempty"`
}

// jsonUnit is a layer; what its class does not have is absent.
type jsonUnit struct {
	Path     string `json:"path"`
	Class    string `json:"class"`
	In       int    `json:"in"`
	Out      int    `json:"out"`
	Kernel   []int  `json:"kernel,omitempty"`
	Stride   []int  `json:"stride,omitempty"`
	Padding  []int  `json:"padding,omitempty"`
	Dilation []int  `json:"dilation,omitempty"`
	Groups   int    `json:"groups,omitempty"`
}

// Data is the contract resnet.diff/v1: an entry a change.
func (d *Diff) Data() Data {
	net := func(n DiffNet) jsonDiffNet {
		params, macs := n.sums()
		return jsonDiffNet{n.Spec.Name, n.Input, params, macs}
	}
	keys := d.Keys
	if keys == nil {
		keys = []DiffKey{}
	}
	data := Data{
		Head: []Field{{"schema", DiffSchema}, {"a", net(d.A)}, {"b", net(d.B)}, {"keys", keys}},
		List: "changes",
	}
	total := jsonDelta{}
	for _, c := range d.Changes {
		j := jsonChange{Kind: c.Kind, Part: c.Part, Blocks: c.Blocks, Layer: c.Unit, A: sideJSON(c.A), B: sideJSON(c.B)}
		j.Params, j.MACs = delta(c)
		total.Params += j.Params
		total.MACs += j.MACs
		data.Items = append(data.Items, j)
	}
	data.Tail = []Field{{"delta", total}}
	if d.Weights != nil {
		data.Tail = append(data.Tail, Field{"weights", d.Weights.json()})
	}
	return data
}

type jsonWeights struct {
	A         string          `json:"a"`
	B         string          `json:"b"`
	Tolerance jsonNumber      `json:"tolerance"`
	Image     string          `json:"image,omitempty"`
	TopA      string          `json:"top_a,omitempty"`
	TopB      string          `json:"top_b,omitempty"`
	Layers    []jsonDistances `json:"layers"`
}

// jsonDistances is a layer of which both networks have the weights; what is not finite is null.
type jsonDistances struct {
	Path      string      `json:"path"`
	Weights   *jsonNumber `json:"weights,omitempty"`
	BatchNorm *jsonNumber `json:"batch_norm,omitempty"`
	Output    *jsonNumber `json:"output,omitempty"`
}

func (w *DiffWeights) json() jsonWeights {
	j := jsonWeights{A: w.A, B: w.B, Tolerance: jsonNumber(w.Tolerance), Image: w.Image, TopA: w.TopA, TopB: w.TopB, Layers: []jsonDistances{}}
	for _, l := range w.Layers {
		j.Layers = append(j.Layers, jsonDistances{l.Path, numberJSON(l.Weights), numberJSON(l.BatchNorm), numberJSON(l.Output)})
	}
	return j
}

func sideJSON(s *model.Side) *jsonSide {
	if s == nil {
		return nil
	}
	j := &jsonSide{Layers: unitsJSON(s.Units), Output: s.Out, Params: s.Params, MACs: s.MACs}
	if s.Shortcut != "" {
		j.Shortcut = &jsonBranch{Kind: s.Shortcut, Layers: unitsJSON(s.Side)}
	}
	return j
}

func unitsJSON(units []model.Unit) []jsonUnit {
	var all []jsonUnit
	for _, u := range units {
		j := jsonUnit{
			Path: u.Path, Class: u.Class, In: u.Inputs[0][1], Out: u.Output[1],
			Kernel: u.Kernel, Stride: u.Stride, Padding: u.Padding, Dilation: u.Dilation, Groups: u.Groups,
		}
		if stride := u.Op.Geometry().Stride; stride > 0 {
			j.Stride = []int{stride, stride}
		}
		all = append(all, j)
	}
	return all
}

func numberJSON(d *float64) *jsonNumber { return (*jsonNumber)(d) }
