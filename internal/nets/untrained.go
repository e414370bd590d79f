package nets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"resnet/internal/config"
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

// Untrained gives a network some classes.
func (o *Opener) Untrained(n *Net, classes *labels.List, p imaging.Preprocess) (*Untrained, error) {
	if channels := n.Arch.Spec.Input[0]; channels != p.Channels() {
		return nil, &ChannelsError{n.Arch.Name, channels}
	}
	arch := *n.Arch
	if arch.Spec.NumClasses != len(classes.Classes) {
		arch.Spec.NumClasses = len(classes.Classes)
		if arch.Spec.Classifier == model.ClassifierNone {
			arch.Spec.Classifier = model.ClassifierLinear
		}
		var err error
		if arch.Graph, err = model.Build(arch.Spec); err != nil {
			return nil, fmt.Errorf("%s with %d classes: %w", arch.Name, arch.Spec.NumClasses, err)
		}
	}
	return &Untrained{&Net{Arch: &arch, Graph: arch.Graph, opener: o}, classes, p}, nil
}

// Write writes weights as a safetensors file, with all that the other commands need of the network, and more metadata.
func (u *Untrained) Write(ctx context.Context, path string, values graph.Weights, more map[string]string) error {
	told := weights.Told{Preprocess: &u.Preprocess, Labels: u.Classes}
	if u.Builtin() {
		told.Network = u.Arch.Name
	} else {
		told.Network, told.YAML = u.described()
	}
	metadata, err := told.Metadata()
	if err != nil {
		return err
	}
	maps.Copy(metadata, more)
	return writeTensors(ctx, path, values, metadata)
}

// Start opens weights that a training of a network starts from. Their classifier may be another than the network's: the result has
// theirs.
func (o *Opener) Start(ctx context.Context, n *Net, what string) (*Net, error) {
	first, err := o.openWeights(ctx, n, what, Choice{})
	if misfit, ok := errors.AsType[*MismatchError](err); ok && misfit.Recognized && !n.Arch.Spec.SameClassifier(misfit.found) {
		arch := *n.Arch
		arch.Spec, arch.Labels = arch.Spec.WithClassifier(misfit.found), ""
		graph, err2 := model.Build(arch.Spec)
		if err2 != nil {
			return nil, err
		}
		arch.Graph = graph
		if first, err2 = o.openWeights(ctx, &Net{Arch: &arch, Graph: graph}, what, Choice{}); err2 != nil {
			return nil, err
		}
		err = nil
	}
	if err != nil {
		return nil, err
	}
	first.opener = o
	return first, nil
}

// Continues tells whether a network that is to be trained can go on with the classifier of the weights that it starts from: of as
// many classes, of the same names in the same order where those of the weights are known.
func (u *Untrained) Continues(ctx context.Context, first *Net) (bool, error) {
	if !u.Arch.Spec.SameClassifier(first.Arch.Spec) {
		return false, nil
	}
	list, err := first.Labels(ctx)
	if list == nil || err != nil {
		return err == nil, err
	}
	for i, class := range u.Classes.Classes {
		if found, err := list.Find(class); err != nil || found != i {
			return false, nil
		}
	}
	return true, nil
}

// described is a network of somebody's own as files hold it: its name, where it is one that no built-in network has, and its YAML.
func (n *Net) described() (name, yaml string) {
	if _, builtin := config.Lookup(n.Arch.Name); !builtin && weights.IsName(n.Arch.Name) {
		name = n.Arch.Name
	}
	return name, n.Arch.Alone()
}

// Described is the network that a file describes; nil where it describes none, or is not there.
func (o *Opener) Described(ctx context.Context, path string) (*Net, error) {
	if _, err := os.Stat(o.Path(path)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	source, file, err := o.OpenFile(ctx, path, false)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if source.YAML() == "" {
		return nil, nil
	}
	arch, err := parseTold(ctx, source)
	if err != nil {
		return nil, err
	}
	return &Net{Arch: arch, Graph: arch.Graph}, nil
}

// parseTold is the network that a file's metadata describe.
func parseTold(ctx context.Context, source *weights.Source) (*config.Arch, error) {
	name := source.Network()
	if name == "" {
		base := filepath.Base(source.Name)
		name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	return config.Parse(ctx, source.Name+" (resnet.network_yaml)", name, source.YAML())
}
