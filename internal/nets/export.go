package nets

import (
	"context"
	"encoding/json"
	"maps"

	"resnet/internal/export"
	"resnet/internal/quant"
	"resnet/internal/random"
)

// Keys of the metadata that an exported model has; docs/weights.md says what they hold.
const (
	networkKey    = "resnet.network"
	preprocessKey = "resnet.preprocess"
	labelsKey     = "resnet.labels"
	weightsKey    = "resnet.weights"
	sha256Key     = "resnet.weights_sha256"
	licenseKey    = "license"
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
	preprocess, err := n.Preprocess()
	if err != nil {
		return 0, err
	}
	input := n.Arch.Spec.Input
	if crop := preprocess.Crop; !crop.IsZero() {
		input[1], input[2] = crop.Height, crop.Width
		if crop.Width == 0 {
			input[2] = crop.Height
		}
	}
	layers, err := n.int8Layers("")
	if err != nil {
		return 0, err
	}
	metadata, err := n.metadata(ctx)
	if err != nil {
		return 0, err
	}
	return export.ONNX(ctx, path, export.Network{
		Name: n.Arch.Name, Graph: n.Graph.Graph, Weights: n.Weights, Int8: layers, Input: input, Metadata: metadata,
	})
}

// metadata is what travels with the weights.
func (n *Net) metadata(ctx context.Context) (map[string]string, error) {
	preprocess, err := n.Preprocess()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(preprocess)
	if err != nil {
		return nil, err
	}
	m := map[string]string{networkKey: n.Arch.Name, preprocessKey: string(text)}
	list, err := n.Labels(ctx)
	if err != nil {
		return nil, err
	}
	if list != nil {
		if text, err = json.Marshal(list.Classes); err != nil {
			return nil, err
		}
		m[labelsKey] = string(text)
	}
	if n.Source == nil {
		return m, nil
	}
	if set := n.Source.Set; set != nil {
		m[weightsKey], m[licenseKey] = set.Name, set.License
	}
	if m[sha256Key], err = n.SHA256(); err != nil {
		return nil, err
	}
	maps.Copy(m, quant.RecipeOf(n.file.Metadata()))
	return m, nil
}
