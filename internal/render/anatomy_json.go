package render

import (
	"strings"

	"resnet/internal/anatomy"
)

// AnatomySchema is the version of the contract that docs/schema/anatomy.v1.json describes.
const AnatomySchema = "resnet.anatomy/v1"

type jsonBlock struct {
	Path      string         `json:"path"`
	Shortcut  string         `json:"shortcut"`
	Residual  *float64       `json:"residual_norm"`
	Input     *float64       `json:"input_norm"`
	Ratio     *float64       `json:"ratio"`
	Cosine    *float64       `json:"cosine"`
	Zeros     *float64       `json:"zeros"`
	Silent    int            `json:"silent_channels"`
	Channels  int            `json:"channels"`
	Responses []jsonResponse `json:"responses"`
}

type jsonResponse struct {
	Path string   `json:"path"`
	Std  *float64 `json:"std"`
}

type jsonField struct {
	Path   string `json:"path"`
	Class  string `json:"class"`
	Field  *int   `json:"field"` // null: the whole input
	Jump   int    `json:"jump,omitempty"`
	Stride int    `json:"stride,omitempty"`
}

type jsonPaths struct {
	Choices       int `json:"choices"`
	Longest       int `json:"longest"`
	LongestField  int `json:"longest_field"`
	Shortest      int `json:"shortest"`
	ShortestField int `json:"shortest_field"`
	Projections   int `json:"shortest_projections"`
}

type jsonAblation struct {
	Without     []string `json:"without"`
	Index       int      `json:"index"`
	Label       string   `json:"label"`
	Probability *float64 `json:"probability"`
	Kept        *float64 `json:"kept_probability"`
	Rank        int      `json:"kept_rank"`
	Divergence  *float64 `json:"divergence_bits"`
}

// Data is the contract resnet.anatomy/v1. What is not finite, or not there for a block without a shortcut, is null.
func (a *Anatomy) Data() Data {
	data := Data{Head: []Field{{"schema", AnatomySchema}, {"arch", a.Spec.Name}, {"input", a.Input}, {"source", a.Source}, {"weights", strings.TrimPrefix(a.Weights, "weights ")}}}
	var blocks, fields, ablations []any
	for _, b := range a.Blocks {
		blocks = append(blocks, jsonBlock{
			b.Path, b.Shortcut, finite(b.Residual), finite(b.Input), finite(b.Ratio()), finite(b.Cosine), finite(b.Zeros),
			b.Silent, b.Channels, jsonResponses(b.Responses),
		})
	}
	for _, f := range a.Fields {
		entry := jsonField{Path: f.Path, Class: f.Class, Jump: f.Jump, Stride: f.Stride}
		if !f.Whole {
			entry.Field = &f.Size
		}
		fields = append(fields, entry)
	}
	for _, b := range a.Ablations {
		without := b.Without
		if without == nil {
			without = []string{}
		}
		ablations = append(ablations, jsonAblation{
			without, b.Index, b.Label, finite(b.Probability), finite(b.Kept), b.Rank, finite(b.Divergence),
		})
	}
	for _, list := range []struct {
		key   string
		items []any
	}{{"blocks", blocks}, {"layers", fields}, {"ablations", ablations}} {
		switch {
		case list.items == nil:
		case data.List == "":
			data.List, data.Items = list.key, list.items
		default:
			data.Tail = append(data.Tail, Field{list.key, list.items})
		}
	}
	if a.Stem != nil {
		data.Tail = append(data.Tail, Field{"stem", jsonResponses(a.Stem)})
	}
	if p := a.Paths; p != nil {
		data.Tail = append(data.Tail, Field{"paths", jsonPaths{p.Choices, p.Longest, p.LongestField, p.Shortest, p.ShortestField, p.Projections}})
	}
	return data
}

func jsonResponses(list []anatomy.Response) []jsonResponse {
	entries := []jsonResponse{}
	for _, r := range list {
		entries = append(entries, jsonResponse{r.Path, finite(r.Std)})
	}
	return entries
}
