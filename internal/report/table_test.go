package report

import (
	"strings"
	"testing"

	"resnet/internal/render"
)

// TestFit: a screen of 1280 pixels, 76.8 rem of them beside the margins, shows all columns of the table of a ResNet-50's layers.
func TestFit(t *testing.T) {
	of := render.Table{Rows: []render.Row{{}}}
	for i, c := range [][2]string{ // the longest of each
		{"layer", "layer3.0.downsample.0"}, {"type", "Add projection ReLU"}, {"kernel", "7×7"}, {"stride", "2"}, {"pad", "3"}, {"input", "1024×14×14"},
		{"output", "64×112×112"}, {"params", "2,360,320"}, {"MACs", "57.8M"}, {"ms", "in conv2"}, {"mean", "-0.0023"}, {"std", "0.1246"},
		{"min", "-2.4212"}, {"max", "11.6627"}, {"zeros", "100.0 %"},
	} {
		of.Columns = append(of.Columns, render.Column{Head: c[0], Name: c[0], Drop: i})
		of.Rows[0].Cells = append(of.Rows[0].Cells, render.Cell{Text: c[1]})
	}
	for _, c := range newTable("Layers", of).Columns[1:] {
		if !strings.HasPrefix(c.Class, "d") || c.Class > "d75" || len(c.Class) > 3 {
			t.Errorf("%s is left out below another width: %s", c.Text, c.Class)
		}
	}
}
