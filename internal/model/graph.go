package model

import (
	"fmt"
	"slices"

	"resnet/internal/tensor"
)

// Value is a tensor of the graph, by number; 0 is the network's input.
type Value int

// Call is one call of a module or function, in the order in which PyTorch's forward hooks fire: a container stands
// after what is in it, the root last. A module that is called twice has two calls with one path.
type Call struct {
	Path   string // layer1.0.conv2; "" for the root
	Class  string // PyTorch's: Conv2d, Sequential, Bottleneck; Add, Pad, Flatten for functions
	Op     Op     // nil for a container
	Inputs []Value
	Output Value
	// Functional marks a function that PyTorch has no module for.
	Functional bool
	// First is false where the same module was called before: its parameters were counted there.
	First bool
	// Shortcut says what an Add adds: ShortcutIdentity, ShortcutProjection or ShortcutPad.
	Shortcut string
}

// ShortcutIdentity is a shortcut that does nothing; the other kinds of a Call's Shortcut are values of Spec.Shortcut.
const ShortcutIdentity = "identity"

// Stage is one of torchvision's layers: layer1, layer2, …
type Stage struct {
	Path    string
	In, Out Value
	Blocks  []Block
}

// Block is one residual block.
type Block struct {
	Path, Class string
	In, Out     Value
	Stride      int
	// Residual and Skip are what the add adds: F(x) and the shortcut of x. Without a shortcut both are 0.
	Residual, Skip Value
	Shortcut       string // ShortcutIdentity, ShortcutProjection, ShortcutPad or ShortcutNone
}

// Graph is a network: its calls in order, and what a reader wants to know of its structure. It does not change once
// Build has returned it.
type Graph struct {
	Spec   Spec
	Calls  []Call
	Stages []Stage

	output   Value
	channels []int // of each value
	seen     map[string]bool
	scope    string
	err      error // the first
}

func newGraph(s Spec) *Graph {
	return &Graph{Spec: s, channels: []int{s.Input[0]}, seen: map[string]bool{}}
}

// Input is the network's input.
func (g *Graph) Input() Value { return 0 }

// Output is the network's output, the logits.
func (g *Graph) Output() Value { return g.output }

// Values is the number of tensors: every Value is below it.
func (g *Graph) Values() int { return len(g.channels) }

// Channels is the number of channels (or features) of a value.
func (g *Graph) Channels(v Value) int { return g.channels[v] }

// InputShape is the shape that the spec names, for n images.
func (g *Graph) InputShape(n int) tensor.Shape {
	return tensor.Shape{n, g.Spec.Input[0], g.Spec.Input[1], g.Spec.Input[2]}
}

// Module runs body inside the scope of a container and adds the container's own call.
func (g *Graph) Module(name, class string, x Value, body func(Value) Value) Value {
	outer := g.scope
	g.scope = g.path(name)
	y := body(x)
	path := g.scope
	g.scope = outer
	g.Calls = append(g.Calls, Call{Path: path, Class: class, Inputs: []Value{x}, Output: y, First: true})
	return y
}

// stage is a Module that is listed in Stages.
func (g *Graph) stage(name string, x Value, body func(Value) Value) Value {
	g.Stages = append(g.Stages, Stage{Path: g.path(name), In: x})
	y := g.Module(name, "Sequential", x, body)
	g.Stages[len(g.Stages)-1].Out = y
	return y
}

// block is a Module of the spec's block type that is listed in its stage.
func (g *Graph) block(name string, x Value, b BlockSpec) Value {
	t := blockTypes[g.Spec.Block]
	stage := &g.Stages[len(g.Stages)-1]
	info := Block{Path: g.path(name), Class: t.Class, In: x, Stride: b.Stride, Shortcut: ShortcutNone}
	from := len(g.Calls)
	info.Out = g.Module(name, t.Class, x, func(x Value) Value { return t.Build(g, x, b) })
	for _, call := range g.Calls[from:] {
		if _, ok := call.Op.(Add); ok {
			info.Residual, info.Skip, info.Shortcut = call.Inputs[0], call.Inputs[1], call.Shortcut
		}
	}
	stage.Blocks = append(stage.Blocks, info)
	return info.Out
}

