package draw

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/model"
	"resnet/internal/nearest"
	"resnet/internal/number"
	"resnet/internal/tensor"
)

// subtitle is what is said of a network as a whole.
func (n *Net) subtitle() []string {
	depth, _ := n.Spec.WeightedLayers()
	return []string{
		fmt.Sprintf("%d weighted layers", depth),
		fmt.Sprintf("%s %v", n.Spec.BlockClass(), tensor.Shape(n.Spec.Layers)),
		"input " + shapeWords(n.Input) + n.sides(),
		number.Thousands(n.Params) + " params",
		macsWords(n.MACs),
	}
}

// sides says which number of a shape is which where they differ.
func (n *Net) sides() string {
	if h, w := n.Input[2], n.Input[3]; h != w {
		return fmt.Sprintf(" (%d high, %d wide)", h, w)
	}
	return ""
}

// describe says in sentences what a figure of the network shows.
func (n *Net) describe() string {
	words := fmt.Sprintf("%s with %s. ", n.title, strings.Join(n.subtitle(), ", "))
	for _, p := range n.parts {
		words += p.describe() + " "
	}
	return strings.TrimSpace(words)
}

func (p part) describe() string {
	var words []string
	for _, l := range p.layers {
		words = append(words, l.line())
	}
	for _, r := range p.runs(false) {
		words = append(words, r.describe())
	}
	result := ""
	if p.result != "" {
		result = " (" + p.result + ")"
	}
	return fmt.Sprintf("%s: %s, to %s%s.", p.Name, strings.Join(words, "; "), shapeWords(p.Out), result)
}

func (r run) describe() string {
	var words []string
	for _, l := range r.branch {
		words = append(words, l.line())
	}
	inner := "[" + strings.Join(words, " – ") + "]"
	return strings.TrimSpace(inner+" "+r.times()) + " with " + shortcutWords(r.Shortcut)
}

// shortcuts lists the kinds of shortcut in some blocks, in the order of the legend.
func shortcuts(blocks []block) []string {
	var kinds []string
	for _, kind := range []string{model.ShortcutIdentity, model.ShortcutProjection, model.ShortcutPad} {
		if slices.ContainsFunc(blocks, func(b block) bool { return b.Shortcut == kind }) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// allBlocks are a network's blocks in order.
func (n *Net) allBlocks() []block {
	var blocks []block
	for _, p := range n.parts {
		blocks = append(blocks, p.blocks...)
	}
	return blocks
}

// allLayers are those of a part, in blocks and outside of them, shortcuts left out.
func (p part) allLayers() []layer {
	layers := slices.Clone(p.layers)
	for _, b := range p.blocks {
		layers = append(layers, b.branch...)
	}
	return layers
}

// splitResult is a net result that may be broken after its comma.
func splitResult(result string) []string {
	parts := strings.Split(result, ", ")
	for i := range parts[:len(parts)-1] {
		parts[i] += ","
	}
	return parts
}

// block finds a block by its path.
func (n *Net) block(path string) (block, error) {
	var paths []string
	for _, b := range n.allBlocks() {
		if b.Path == path {
			return b, nil
		}
		paths = append(paths, b.Path)
	}
	return block{}, fmt.Errorf("%s has no block %q%s; its blocks are %s to %s", n.title, path, nearest.Hint(path, paths),
		paths[0], paths[len(paths)-1])
}

// macsWords counts multiply-adds with three digits.
func macsWords(n int64) string { return number.Short(n, "") + " MACs" }
