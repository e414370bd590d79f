package engine

import (
	"context"
	"errors"
	"slices"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// Plan is the steps of one pass for one input shape and one set of hooks. It never changes, and may be used by several
// sessions at a time.
type Plan struct {
	graph         *graph.Graph
	shapes        []tensor.Shape // of each value
	steps         []step
	events        []event // in PyTorch's order; none without hooks
	timed         bool    // some hook wants to know the time
	vectors       bool    // of AVX2 may be used by operations that have no kernels to choose from
	buffers       []buffer
	arena         int   // bytes
	mostWork      int64 // of a part: the constant, but in tests
	input, output int   // buffers, NCHW
}

// step computes one buffer from others.
type step struct {
	calls    []int // what is computed; none for a reorder
	op       operation
	src      []int // buffers
	dst      int
	parallel bool // worth sharing out
}

// event is a call that somebody watches.
type event struct {
	call      int
	after     int // the step after which it fires
	watchers  hooks.Watchers
	layer     graph.Layer
	inputs    []int // buffers; none for what nobody wants to see
	output    int   // likewise
	gradient  int   // likewise, of the output
	steps     []int // whose times add up to its own
	fusedInto string
}

// Plan works out the steps for an input shape, and packs their weights if no plan did so before, until ctx is done. set may
// be nil.
func (p *Program) Plan(ctx context.Context, input tensor.Shape, set *hooks.Set) (*Plan, error) {
	if set != nil && set.Graph() != p.graph {
		return nil, errors.New("the hooks were set on another graph than the program's")
	}
	watchers := set.Watchers()
	for _, w := range watchers {
		if w.Needs&hooks.Gradient != 0 {
			return nil, errors.New("a hook needs gradients, which a plan of training alone has")
		}
	}
	plan, err := newPlan(p.graph, input, watchers, p.options)
	if err != nil {
		return nil, err
	}
	if err := p.bind(ctx, plan); err != nil {
		return nil, err
	}
	return plan, nil
}

// Memory is what a plan needs beside the weights, in bytes.
type Memory struct {
	Activations int64 // the arena: the most that feature maps take at a time
	Scratch     int64 // work space of each thread
}

// PlanMemory is the memory of a plan without hooks, with the portable kernels: it needs no weights and is the same on
// every machine. The blocks of 16 channels of the fast kernels can take a little more.
func PlanMemory(g *graph.Graph, input tensor.Shape) (Memory, error) {
	plan, err := newPlan(g, input, nil, Options{choose: ops.GenericConv})
	if err != nil {
		return Memory{}, err
	}
	return plan.Memory(), nil
}

// Memory is what the plan needs beside the weights.
func (p *Plan) Memory() Memory {
	return Memory{Activations: int64(p.arena), Scratch: int64(p.scratch())}
}

// Output is the shape of the output.
func (p *Plan) Output() tensor.Shape { return p.shapes[p.graph.Output()].Clone() }

// StepInfo describes a step to people.
type StepInfo struct {
	Paths  []string // of the calls that it computes, the first names it; none for a change of layout
	Kernel string
	MACs   int64
	Bytes  int64 // of what it reads and writes: inputs, output and weights
}

// Steps describes the steps in order.
func (p *Plan) Steps() []StepInfo {
	infos := make([]StepInfo, len(p.steps))
	for i, s := range p.steps {
		info := StepInfo{Kernel: s.op.kernel()}
		for _, call := range s.calls {
			info.Paths = append(info.Paths, p.graph.Calls[call].Path)
		}
		for _, b := range append(slices.Clone(s.src), s.dst) {
			info.Bytes += int64(p.buffers[b].size)
		}
		if c, ok := s.op.(packable); ok {
			info.MACs = c.macs()
			info.Bytes += int64(c.packedSize())
		}
		infos[i] = info
	}
	return infos
}

// scratch is the largest work space of any step, in bytes.
func (p *Plan) scratch() int {
	most := 0
	for _, s := range p.steps {
		most = max(most, s.op.scratch())
	}
	return roundUp(most)
}