// Conv adds a convolution; what c leaves out has PyTorch's defaults.
func (g *Graph) Conv(name string, x Value, c Conv) Value {
	c.In = g.Channels(x)
	setDefault(&c.Stride, 1)
	setDefault(&c.Dilation, 1)
	setDefault(&c.Groups, 1)
	if c.In%c.Groups != 0 || c.Out%c.Groups != 0 {
		g.fail(name, fmt.Errorf("%d groups do not divide %d input and %d output channels", c.Groups, c.In, c.Out))
	}
	return g.leaf(name, c, c.Out, x)
}

// BatchNorm adds a batch norm over the channels of x.
func (g *Graph) BatchNorm(name string, x Value) Value {
	return g.leaf(name, BatchNorm{Channels: g.Channels(x)}, g.Channels(x), x)
}

// ReLU adds a ReLU; a second call under one name is the same module.
func (g *Graph) ReLU(name string, x Value) Value { return g.leaf(name, ReLU{}, g.Channels(x), x) }

// MaxPool adds a max pool.
func (g *Graph) MaxPool(name string, x Value, p MaxPool) Value {
	return g.leaf(name, p, g.Channels(x), x)
}

// AvgPool adds an average pool.
func (g *Graph) AvgPool(name string, x Value, p AvgPool) Value {
	return g.leaf(name, p, g.Channels(x), x)
}

// AdaptiveAvgPool adds the global average pool.
func (g *Graph) AdaptiveAvgPool(name string, x Value) Value {
	return g.leaf(name, AdaptiveAvgPool{}, g.Channels(x), x)
}

// Flatten adds torch.flatten(x, 1).
func (g *Graph) Flatten(name string, x Value) Value { return g.leaf(name, Flatten{}, g.Channels(x), x) }

// Linear adds a fully connected layer.
func (g *Graph) Linear(name string, x Value, l Linear) Value {
	l.In = g.Channels(x)
	return g.leaf(name, l, l.Out, x)
}

// Add adds the residual add of a block: residual branch y, shortcut skip.
func (g *Graph) Add(y, skip Value) Value { return g.leaf("add", Add{}, g.Channels(y), y, skip) }

// Pad adds shortcut A.
func (g *Graph) Pad(name string, x Value, p Pad) Value {
	return g.leaf(name, p, p.Before+g.Channels(x)+p.After, x)
}

func (g *Graph) leaf(name string, op Op, channels int, in ...Value) Value {
	out := Value(len(g.channels))
	g.channels = append(g.channels, channels)
	call := Call{Path: g.path(name), Class: op.class(), Op: op, Inputs: in, Output: out}
	switch op.(type) {
	case Add:
		call.Functional = true
		call.Shortcut = g.shortcutKind(in[1])
	case Pad, Flatten:
		call.Functional = true
	}
	call.First = !g.seen[call.Path]
	g.seen[call.Path] = true
	g.Calls = append(g.Calls, call)
	return out
}

// shortcutKind tells from its path what made the shortcut of the block in scope: the outermost call, which is the last.
func (g *Graph) shortcutKind(skip Value) string {
	for _, call := range slices.Backward(g.Calls) {
		if call.Output != skip {
			continue
		}
		switch call.Path {
		case g.path("pad"):
			return ShortcutPad
		case g.path("downsample"):
			return ShortcutProjection
		}
		break
	}
	return ShortcutIdentity
}

func (g *Graph) path(name string) string {
	if g.scope == "" || name == "" {
		return g.scope + name
	}
	return g.scope + "." + name
}

func (g *Graph) fail(name string, err error) {
	if g.err == nil {
		g.err = fmt.Errorf("%s: %w", g.path(name), err)
	}
}
