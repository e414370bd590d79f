// Package graph is a network as named calls of operators. Each operator says of itself what is asked: its parameters, the
// shape that it puts out, its multiply-adds, its words. A graph computes nothing and knows no family of networks.
package graph

import "resnet/internal/tensor"

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
	// Container is a module that computes nothing but what is in it.
	Container bool
	// Dropped is an operator that the output does not depend on any more (Instead).
	Dropped bool
	// First is false where the same module was called before: its parameters were counted there.
	First bool
	// OnShortcut is true of what stands on a block's shortcut, and not on its residual branch.
	OnShortcut bool
	// Shortcut is the kind of shortcut that an Add adds, in its builder's words.
	Shortcut string
}

// Computes tells whether the call's operator is run.
func (c Call) Computes() bool { return !c.Container && !c.Dropped }

// Kind is that of the operator; 0 of a container.
func (c Call) Kind() Kind {
	if c.Container {
		return 0
	}
	return c.Op.Kind()
}

// Graph is a network: its calls in order. It does not change once it is built.
type Graph struct {
	Calls []Call

	output   Value
	channels []int // of each value
}

// Input is the network's input.
func (g *Graph) Input() Value { return 0 }

// Output is the network's output, the logits.
func (g *Graph) Output() Value { return g.output }

// Values is the number of tensors: every Value is below it.
func (g *Graph) Values() int { return len(g.channels) }

// Channels is the number of channels (or features) of a value.
func (g *Graph) Channels(v Value) int { return g.channels[v] }

// Producers gives the call that computes each value; the input's computes none and has no Op.
func (g *Graph) Producers() []Call {
	calls := make([]Call, g.Values())
	for _, call := range g.Calls {
		if call.Computes() {
			calls[call.Output] = call
		}
	}
	return calls
}

// Weights is a set of named tensors, wherever they come from; a checkpoint file is one, random weights another.
type Weights interface {
	// Names lists all tensors, in the source's order.
	Names() []string
	// Info is a tensor's shape and type; ok is false where there is none of this name.
	Info(name string) (info tensor.Info, ok bool)
	// Read writes a tensor's values as float32 into dst, which has exactly its number of elements. Several goroutines
	// may call it at a time.
	Read(name string, dst []float32) error
}
