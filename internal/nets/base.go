package nets

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"resnet/internal/checkpoint"
	"resnet/internal/model"
	"resnet/internal/weights"
)

// NoBaseError is a file that holds a head alone, and whose base is not on this disk.
type NoBaseError struct{ Head, Name, SHA256 string }

func (e *NoBaseError) Error() string {
	return fmt.Sprintf("%s is a head for %s alone, whose file with the sha256 %s is not on this disk", e.Head, e.Name, e.SHA256)
}

// Base is where the weights with a digest are on this disk, in the binary or the cache; weights.ErrAbsent where they are not.
func (o *Opener) Base(ctx context.Context, digest string) (*weights.Source, error) {
	if source := weights.BuiltinOf(digest); source != nil {
		return source, nil
	}
	p, err := o.puller()
	if err != nil {
		return nil, err
	}
	return p.OfDigest(ctx, digest)
}

// openHead opens the network that a head stands on, and gives it that head. It is that of n, where n is not nil. file is closed.
func (o *Opener) openHead(ctx context.Context, n *Net, source *weights.Source, file *checkpoint.File) (_ *Net, err error) {
	defer func() { err = errors.Join(err, file.Close()) }()
	told := source.Told
	base, err := o.Base(ctx, told.SHA256)
	if errors.Is(err, weights.ErrAbsent) {
		return nil, &NoBaseError{source.Name, told.Base, told.SHA256}
	}
	if err != nil {
		return nil, err
	}
	quiet := *o // what there is to say of the base was said when the head was fitted
	quiet.Tell = nil
	body, err := quiet.openSource(ctx, nil, base, Choice{})
	if err != nil {
		return nil, fmt.Errorf("%s: its base: %w", source.Name, err)
	}
	headed, err := body.withHead(source, file)
	if err == nil && n != nil {
		if headed.sameNet(n.Arch.Spec) {
			headed.Arch, headed.Graph = n.Arch, n.Graph
		} else {
			err = fmt.Errorf("%s is a head for %s, and the network is %s", source.Name, headed.Arch.Name, n.Arch.Name)
		}
	}
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	return headed, nil
}

// withHead is the network with the classifier of a file.
func (n *Net) withHead(source *weights.Source, file *checkpoint.File) (*Net, error) {
	var layers []Layer
	width := n.Features()
	for _, path := range headPaths(file) {
		weight, _ := file.Info(path + ".weight")
		bias, ok := file.Info(path + ".bias")
		if !ok || len(weight.Shape) != 2 || len(bias.Shape) != 1 || weight.Shape[0] != bias.Shape[0] || weight.Shape[1] != width {
			layers = nil
			break
		}
		layer := Layer{make([]float32, weight.Shape.Elements()), make([]float32, bias.Shape.Elements())}
		if err := errors.Join(file.Read(path+".weight", layer.Weight), file.Read(path+".bias", layer.Bias)); err != nil {
			return nil, err
		}
		layers, width = append(layers, layer), len(layer.Bias)
	}
	if layers == nil || source.Labels == nil || len(source.Labels.Classes) != width {
		return nil, fmt.Errorf("%s: want a head of fc.weight and fc.bias for %d features, or fc.0, fc.2 and so on, and a label for each class", source.Name, n.Features())
	}
	headed, err := n.WithClassifier(source.Labels, layers...)
	if err != nil {
		return nil, err
	}
	headed.Source = source
	return headed, nil
}

// headPaths are the fully connected layers of a file that holds a head alone.
func headPaths(file *checkpoint.File) []string {
	has := func(path string) bool {
		_, ok := file.Info(path + ".weight")
		return ok
	}
	if has("fc") {
		return model.Spec{}.ClassifierPaths()
	}
	var spec model.Spec
	for has(fmt.Sprintf("fc.%d", 2*len(spec.Head)+2)) {
		spec.Head = append(spec.Head, 0)
	}
	if spec.Head == nil {
		return nil
	}
	return spec.ClassifierPaths()
}

// sameNet tells whether the network is one of a spec, whatever that is called and how large its input is.
func (n *Net) sameNet(other model.Spec) bool {
	own, other := n.Arch.Spec.Clone(), other.Clone()
	other.Name, other.Input[1], other.Input[2] = own.Name, own.Input[1], own.Input[2]
	return reflect.DeepEqual(own, other)
}
