package nets

import (
	"context"
	"fmt"
	"maps"

	"resnet/internal/graph"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/weights"
)

// Untrained is a network that is to be trained: as Net describes it, with an output for each class.
type Untrained struct {
	*Net
	Classes    *labels.List
	Preprocess imaging.Preprocess // of the photos that it is shown
}

// Untrained finds a network by its name, and gives it some classes.
func (o *Opener) Untrained(ctx context.Context, name string, classes *labels.List, p imaging.Preprocess) (*Untrained, error) {
	n, err := o.OpenGraph(ctx, Choice{Net: name})
	if err != nil {
		return nil, err
	}
	if channels := n.Arch.Spec.Input[0]; channels != p.Channels() {
		return nil, &ChannelsError{n.Arch.Name, channels}
	}
	arch := *n.Arch
	if arch.Spec.NumClasses != len(classes.Classes) {
		spec := model.Spec{Classifier: model.ClassifierLinear, NumClasses: len(classes.Classes)}
		arch.Spec = arch.Spec.WithClassifier(spec)
		if arch.Graph, err = model.Build(arch.Spec); err != nil {
			return nil, fmt.Errorf("%s with %d classes: %w", name, spec.NumClasses, err)
		}
	}
	return &Untrained{&Net{Arch: &arch, Graph: arch.Graph, opener: o}, classes, p}, nil
}

// Write writes weights as a safetensors file, with all that the other commands need of the network, and more metadata.
func (u *Untrained) Write(ctx context.Context, path string, values graph.Weights, more map[string]string) error {
	told := weights.Told{Preprocess: &u.Preprocess, Labels: u.Classes}
	if u.Builtin() {
		told.Network = u.Arch.Name
	}
	metadata, err := told.Metadata()
	if err != nil {
		return err
	}
	maps.Copy(metadata, more)
	return writeTensors(ctx, path, values, metadata)
}
