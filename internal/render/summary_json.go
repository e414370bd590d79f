package render

import "resnet/internal/tensor"

// SummarySchema is the version of the contract that docs/schema/summary.v1.json describes.
const SummarySchema = "resnet.summary/v1"

// jsonPart is an entry of "parts": a module of the network itself.
type jsonPart struct {
	Path   string       `json:"path"`
	Name   string       `json:"name"`
	Blocks int          `json:"blocks,omitempty"`
	Input  tensor.Shape `json:"input"`
	Output tensor.Shape `json:"output"`
	Result string       `json:"result,omitempty"`
	Params int64        `json:"params"`
	MACs   int64        `json:"macs"`
}

// jsonTotals are those of a network.
type jsonTotals struct {
	jsonSums
	WeightedLayers int `json:"weighted_layers"`
}

// jsonSummary is one network among several.
type jsonSummary struct {
	Arch   string       `json:"arch"`
	Input  tensor.Shape `json:"input"`
	Parts  []any        `json:"parts"`
	Totals jsonTotals   `json:"totals"`
}

func (p *Pass) json() jsonSummary {
	depth, _ := p.Spec.WeightedLayers()
	summary := jsonSummary{Arch: p.Spec.Name, Input: p.Input, Totals: jsonTotals{jsonSums{p.params(), p.params(), p.macs()}, depth}}
	for _, part := range p.parts() {
		summary.Parts = append(summary.Parts, jsonPart{
			Path: part.path, Name: part.name, Blocks: part.blocks, Input: part.input(), Output: part.output(),
			Result: part.result, Params: part.params(), MACs: part.macs(),
		})
	}
	return summary
}

// Data is the contract resnet.summary/v1 of one network: an entry a module.
func (s *Summary) Data() Data {
	j := s.json()
	return Data{
		Head:  []Field{{"schema", SummarySchema}, {"arch", j.Arch}, {"input", j.Input}},
		List:  "parts",
		Items: j.Parts,
		Tail:  []Field{{"totals", j.Totals}},
	}
}

// Data is the contract resnet.comparison/v1: an entry a network.
func (c *Comparison) Data() Data {
	data := Data{Head: []Field{{"schema", ComparisonSchema}}, List: "nets"}
	for _, p := range c.Nets {
		data.Items = append(data.Items, p.json())
	}
	return data
}
