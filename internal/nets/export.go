package nets

import (
	"context"
	"errors"
	"maps"

	"resnet/internal/config"
	"resnet/internal/export"
	"resnet/internal/imaging"
	"resnet/internal/quant"
	"resnet/internal/random"
	"resnet/internal/weights"
)

// OpenRandom is OpenGraph with random weights of a seed.
func (o *Opener) OpenRandom(ctx context.Context, net string, seed uint64) (*Net, error) {
	n, err := o.OpenGraph(ctx, Choice{Net: net})
	if err != nil {
		return nil, err
	}
	n.opener, n.Weights = o, random.Weights(n.Graph.Graph, seed)
	return n, nil
}

// Quantized tells whether the weights are bytes.
func (n *Net) Quantized() bool { return n.file != nil && quant.Is(n.file) }

// WriteONNX writes the network as an ONNX model, computed in bytes where its weights are bytes, and tells the number of
// its tensors.
func (n *Net) WriteONNX(ctx context.Context, path string) (tensors int, err error) {
	preprocess, err := n.photos()
	if err != nil {
		return 0, err
	}
	input := n.Arch.Spec.Input
	if preprocess != nil && !preprocess.Crop.IsZero() {
		crop := preprocess.Crop.Square()
		input[1], input[2] = crop.Height, crop.Width
	}
	layers, err := n.int8Layers("")
	if err != nil {
		return 0, err
	}
	metadata, err := n.Metadata(ctx, true)
	if err != nil {
		return 0, err
	}
	return export.ONNX(ctx, path, export.Network{
		Name: n.Arch.Name, Graph: n.Graph.Graph, Weights: n.Weights, Int8: layers, Input: input, Metadata: metadata,
	})
}

// photos is the preprocessing; nil where no photo can be prepared for the network.
func (n *Net) photos() (*imaging.Preprocess, error) {
	p, err := n.Preprocess()
	if _, none := errors.AsType[*ChannelsError](err); none {
		return nil, nil
	}
	return &p, err
}

// Metadata is what travels with the weights in a file. One that has no graph names a built-in network, or one that it came with
// the description of: another's name would not tell what its tensors do not.
func (n *Net) Metadata(ctx context.Context, graph bool) (map[string]string, error) {
	preprocess, err := n.photos()
	if err != nil {
		return nil, err
	}
	told := weights.Told{Preprocess: preprocess, Assumed: n.assumesPixels()}
	switch {
	case graph || n.Builtin():
		told.Network = n.Arch.Name
	case n.Source != nil && n.Source.YAML() != "":
		told.Network, told.YAML = n.described()
	}
	if told.Labels, err = n.Labels(ctx); err != nil {
		return nil, err
	}
	if n.Source == nil {
		return told.Metadata()
	}
	switch before := n.Source.Told; {
	case n.Source.Set != nil:
		told.Set, told.License = n.Source.Set.Name, n.Source.Set.License
	case before != nil:
		told.Set, told.License = before.Set, before.License
	}
	if !n.tuned {
		if told.SHA256, err = n.SHA256(); err != nil {
			return nil, err
		}
	}
	m, err := told.Metadata()
	maps.Copy(m, quant.RecipeOf(n.file.Metadata()))
	return m, err
}

// Builtin tells whether the network is the built-in one of its name, whatever its classes and the size of its input.
func (n *Net) Builtin() bool {
	arch, err := config.Load(n.Arch.Name)
	if err != nil {
		return false
	}
	return n.sameNet(arch.Spec.WithClassifier(n.Arch.Spec))
}
