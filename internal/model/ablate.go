package model

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/nearest"
)

// Without is the graph without the residual branches of some blocks: where a block adds F(x) and its shortcut, the shortcut
// alone goes on, through its projection or pad and the block's last ReLU. What nobody reads any more falls away: such a call
// has no Op, and the others keep their places in Calls, so that weights packed for one graph serve the other.
func (g *Graph) Without(blocks ...string) (*Graph, error) {
	out := *g
	out.Calls = slices.Clone(g.Calls)
	out.Stages = slices.Clone(g.Stages)
	instead := map[Value]Value{} // of what an add put out
	for _, path := range blocks {
		b, err := g.Block(path)
		if err != nil {
			return nil, err
		}
		if b.Shortcut == ShortcutNone {
			return nil, fmt.Errorf("%s has no shortcut: without its residual branch nothing is left of it", path)
		}
		for i, call := range out.Calls {
			if _, ok := call.Op.(Add); ok && call.Inputs[0] == b.Residual && call.Inputs[1] == b.Skip {
				instead[call.Output] = b.Skip
				out.Calls[i].Op = nil
			}
		}
	}
	for i, call := range out.Calls {
		out.Calls[i].Inputs = slices.Clone(call.Inputs)
		for j, v := range call.Inputs {
			if skip, ok := instead[v]; ok {
				out.Calls[i].Inputs[j] = skip
			}
		}
	}
	out.dropUnread()
	return &out, nil
}

// dropUnread takes away the ops that the output does not depend on.
func (g *Graph) dropUnread() {
	read := make([]bool, g.Values())
	read[g.output] = true
	for i := len(g.Calls) - 1; i >= 0; i-- {
		call := &g.Calls[i]
		switch {
		case call.Op == nil:
		case !read[call.Output]:
			call.Op = nil
		default:
			for _, v := range call.Inputs {
				read[v] = true
			}
		}
	}
}

// Block finds a block by its path.
func (g *Graph) Block(path string) (Block, error) {
	var paths []string
	for _, stage := range g.Stages {
		for _, b := range stage.Blocks {
			if b.Path == path {
				return b, nil
			}
			paths = append(paths, b.Path)
		}
	}
	if near := nearest.To(path, paths); near != "" {
		return Block{}, fmt.Errorf("no block %q; did you mean %s?", path, near)
	}
	first, last := paths[0], paths[len(paths)-1]
	return Block{}, fmt.Errorf("no block %q; blocks are %s", path, strings.Join([]string{first, last}, " to "))
}
