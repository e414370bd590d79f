package model

import (
	"fmt"
	"maps"
	"slices"

	"resnet/internal/graph"
)

// BlockSpec is what a block is told: everything else follows from its input.
type BlockSpec struct {
	Planes   int // base planes; the block puts out planes × expansion
	Width    int // channels inside a bottleneck
	Stride   int
	StrideIn string
	Groups   int
	Dilation int
	// FirstDilation is that of the first 3×3 convolution: where a stride was replaced by dilation, a layer's first
	// block still sees its input with the dilation before it.
	FirstDilation int
	Shortcut      string
}

// blockType is a kind of residual block. A new one is a file block_x.go that registers itself.
type blockType struct {
	class     string // PyTorch's class name
	expansion int    // output planes for each base plane
	depth     int    // weighted layers, as the paper counts them
	groups    bool   // has a convolution that groups and width_per_group apply to
	build     func(b *builder, x graph.Value, s BlockSpec) graph.Value
	// params estimates the parameters of a block that puts out out channels and has width inside.
	params func(out, width, groups float64) float64
}

var blockTypes = map[string]blockType{}

// registerBlock adds a block type; a name that is taken is a programmer's mistake.
func registerBlock(name string, t blockType) {
	if _, taken := blockTypes[name]; taken {
		panic(fmt.Sprintf("model: block type %q registered twice", name))
	}
	blockTypes[name] = t
}

// BlockTypes lists the names of the registered block types.
func BlockTypes() []string { return slices.Sorted(maps.Keys(blockTypes)) }
