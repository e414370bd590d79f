package cli

import (
	"errors"
	"slices"

	"resnet/internal/cam"
	"resnet/internal/labels"
	"resnet/internal/nets"
)

// cameraman makes the maps of a run's images, on the goroutines that compute.
type cameraman struct {
	camFlags
	*nets.Camera
	f       *factory
	run     *imageRun
	net     *nets.Predictor
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
	camera, err := net.Camera(flags.layer)
	if layer, ok := errors.AsType[*nets.LayerError](err); ok {
		return nil, usagef("--cam-layer %w", layer)
	}
	if err != nil {
		return nil, err
	}
	c := &cameraman{camFlags: flags, Camera: camera, f: run.f, run: run, net: net, top: top}
	if !c.Exact && flags.classes != nil {
		return nil, usagef("--cam-class: %s is of no class; only the last map, that before %s, is", c.Layer, c.Head.Pool)
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
	case !c.Exact:
		return 1
	case c.classes != nil:
		return len(c.classes)
	case c.top == 0:
		return c.net.Net.Arch.Spec.NumClasses
	}
	return min(c.top, c.net.Net.Arch.Spec.NumClasses)
}

// maps makes the maps of the classes that are asked for.
func (c *cameraman) maps(seen *nets.Seen) (top []labels.Prediction, maps []classMap) {
	logits, features := seen.Logits.Data, seen.Watched[0]
	top = c.net.Top(logits, c.count())
	if !c.Exact {
		return top, []classMap{{c.Map(features, -1), -1}}
	}
	if c.classes != nil {
		all := c.net.Top(logits, 0)
		top = top[:0]
		for _, class := range c.classes {
			top = append(top, all[slices.IndexFunc(all, func(p labels.Prediction) bool { return p.Index == class })])
		}
	}
	for _, p := range top {
		maps = append(maps, classMap{c.Map(features, p.Index), p.Index})
	}
	return top, maps
}
