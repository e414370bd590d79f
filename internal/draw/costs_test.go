package draw

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// costsOf is one of layers in stages, with a stem and a head; each second one is timed.
func costsOf(stages ...int) Costs {
	c := Costs{Title: []string{"a network", "input 3×224×224"}}
	add := func(path, stage string) {
		l := LayerCost{Path: path, Stage: stage, Params: int64(len(c.Layers)) * 1500, MACs: 118013952, Bytes: 3 << 20}
		if len(c.Layers)%2 == 0 {
			d := time.Duration(len(c.Layers)) * time.Millisecond
			l.Time = &d
		}
		c.Layers = append(c.Layers, l)
	}
	add("conv1", "")
	add("maxpool", "")
	for i, n := range stages {
		for j := range n {
			add(fmt.Sprintf("layer%d.%d.<conv>", i+1, j), fmt.Sprintf("layer%d", i+1))
		}
	}
	add("fc", "")
	return c
}

// TestCostsLayout: nothing overlaps or is cut, from a network of three layers to one of 600.
func TestCostsLayout(t *testing.T) {
	for _, stages := range [][]int{{1}, {9, 12, 18, 9}, {12, 32, 144, 12}, {200, 200, 200}, {1, 1, 1, 1, 1}} {
		for _, problem := range costsOf(stages...).Figure().problems() {
			t.Errorf("stages of %v layers: %s", stages, problem)
		}
	}
}

// TestCosts: a bar says exactly what it stands for, in units that its panel names; what was not timed has no bar, and
// without any time there is no panel of it.
func TestCosts(t *testing.T) {
	c := costsOf(2)
	write := func() string {
		var b bytes.Buffer
		if err := c.Figure().WriteSVG(&b, Auto); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	svg := write()
	for _, want := range []string{
		"Params, in thousands", "MACs, in millions", "Memory, in MiB", "Time, in ms", "<title>maxpool: 1,500 params</title></path>",
		"<title>fc: 118,013,952 MACs</title>", "<title>conv1: 3.00 MiB</title>", "<title>fc: 4 ms</title>", "layer1.0.&lt;conv&gt;: ",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(svg, "maxpool: 1 ms") || write() != svg {
		t.Error("a layer without a time has one, or the bytes differ")
	}
	for i := range c.Layers {
		c.Layers[i].Time = nil
	}
	if strings.Contains(write(), "Time") {
		t.Error("a panel of times that nobody measured")
	}
}
