package cli

import (
	"context"
	"slices"

	"resnet/internal/cam"
	"resnet/internal/hooks"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/nearest"
	"resnet/internal/tensor"
)

// cameraman makes the maps of a run's images, on the pipeline's workers.
type cameraman struct {
	camFlags
	f       *factory
	run     *imageRun
	trained *trained
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
func newCameraman(flags camFlags, run *imageRun, t *trained, top int) (*cameraman, error) {
	c := &cameraman{camFlags: flags, f: run.f, run: run, trained: t, top: top}
	var err error
	if c.head, err = cam.FindHead(t.Graph, t.Weights); err != nil {
		return nil, err
	}
	if err := c.findLayer(); err != nil {
		return nil, err
	}
	if !c.exact && c.camFlags.classes != nil {
		return nil, usagef("--cam-class: %s is of no class; only the last map, that before %s, is", c.layer, c.head.Pool)
	}
	for _, word := range c.camFlags.classes {
		class, err := t.FindClass(t.labels, word)
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
		return c.trained.Arch.Spec.NumClasses
	}
	return min(c.top, c.trained.Arch.Spec.NumClasses)
}

// findLayer finds what is to be watched.
func (c *cameraman) findLayer() error {
	graph := c.trained.Graph
	height, width := c.trained.cropSize()
	shapes, err := graph.Shapes(tensor.Shape{1, 3, height, width})
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
		return usagef("--cam-layer %s: no such layer of %s%s", c.layer, c.trained.Arch.Name, nearest.Hint(c.layer, paths))
	}
	c.watch, c.exact, c.shape = c.layer, call.Output == last, shapes[call.Output]
	if len(c.shape) != 4 || c.shape[2]*c.shape[3] == 1 {
		return usagef("--cam-layer %s: its output %v has no height and width", c.layer, c.shape)
	}
	return nil
}

// lastCall is the last call of a module; nil where there is none.
func lastCall(g *model.Graph, path string) *model.Call {
	for i := len(g.Calls) - 1; i >= 0; i-- {
		if g.Calls[i].Path == path {
			return &g.Calls[i]
		}
	}
	return nil
}

// compute makes a session that gives the logits, and behind them the watched map.
func (c *cameraman) compute(r *runner) func() (compute, error) {
	return func() (compute, error) {
		needs := hooks.Output
		if c.watch == c.head.Pool {
			needs = hooks.Input
		}
		var features []float32
		watcher := hooks.Func(needs, func(e hooks.Event) error {
			seen := e.Output
			if needs == hooks.Input {
				seen = e.Inputs[0]
			}
			features = append(features[:0], seen.Data...)
			return nil
		})
		set := hooks.NewSet(c.trained.Graph)
		if _, err := set.Add("="+c.watch, watcher); err != nil {
			return nil, err
		}
		plan, err := r.program.Plan(r.input, set)
		if err != nil {
			return nil, err
		}
		session := plan.NewSession(r.threads)
		return func(ctx context.Context, x tensor.Tensor) ([]float32, error) {
			y, err := session.Run(ctx, x)
			if err != nil {
				return nil, err
			}
			return slices.Concat(y.Data, features), nil
		}, nil
	}
}

// maps takes apart what compute gave, and makes the maps of the classes that are asked for.
func (c *cameraman) maps(job *imageJob) (top []labels.Prediction, maps []classMap) {
	n := c.trained.Arch.Spec.NumClasses
	features := tensor.Tensor{Shape: c.shape, Data: job.output[n:]}
	job.output = job.output[:n]
	top = labels.Top(job.output, c.count(), c.trained.labels)
	if !c.exact {
		return top, []classMap{{cam.Strength(features), -1}}
	}
	if c.classes != nil {
		all := labels.Top(job.output, 0, c.trained.labels)
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
