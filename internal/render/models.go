package render

import (
	"fmt"

	"resnet/internal/model"
	"resnet/internal/tensor"
)

// Models lists the networks there are.
type Models struct{ Nets []ModelInfo }

// ModelInfo is a network at its own input.
type ModelInfo struct {
	Spec        model.Spec
	Description string
	Params      int64
	MACs        int64 // of one image
}

// ModelsSchema is the version of the contract that docs/schema/models.v1.json describes.
const ModelsSchema = "resnet.models/v1"

// Document has a row for each network.
func (m *Models) Document() Document {
	table := Table{Columns: []Column{
		{Name: "name", Head: "name", Least: wholeName, Middle: true}, {Name: "params", Head: "params", Right: true}, {Name: "macs", Head: "MACs", Right: true},
		{Name: "input", Head: "input", Right: true, Drop: 1}, {Name: "classes", Head: "classes", Right: true, Drop: 2},
		{Name: "description", Head: "what it is for", Wrap: true},
	}}
	for _, n := range m.Nets {
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			text(n.Spec.Name), magnitude(n.Params), magnitude(n.MACs),
			square(n.Spec.Input[:]), count(int64(n.Spec.NumClasses)), text(n.Description),
		}})
	}
	return Document{Tables: []Table{table}}
}

// Data is the contract resnet.models/v1: an entry a network.
func (m *Models) Data() Data {
	type entry struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Block       string `json:"block"`
		Layers      []int  `json:"layers"`
		Input       [3]int `json:"input"`
		Classes     int    `json:"classes"`
		Params      int64  `json:"params"`
		MACs        int64  `json:"macs"`
		Depth       int    `json:"weighted_layers"`
	}
	data := Data{Head: []Field{{"schema", ModelsSchema}}, List: "models"}
	for _, n := range m.Nets {
		depth, _ := n.Spec.WeightedLayers()
		data.Items = append(data.Items, entry{
			n.Spec.Name, n.Description, n.Spec.BlockClass(), n.Spec.Layers, n.Spec.Input, n.Spec.NumClasses, n.Params, n.MACs, depth,
		})
	}
	return data
}

// Sentence says in a line what a network is.
func Sentence(n ModelInfo) string {
	depth, _ := n.Spec.WeightedLayers()
	return fmt.Sprintf("%s %v, %d weighted layers, %s parameters, %s MACs at %s", n.Spec.BlockClass(), tensor.Shape(n.Spec.Layers),
		depth, count(n.Params).Text, count(n.MACs).Text, tensor.Shape(n.Spec.Input[:]).Join("×"))
}
