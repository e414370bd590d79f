package model

import (
	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// Graph is a residual network: its calls, and what a reader wants to know of its structure. It does not change once Build
// has returned it.
type Graph struct {
	*graph.Graph
	Spec   Spec
	Stages []Stage
}

// Stage is one of torchvision's layers: layer1, layer2, …
type Stage struct {
	Path    string
	In, Out graph.Value
	Blocks  []Block
}

// Block is one residual block.
type Block struct {
	Path, Class string
	In, Out     graph.Value
	Stride      int
	// Sum is what the add puts out, Skip what it is given by the shortcut. Without a shortcut both are 0.
	Skip, Sum graph.Value
	Shortcut  string // ShortcutIdentity, ShortcutProjection, ShortcutPad or ShortcutNone
}

// ShortcutIdentity is a shortcut that does nothing; the other kinds of a Block's Shortcut are values of Spec.Shortcut.
const ShortcutIdentity = "identity"

// InputShape is the shape that the spec names, for n images.
func (g *Graph) InputShape(n int) tensor.Shape {
	return tensor.Shape{n, g.Spec.Input[0], g.Spec.Input[1], g.Spec.Input[2]}
}

// builder builds the calls, and notes the stages and blocks that they make.
type builder struct {
	*graph.Builder
	spec   Spec
	stages []Stage
}

// Conv is the graph's, padded as the spec has it.
func (b *builder) Conv(name string, x graph.Value, c graph.Conv) graph.Value {
	c.Same = b.spec.Padding == PaddingSame
	return b.Builder.Conv(name, x, c)
}

// MaxPool is the graph's, padded as the spec has it.
func (b *builder) MaxPool(name string, x graph.Value, p graph.MaxPool) graph.Value {
	p.Same = b.spec.Padding == PaddingSame
	return b.Builder.MaxPool(name, x, p)
}

// stage is a Module that is listed in the graph's Stages.
func (b *builder) stage(name string, x graph.Value, body func(graph.Value) graph.Value) graph.Value {
	b.stages = append(b.stages, Stage{Path: b.Path(name), In: x})
	y := b.Module(name, "Sequential", x, body)
	b.stages[len(b.stages)-1].Out = y
	return y
}

// block is a Module of the spec's block type that is listed in its stage.
func (b *builder) block(name string, x graph.Value, s BlockSpec) graph.Value {
	t := blockTypes[b.spec.Block]
	blocks := &b.stages[len(b.stages)-1].Blocks
	*blocks = append(*blocks, Block{Path: b.Path(name), Class: t.class, In: x, Stride: s.Stride, Shortcut: ShortcutNone})
	y := b.Module(name, t.class, x, func(x graph.Value) graph.Value { return t.build(b, x, s) })
	(*blocks)[len(*blocks)-1].Out = y
	return y
}

// current is the block that is being built.
func (b *builder) current() *Block {
	blocks := b.stages[len(b.stages)-1].Blocks
	return &blocks[len(blocks)-1]
}
