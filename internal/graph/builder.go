package graph

import "fmt"

// Builder makes a graph, call by call. The first error stays until Graph returns it.
type Builder struct {
	graph      *Graph
	seen       map[string]bool
	scope      string
	onShortcut bool
	err        error // the first
}

// NewBuilder begins a graph whose input has some channels.
func NewBuilder(channels int) *Builder {
	return &Builder{graph: &Graph{channels: []int{channels}}, seen: map[string]bool{}}
}

// Graph is what was built, with its output.
func (b *Builder) Graph(output Value) (*Graph, error) {
	b.graph.output = output
	return b.graph, b.err
}

// Input is the network's input.
func (b *Builder) Input() Value { return b.graph.Input() }

// Channels is the number of channels (or features) of a value.
func (b *Builder) Channels(v Value) int { return b.graph.Channels(v) }

// Module runs body inside the scope of a container and adds the container's own call.
func (b *Builder) Module(name, class string, x Value, body func(Value) Value) Value {
	outer := b.scope
	b.scope = b.Path(name)
	y := body(x)
	path := b.scope
	b.scope = outer
	b.graph.Calls = append(b.graph.Calls, Call{
		Path: path, Class: class, Container: true, Inputs: []Value{x}, Output: y, First: true, OnShortcut: b.onShortcut,
	})
	return y
}

// OnShortcut runs body, whose calls stand on a block's shortcut.
func (b *Builder) OnShortcut(body func() Value) Value {
	outer := b.onShortcut
	b.onShortcut = true
	defer func() { b.onShortcut = outer }()
	return body()
}

// same adds an operator that leaves the number of channels as it is.
func (b *Builder) same(name string, op Op, x Value) Value { return b.leaf(name, op, b.Channels(x), x) }

func (b *Builder) leaf(name string, op Op, channels int, in ...Value) Value {
	g := b.graph
	out := Value(len(g.channels))
	g.channels = append(g.channels, channels)
	path := b.Path(name)
	g.Calls = append(g.Calls, Call{
		Path: path, Class: op.Class(), Op: op, Inputs: in, Output: out, First: !b.seen[path], OnShortcut: b.onShortcut,
	})
	b.seen[path] = true
	return out
}

// Path is the full path of a name in the scope that is being built.
func (b *Builder) Path(name string) string {
	if b.scope == "" || name == "" {
		return b.scope + name
	}
	return b.scope + "." + name
}

func (b *Builder) fail(name string, err error) {
	if b.err == nil {
		b.err = fmt.Errorf("%s: %w", b.Path(name), err)
	}
}
