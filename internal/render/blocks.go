package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// residualBlock is a block of a network and what it does at one input size.
type residualBlock struct {
	model.Block
	in, out tensor.Shape
	strides [][]int // of the convolutions on the residual branch
}

// strideWords are the strides of the residual branch: 1 2 1.
func (b residualBlock) strideWords() string {
	words := make([]string, len(b.strides))
	for i, s := range b.strides {
		words[i] = size(s).Text
	}
	return strings.Join(words, " ")
}

// residualBlocks are the network's blocks in order.
func (p *Pass) residualBlocks() []residualBlock {
	branch, containers := map[string][][]int{}, map[string]hooks.Record{}
	for _, e := range p.All {
		if e.Container {
			containers[e.Path] = e
		}
		if e.Kind == graph.Convolution && !e.OnShortcut {
			block := parent(e.Path)
			branch[block] = append(branch[block], e.Stride)
		}
	}
	var blocks []residualBlock
	for _, stage := range p.Graph.Stages {
		for _, b := range stage.Blocks {
			e := containers[b.Path]
			blocks = append(blocks, residualBlock{Block: b, in: e.Inputs[0], out: e.Output, strides: branch[b.Path]})
		}
	}
	return blocks
}

// keepers tells which blocks keep the shape of their input, and which change it.
func keepers(all []residualBlock) string {
	var keep, change []residualBlock
	for _, b := range all {
		if b.in.Equal(b.out) {
			keep = append(keep, b)
		} else {
			change = append(change, b)
		}
	}
	words := fmt.Sprintf("%s keep the shape%s", blocks(len(keep)), shortcutsOf(keep))
	if len(keep) == 1 {
		words = "1 block keeps the shape" + shortcutsOf(keep)
	}
	switch len(change) {
	case 0:
		return words + ", none changes it"
	case 1:
		return words + ", 1 changes it" + shortcutsOf(change) + ": " + change[0].Path
	}
	return fmt.Sprintf("%s, %d change it%s: %s", words, len(change), shortcutsOf(change), strings.Join(paths(change), ", "))
}

// shortcutsOf names the kinds of shortcut that blocks have: " (projection)".
func shortcutsOf(blocks []residualBlock) string {
	var kinds []string
	for _, b := range blocks {
		kind := b.Shortcut
		if kind == model.ShortcutNone {
			kind = "no shortcut"
		}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if kinds == nil {
		return ""
	}
	return " (" + strings.Join(kinds, ", ") + ")"
}

func paths(blocks []residualBlock) []string {
	paths := make([]string, len(blocks))
	for i, b := range blocks {
		paths[i] = b.Path
	}
	return paths
}

// ranges shortens the paths of blocks: layer1.1–2, layer2.1–3.
func ranges(blocks []residualBlock) []string {
	var words []string
	from, last := "", -2
	for _, b := range blocks {
		stage := parent(b.Path)
		n, _ := strconv.Atoi(strings.TrimPrefix(b.Path, stage+"."))
		if end := len(words) - 1; end >= 0 && parent(from) == stage && n == last+1 {
			words[end] = fmt.Sprintf("%s–%d", from, n)
		} else {
			from = b.Path
			words = append(words, from)
		}
		last = n
	}
	return words
}

// parent is the path without its last name.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }
