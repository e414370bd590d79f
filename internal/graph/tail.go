package graph

import (
	"fmt"
	"slices"
	"strings"
)

// Within tells whether a path is that of a layer, or of one inside it.
func Within(path, layer string) bool { return path == layer || strings.HasPrefix(path, layer+".") }

// Tail is the graph from a layer on, or from what is below it: its calls, parameters and shapes are those of the whole. Its input is what
// Calls[first] of the whole reads, from which alone all that follows is computed; a layer that a shortcut goes around begins no tail.
func (g *Graph) Tail(layer string) (tail *Graph, first int, err error) {
	first = slices.IndexFunc(g.Calls, func(c Call) bool {
		return c.Computes() && Within(c.Path, layer)
	})
	if first < 0 {
		return nil, 0, fmt.Errorf("no layer %s", layer)
	}
	input := g.Calls[first].Inputs[0]
	tail = &Graph{channels: []int{g.Channels(input)}}
	inside := map[Value]Value{input: 0}
	within := func(c Call) bool {
		return !slices.ContainsFunc(c.Inputs, func(v Value) bool { _, ok := inside[v]; return !ok })
	}
	for _, call := range g.Calls[first:] {
		switch {
		case !call.Computes() && !within(call): // a container that begins before the tail does
			continue
		case !within(call):
			return nil, 0, fmt.Errorf("a shortcut goes around %s, to %s: a whole block can stand there, or a stage", layer, call.Path)
		}
		inputs := make([]Value, len(call.Inputs))
		for i, v := range call.Inputs {
			inputs[i] = inside[v]
		}
		call.Inputs = inputs
		if call.Computes() {
			inside[call.Output] = Value(len(tail.channels))
			tail.channels = append(tail.channels, g.Channels(call.Output))
		}
		call.Output = inside[call.Output]
		tail.Calls = append(tail.Calls, call)
	}
	tail.output = inside[g.output]
	return tail, first, nil
}
