package quant

import (
	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/tensor"
)

// Calibration watches how large the values become that are to be bytes. It sees each photo twice: first the ranges, then
// how the values lie in them.
type Calibration struct {
	graph  *graph.Graph
	groups []engine.Int8Group
	same   []graph.Value
	seen   map[graph.Value]*histogram
	second bool
}

// NewCalibration watches the layers of g but for those that keep names by their paths.
func NewCalibration(g *graph.Graph, keep map[string]bool) *Calibration {
	c := &Calibration{graph: g, same: engine.SameBytes(g), seen: map[graph.Value]*histogram{}}
	for _, one := range engine.Int8Groups(g) {
		if keep[g.Calls[one.Layer].Path] {
			continue
		}
		c.groups = append(c.groups, one)
		for _, v := range append([]graph.Value{one.Input}, one.Residual...) {
			c.seen[c.same[v]] = &histogram{}
		}
		if one.Output != g.Output() {
			c.seen[c.same[one.Output]] = &histogram{}
		}
	}
	return c
}

// Hooks watch a pass of the network.
func (c *Calibration) Hooks() *hooks.Set {
	set := hooks.NewSet(c.graph)
	for i, call := range c.graph.Calls {
		h := c.seen[call.Output]
		if !call.Computes() || h == nil {
			continue
		}
		selected := make([]bool, len(c.graph.Calls))
		selected[i] = true
		set.AddSelected(selected, hooks.Func(hooks.Output, func(e hooks.Event) error {
			h.see(e.Output, c.second)
			return nil
		}))
	}
	return set
}

// Input sees the input of a pass.
func (c *Calibration) Input(x tensor.Tensor) {
	if h := c.seen[c.graph.Input()]; h != nil {
		h.see(x, c.second)
	}
}

// Again begins the second look at the photos.
func (c *Calibration) Again() {
	c.second = true
	for _, h := range c.seen {
		h.counts = make([]float64, bins)
	}
}

// Layers are those that the calibration watched, of weights under the graph's own names. bits are those of the weights.
func (c *Calibration) Layers(w graph.Weights, method Method, bits int) ([]*Layer, error) {
	var layers []*Layer
	for _, one := range c.groups {
		l := &Layer{Group: one, Path: c.graph.Calls[one.Layer].Path}
		input := c.seen[c.same[one.Input]]
		l.Input = method(input)
		for _, v := range one.Residual {
			l.Residual = method(c.seen[c.same[v]])
		}
		if h := c.seen[c.same[one.Output]]; h != nil {
			l.Output = method(h)
		}
		if err := l.quantize(w, c.graph, bits, input.means()); err != nil {
			return nil, err
		}
		layers = append(layers, l)
	}
	return layers, nil
}
