package hooks

import (
	"slices"
	"sync"
	"sync/atomic"

	"resnet/internal/graph"
)

// Set holds the hooks on the modules of one graph. What is watched is fixed when a plan is made from it; later
// additions are seen by later plans only. It may be used by several goroutines.
type Set struct {
	graph *graph.Graph
	mu    sync.Mutex
	added []*registration // in order
}

type registration struct {
	hook     Hook
	selected []bool // by index into Calls
	removed  atomic.Bool
}

// NewSet makes an empty set for a graph.
func NewSet(g *graph.Graph) *Set { return &Set{graph: g} }

// Graph is the graph whose modules the hooks are on.
func (s *Set) Graph() *graph.Graph { return s.graph }

// Add registers h on the modules whose path or class matches pattern: "layer3.*.conv2", "Conv2d", "**", "" for the root.
// Unlike in Select, a container's path means the container alone. No match is an error that names the nearest paths. The
// returned function removes the hook: it is not called any more, not even by plans that were made before.
func (s *Set) Add(pattern string, h Hook) (remove func(), err error) {
	if pattern == "" {
		pattern = "="
	}
	selected, err := match(s.graph, pattern)
	if err != nil {
		return nil, err
	}
	return s.AddSelected(selected, h), nil
}

// AddSelected registers h on the calls that Select chose.
func (s *Set) AddSelected(selected []bool, h Hook) (remove func()) {
	r := &registration{hook: h, selected: selected}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added = append(s.added, r)
	return func() {
		r.removed.Store(true)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.added = slices.DeleteFunc(s.added, func(other *registration) bool { return other == r })
	}
}

// Watchers are the hooks on one call at the time a plan was made.
type Watchers struct {
	Needs Needs // of all of them
	hooks []*registration
}

// Watched tells whether there are any.
func (w Watchers) Watched() bool { return len(w.hooks) > 0 }

// Back are those that see the gradients, and there the others.
func (w Watchers) Back() (back, there Watchers) {
	for _, r := range w.hooks {
		to := &there
		if r.hook.Needs()&Gradient != 0 {
			to = &back
		}
		to.Needs |= r.hook.Needs()
		to.hooks = append(to.hooks, r)
	}
	return back, there
}

// After hands an event to each hook in the order in which they were added; the first error is returned at once.
func (w Watchers) After(e Event) error {
	for _, r := range w.hooks {
		if r.removed.Load() {
			continue
		}
		if err := r.hook.After(e); err != nil {
			return err
		}
	}
	return nil
}

// Watchers gives the hooks on each call, by index into Calls; nil where there are none at all. A nil set has none.
func (s *Set) Watchers() []Watchers {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var calls []Watchers
	for _, r := range s.added {
		for i, selected := range r.selected {
			if !selected {
				continue
			}
			if calls == nil {
				calls = make([]Watchers, len(s.graph.Calls))
			}
			calls[i].Needs |= r.hook.Needs()
			calls[i].hooks = append(calls[i].hooks, r)
		}
	}
	return calls
}
