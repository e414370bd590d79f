package nets

import (
	"errors"
	"fmt"
	"strings"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/model"
	"resnet/internal/quant"
)

// WeightsError says of which weights an error is.
type WeightsError struct {
	Name string
	Err  error
}

// Error begins each of several lines with the name: they are printed apart.
func (e *WeightsError) Error() string {
	return e.Name + ": " + strings.ReplaceAll(e.Err.Error(), "\n", "\n"+e.Name+": ")
}

func (e *WeightsError) Unwrap() error { return e.Err }

// NoWeightsError is a network that nobody named weights for, and none are known of.
type NoWeightsError struct{ Net string }

func (e *NoWeightsError) Error() string { return "there are no weights of " + e.Net }

// NoClassifierError is a network that was asked for classes and ends in the features of its last pool.
type NoClassifierError struct {
	Net      string // or its weights
	Features int    // that it puts out
}

func (e *NoClassifierError) Error() string {
	return fmt.Sprintf("%s has no classifier: it puts out %d features and knows no classes", e.Net, e.Features)
}

// ChannelsError is a network that no photo can be prepared for.
type ChannelsError struct {
	Net      string
	Channels int // of its input
}

func (e *ChannelsError) Error() string {
	return fmt.Sprintf("%s sees %d channels: a photo has three colours, or one channel as gray, and nothing says what the others are", e.Net, e.Channels)
}

// NoSetError is a built-in network without a set of weights.
type NoSetError struct{ Net string }

func (e *NoSetError) Error() string { return "no set of trained weights is known for " + e.Net }

// MismatchError is weights that do not fit the network that was asked for.
type MismatchError struct {
	Weights, Net string
	Classes      int // of Net
	Err          *bind.Error

	Recognized  bool     // the tensors tell of a network
	Known       []string // its names among the built-in ones
	FileClasses int      // its classes

	found model.Spec // what the tensors tell
}

func (e *MismatchError) Error() string {
	types := ""
	if e.Err.Types > 0 {
		types = fmt.Sprintf(", %d of a type that is no weights'", e.Err.Types)
	}
	return fmt.Sprintf("%s does not fit %s: %d tensors missing, %d unexpected, %d of another shape%s\n%v",
		e.Weights, e.Net, e.Err.Missing, e.Err.Unexpected, e.Err.Shapes, types, e.Err)
}

func (e *MismatchError) Unwrap() error { return e.Err }

// mismatch adds to an error of Bind what the file would fit.
func mismatch(err error, name string, n *Net, file *checkpoint.File) error {
	misfit, ok := errors.AsType[*bind.Error](err)
	if !ok {
		return &WeightsError{name, err}
	}
	e := &MismatchError{Weights: name, Net: n.Arch.Name, Classes: n.Arch.Spec.NumClasses, Err: misfit}
	found, err := bind.Recognize(quant.View(file), bind.RecognizeOptions{})
	if err != nil {
		return e
	}
	e.Recognized, e.FileClasses, e.found = true, found.Spec.NumClasses, found.Spec
	for _, s := range found.Known(knownSpecs(found)) {
		e.Known = append(e.Known, s.Name)
	}
	return e
}
