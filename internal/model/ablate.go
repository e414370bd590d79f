package model

import (
	"fmt"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/nearest"
)

// Without is the graph without the residual branches of some blocks: where a block adds F(x) and its shortcut, the shortcut
// alone goes on, through its projection or pad and the block's last ReLU.
func (g *Graph) Without(blocks ...string) (*Graph, error) {
	instead := map[graph.Value]graph.Value{} // of what an add put out
	for _, path := range blocks {
		b, err := g.Block(path)
		if err != nil {
			return nil, err
		}
		if b.Shortcut == ShortcutNone {
			return nil, fmt.Errorf("%s has no shortcut: without its residual branch nothing is left of it", path)
		}
		instead[b.Sum] = b.Skip
	}
	return &Graph{Graph: g.Instead(instead), Spec: g.Spec, Stages: g.Stages}, nil
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
