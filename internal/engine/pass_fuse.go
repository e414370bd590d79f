package engine

import (
	"cmp"
	"slices"

	"resnet/internal/graph"
)

// none is the index of a call that there is not.
const none = -1

// group is calls that are computed in one go: a convolution with the batch norm, residual add and ReLU that follow it, in
// training a batch norm with those, or a single call of any kind. The fields are indices into Calls.
type group struct {
	first     int
	batchNorm int // or none
	add       int // or none
	relu      int // or none
}

// last is the call whose output the group writes.
func (g group) last() int { return max(g.first, g.batchNorm, g.add, g.relu) }

// calls are the members in order.
func (g group) calls() []int {
	return slices.DeleteFunc([]int{g.first, g.batchNorm, g.add, g.relu}, func(i int) bool { return i == none })
}

// inputs are the values that the group reads: what its first call does, and what is added.
func (g group) inputs(in *graph.Graph) []graph.Value {
	inputs := in.Calls[g.first].Inputs
	if g.add != none {
		inputs = append(slices.Clip(inputs), skip(in, g))
	}
	return inputs
}

// fuse finds the groups, in an order in which they can be computed: by their last calls, for what a fused add adds may
// be made after the convolution's own place. A value that is kept ends its group; leads tells what others are fused with.
func fuse(g *graph.Graph, kept []bool, leads func(graph.Op) bool) []group {
	f := fuser{graph: g, leads: leads, next: make([]int, g.Values())}
	for v := range f.next {
		f.next[v] = none
	}
	many := slices.Clone(kept)
	many[g.Output()] = true
	for i, call := range g.Calls {
		if !call.Computes() {
			continue
		}
		for _, v := range call.Inputs {
			if f.next[v] != none {
				many[v] = true
			}
			f.next[v] = i
		}
	}
	for v, stays := range many {
		if stays {
			f.next[v] = none
		}
	}
	return f.groups()
}

type fuser struct {
	graph *graph.Graph
	leads func(graph.Op) bool
	next  []int // of each value: the only call that reads it, or none
}

func (f *fuser) groups() []group {
	var groups []group
	taken := make([]bool, len(f.graph.Calls))
	for i, call := range f.graph.Calls {
		if !call.Computes() || taken[i] {
			continue
		}
		one := group{first: i, batchNorm: none, add: none, relu: none}
		if f.leads(call.Op) {
			one = f.follow(i, taken)
		}
		for _, member := range one.calls() {
			taken[member] = true
		}
		groups = append(groups, one)
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.last(), b.last()) })
	return groups
}

// follow collects what can be computed together with a convolution, or with a batch norm alone.
func (f *fuser) follow(first int, taken []bool) group {
	one := group{first: first, batchNorm: none, add: none, relu: none}
	at := first
	step := func(member *int, is func(graph.Op) bool) {
		next := f.next[f.graph.Calls[at].Output]
		if next != none && !taken[next] && is(f.graph.Calls[next].Op) {
			*member, at = next, next
		}
	}
	if !isOp[graph.BatchNorm](f.graph.Calls[first].Op) {
		step(&one.batchNorm, isOp[graph.BatchNorm])
	}
	step(&one.add, isOp[graph.Add])
	step(&one.relu, isOp[graph.ReLU])
	return one
}

func isOp[T graph.Op](op graph.Op) bool {
	_, ok := op.(T)
	return ok
}
