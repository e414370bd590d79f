package render

import (
	"fmt"
	"strconv"

	"resnet/internal/printable"
)

// Similar shows the images that are nearest to others by what a network knows of them.
type Similar struct {
	Net, In, Layer string // in words; what was searched; whose values are compared
	Rows           int    // that were compared
	Queries        []SimilarTo
	Partial        bool
}

// SimilarTo is an image and those nearest to it, the nearest first.
type SimilarTo struct {
	File    string
	Nearest []SimilarImage
}

// SimilarImage is one of them.
type SimilarImage struct {
	File     string
	Distance float64 // 1 - cosine, 0 to 2; NaN where a vector has no direction
}

// SimilarSchema is the version of the contract that docs/schema/similar.v1.json describes.
const SimilarSchema = "resnet.similar/v1"

// Document has a row for each neighbour.
func (s *Similar) Document() Document {
	table := Table{Columns: []Column{
		{Name: "image", Head: "image", Least: wholeName, Middle: true},
		{Name: "rank", Head: "rank", Right: true},
		{Name: "distance", Head: "distance", Right: true},
		{Name: "file", Head: "similar", Least: wholeName, Middle: true},
	}}
	for _, q := range s.Queries {
		name := printable.Name(q.File)
		for i, n := range q.Nearest {
			table.Rows = append(table.Rows, Row{Cells: []Cell{
				text(name), whole(i + 1), cosine(n.Distance), text(printable.Name(n.File)),
			}})
		}
	}
	return Document{
		Title:  []string{s.Net, fmt.Sprintf("%s of %s", plural(s.Rows, "image"), s.In)},
		Tables: []Table{table},
		Lines:  [][]string{{"distance: 1 - the cosine of what " + s.Layer + " puts out: 0 the same, 1 nothing in common"}},
	}
}

func cosine(v float64) Cell {
	if v != v {
		return Cell{Exact: "NaN", Text: "NaN"}
	}
	return Cell{Text: strconv.FormatFloat(v, 'f', 4, 64), Exact: strconv.FormatFloat(v, 'g', -1, 64)}
}

// Data is the contract resnet.similar/v1: an entry an image that was asked for.
func (s *Similar) Data() Data {
	type near struct {
		Rank     int      `json:"rank"`
		File     string   `json:"file"`
		Distance *float64 `json:"distance"`
	}
	type entry struct {
		File    string `json:"file"`
		Nearest []near `json:"nearest"`
	}
	data := Data{Head: []Field{{"schema", SimilarSchema}, {"in", s.In}, {"compared", s.Rows}, {"layer", s.Layer}}, List: "images"}
	for _, q := range s.Queries {
		e := entry{File: q.File, Nearest: []near{}}
		for i, n := range q.Nearest {
			e.Nearest = append(e.Nearest, near{i + 1, n.File, finite(n.Distance)})
		}
		data.Items = append(data.Items, e)
	}
	return data
}
