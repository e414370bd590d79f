package graph

import "slices"

// Instead is the graph in which every call that reads a value of replace reads what stands there for it. Operators that the
// output does not depend on any more are Dropped; all calls keep their places, so that weights packed for one graph
// serve the other.
func (g *Graph) Instead(replace map[Value]Value) *Graph {
	out := *g
	out.Calls = slices.Clone(g.Calls)
	for i := range out.Calls {
		inputs := slices.Clone(out.Calls[i].Inputs)
		for j, v := range inputs {
			if other, ok := replace[v]; ok {
				inputs[j] = other
			}
		}
		out.Calls[i].Inputs = inputs
	}
	out.dropUnread()
	return &out
}

// dropUnread drops the operators that the output does not depend on.
func (g *Graph) dropUnread() {
	read := make([]bool, g.Values())
	read[g.output] = true
	for i, call := range slices.Backward(g.Calls) {
		if call.Container {
			continue
		}
		g.Calls[i].Dropped = !read[call.Output]
		if read[call.Output] {
			for _, v := range call.Inputs {
				read[v] = true
			}
		}
	}
}
