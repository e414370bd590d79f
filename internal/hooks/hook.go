// Package hooks lets code see what flows through a network, as PyTorch's forward hooks do, and holds the ready hooks:
// record, time, statistics and save.
package hooks

import (
	"time"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// Needs says what a hook wants to see of an event. Only values, Input and Output, cost anything: they stop the fusion of
// the layer that they are asked for.
type Needs uint8

// What a hook can need. Input, Output and Gradient stop fusion.
const (
	Facts  Needs = 0         // path, class, shapes and counts; every event has them
	Time   Needs = 1 << iota // how long the layer took
	Input                    // the values of the inputs
	Output                   // the values of the output
	// Gradient is that of the output, of a plan of training alone. The hook then sees the module on the way back, and not on the
	// way there: of modules that compute something, the last first.
	Gradient
)

// Event is one call of a module or function that has just been computed. It is lent: a hook that keeps the data of a
// tensor copies it.
type Event struct {
	graph.Layer // the shapes stand in Layer.Inputs and Layer.Output

	// Inputs and Output are plain NCHW tensors, as PyTorch's hook would see them where nothing works in place. Their
	// shapes are always there; their data is there where a hook on this module needs it and nil otherwise.
	Inputs []tensor.Tensor
	Output tensor.Tensor

	// Gradient is that of the loss with respect to the output, where it is what the hook needs.
	Gradient tensor.Tensor

	// Time is the layer's own, a container's the sum of what is in it; 0 where no hook on this module needs it.
	Time time.Duration
	// FusedInto is the path of the layer whose Time holds this one's too, because both were computed in one go; ""
	// where Time is the layer's own.
	FusedInto string
}

// A Hook sees a module once its output is ready, like PyTorch's forward hook. Events come in PyTorch's order, containers
// after what is in them, on the goroutine that called Run, one at a time. An error stops the run.
type Hook interface {
	Needs() Needs
	After(Event) error
}

// Func makes a hook of a function.
func Func(needs Needs, after func(Event) error) Hook { return funcHook{needs, after} }

type funcHook struct {
	needs Needs
	after func(Event) error
}

func (h funcHook) Needs() Needs            { return h.needs }
func (h funcHook) After(event Event) error { return h.after(event) }
