package cli

import (
	"slices"

	"resnet/internal/cam"
	"resnet/internal/graph"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/nearest"
	"resnet/internal/nets"
	"resnet/internal/tensor"
)

// cameraman makes the maps of a run's images, on the goroutines that compute.
type cameraman struct {
	camFlags
	f       *factory
	run     *imageRun
	net     *nets.Predictor
	head    *cam.Head
	watch   string // the layer whose output, or for the pool whose input, is the map
	exact   bool   // it is the last map: each class has its own
	shape   tensor.Shape
	classes []int // of --cam-class
	top     int
}

// classMap is one map of an image; class is -1 where it is of none.
type classMap struct {
	cam.Map
	class int
}

// newCameraman finds the layer and the classes, or says what is wrong with them.
func newCameraman(flags camFlags, run *imageRun, net *nets.Predictor, top int) (*cameraman, error) {
	c := &cameraman{camFlags: flags, f: run.f, run: run, net: net, top: top}
	var err error
	if c.head, err = cam.FindHead(net.Net.Graph.Graph, net.Net.Weights); err != nil {
		return nil, err
	}
	if err := c.findLayer(); err != nil {
		return nil, err
	}
	if !c.exact && c.camFlags.classes != nil {
		return nil, usagef("--cam-class: %s is of no class; only the last map, that before %s, is", c.layer, c.head.Pool)
	}
	for _, word := range c.camFlags.classes {
		class, err := net.FindClass(word)
		if err != nil {
			return nil, usagef("--cam-class: %w", err)
		}
		c.classes = append(c.classes, class)
	}
	return c, c.panels(c.count())
}

// count is how many maps an image has.
func (c *cameraman) count() int {
	switch {
	case !c.exact:
		return 1
	case c.classes != nil:
		return len(c.classes)
	case c.top == 0:
		return c.net.Net.Arch.Spec.NumClasses
	}
	return min(c.top, c.net.Net.Arch.Spec.NumClasses)
}

// findLayer finds what is to be watched.
func (c *cameraman) findLayer() error {
	graph := c.net.Net.Graph
	shapes, err := graph.Shapes(c.net.Input)
	if err != nil {
		return err
	}
	pool := lastCall(graph, c.head.Pool)
	last := pool.Inputs[0]
	if c.layer == "" {
		c.watch, c.exact, c.shape = c.head.Pool, true, shapes[last]
		return nil
	}
	call := lastCall(graph, c.layer)
	if call == nil {
		var paths []string
		for _, call := range graph.Calls {
			paths = append(paths, call.Path)
		}
		return usagef("--cam-layer %s: no such layer of %s%s", c.layer, c.net.Net.Arch.Name, nearest.Hint(c.layer, paths))
	}
	c.watch, c.exact, c.shape = c.layer, call.Output == last, shapes[call.Output]
	if len(c.shape) != 4 || c.shape[2]*c.shape[3] == 1 {
		return usagef("--cam-layer %s: its output %v has no height and width", c.layer, c.shape)
	}
	return nil
}

// lastCall is the last call of a module; nil where there is none.
func lastCall(g *model.Graph, path string) *graph.Call {
	for i := len(g.Calls) - 1; i >= 0; i-- {
		if g.Calls[i].Path == path {
			return &g.Calls[i]
		}
	}
	return nil
}

// watched is what a session has to keep for the maps.
func (c *cameraman) watched() nets.Watch {
	return nets.Watch{Layer: "=" + c.watch, Input: c.watch == c.head.Pool}
}

// maps makes the maps of the classes that are asked for.
func (c *cameraman) maps(seen *nets.Seen) (top []labels.Prediction, maps []classMap) {
	logits, features := seen.Logits.Data, seen.Watched[0]
	top = c.net.Top(logits, c.count())
	if !c.exact {
		return top, []classMap{{cam.Strength(features), -1}}
	}
	if c.classes != nil {
		all := c.net.Top(logits, 0)
		top = top[:0]
		for _, class := range c.classes {
			top = append(top, all[slices.IndexFunc(all, func(p labels.Prediction) bool { return p.Index == class })])
		}
	}
	for _, p := range top {
		maps = append(maps, classMap{c.head.Map(features, p.Index), p.Index})
	}
	return top, maps
}
