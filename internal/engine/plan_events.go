package engine

import (
	"strings"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/ops"
)

// eventPlanner finds out after which step each event fires: in PyTorch's order, as soon as what it tells of is known.
type eventPlanner struct {
	*planner
	watchers []hooks.Watchers // by call; nil without hooks
	layers   []graph.Layer
	next     int     // the first call whose event has not been placed
	done     []bool  // by call
	steps    [][]int // by call: those that compute it
	leader   []int   // by call: the first of its group
}

func newEventPlanner(p *planner, watchers []hooks.Watchers) *eventPlanner {
	e := &eventPlanner{planner: p, watchers: watchers}
	if watchers == nil {
		return e
	}
	e.layers = p.graph.Describe(p.shapes)
	n := len(p.graph.Calls)
	e.done, e.steps, e.leader = make([]bool, n), make([][]int, n), make([]int, n)
	return e
}

// kept tells which values some hook wants to see: they have to exist.
func (e *eventPlanner) kept() []bool {
	kept := make([]bool, e.graph.Values())
	for i, w := range e.watchers {
		call := e.graph.Calls[i]
		if w.Needs&hooks.Output != 0 {
			kept[call.Output] = true
		}
		if w.Needs&hooks.Input != 0 {
			for _, v := range call.Inputs {
				kept[v] = true
			}
		}
	}
	return kept
}

// computed notes that the steps from first on have computed a group, and places the events that are ready.
func (e *eventPlanner) computed(one group, first int) {
	if e.watchers == nil {
		return
	}
	for s := first; s < len(e.Plan.steps); s++ {
		e.steps[one.first] = append(e.steps[one.first], s)
	}
	for _, call := range one.calls() {
		e.done[call], e.leader[call] = true, one.first
	}
	calls := e.graph.Calls
	for e.next < len(calls) && (e.done[e.next] || !calls[e.next].Computes()) {
		e.event(e.next)
		e.next++
	}
}

// event places the event of a call behind the last step.
func (e *eventPlanner) event(i int) {
	w := e.watchers[i]
	if !w.Watched() {
		return
	}
	call := e.graph.Calls[i]
	ev := event{call: i, watchers: w, layer: e.layers[i], inputs: make([]int, len(call.Inputs)), output: none, gradient: none}
	for j, v := range call.Inputs {
		ev.inputs[j] = none
		if w.Needs&hooks.Input != 0 {
			ev.inputs[j] = e.in(v, ops.NCHW)
		}
	}
	if w.Needs&hooks.Output != 0 {
		ev.output = e.in(call.Output, ops.NCHW)
	}
	ev.after = len(e.Plan.steps) - 1
	for _, b := range append(ev.inputs, ev.output) {
		if b != none {
			e.buffers[b].to = ev.after
		}
	}
	if w.Needs&hooks.Time != 0 {
		e.timed = true
		e.time(&ev)
	}
	e.events = append(e.events, ev)
}

// time finds the steps whose time an event tells.
func (e *eventPlanner) time(ev *event) {
	calls := e.graph.Calls
	if !calls[ev.call].Container {
		ev.steps = e.steps[ev.call]
		if leader := e.leader[ev.call]; leader != ev.call {
			ev.fusedInto = calls[leader].Path
		}
		return
	}
	for i := ev.call - 1; i >= 0 && within(calls[i].Path, calls[ev.call].Path); i-- {
		ev.steps = append(ev.steps, e.steps[i]...)
	}
}

// within tells whether a path lies inside a container's.
func within(path, container string) bool {
	return container == "" || strings.HasPrefix(path, container+".")
}
