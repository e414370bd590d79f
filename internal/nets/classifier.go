package nets

import (
	"context"
	"errors"
	"maps"
	"slices"

	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/graph"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/tensor"
	"resnet/internal/weights"
)

// LastPool is the layer whose output a classifier sees.
const LastPool = "avgpool"

// Features is the number of channels of the last pool.
func (n *Net) Features() int { return n.Graph.Channels(n.Graph.Stages[len(n.Graph.Stages)-1].Out) }

// Layer is a fully connected one.
type Layer struct {
	Weight []float32 // (outputs, inputs)
	Bias   []float32 // (outputs)
}

// WithClassifier is the network with another classifier behind its last pool: fully connected layers with a ReLU between two, of which
// the last has an output for each class. It has the same preprocessing, and reads the same file: closing n closes it.
func (n *Net) WithClassifier(list *labels.List, layers ...Layer) (*Net, error) {
	if n.Quantized() {
		return nil, errors.New(n.WeightsWords() + " is quantized: it gets no other classifier")
	}
	preprocess, err := n.photos()
	if err != nil {
		return nil, err
	}
	arch := *n.Arch
	ends := model.Spec{Classifier: model.ClassifierLinear, NumClasses: len(list.Classes)}
	for _, layer := range layers[:len(layers)-1] {
		ends.Head = append(ends.Head, len(layer.Bias))
	}
	arch.Spec = arch.Spec.WithClassifier(ends)
	arch.Labels, arch.Weights, arch.Path, arch.Extends = "", "", "", nil
	if arch.Graph, err = model.Build(arch.Spec); err != nil {
		return nil, err
	}
	source := *n.Source
	source.Told = &weights.Told{Preprocess: preprocess, Assumed: n.assumesPixels(), Labels: list, License: n.License()}
	if n.Source.YAML() != "" {
		source.Told.YAML = arch.Alone()
	}
	source.Set, source.Preprocess, source.Labels = nil, preprocess, list
	over := replaced{Weights: n.Weights, values: map[string][]float32{}, info: map[string]tensor.Info{}}
	for i, path := range arch.Spec.ClassifierPaths() {
		over.values[path+".weight"], over.values[path+".bias"] = layers[i].Weight, layers[i].Bias
	}
	for _, p := range arch.Graph.Params() {
		over.names = append(over.names, p.Name)
		if values, ok := over.values[p.Name]; ok {
			if len(values) != p.Shape.Elements() {
				panic("nets: a classifier's " + p.Name + " has not the shape of its layer")
			}
			over.info[p.Name] = tensor.Info{Shape: p.Shape, DType: tensor.Float32}
		}
	}
	return &Net{Arch: &arch, Graph: arch.Graph, Weights: over, Source: &source, opener: n.opener, file: n.file}, nil
}

// License is that of the weights, once what travels with them was asked for; "" where nobody says it.
func (n *Net) License() string {
	switch s := n.Source; {
	case s == nil:
		return ""
	case s.Set != nil:
		return s.Set.License
	case s.Told != nil:
		return s.Told.License
	}
	return ""
}

// replaced are weights of which some tensors are others.
type replaced struct {
	graph.Weights
	names  []string
	info   map[string]tensor.Info
	values map[string][]float32
}

func (r replaced) Names() []string { return r.names }

func (r replaced) Info(name string) (tensor.Info, bool) {
	if info, ok := r.info[name]; ok {
		return info, true
	}
	return r.Weights.Info(name)
}

func (r replaced) Read(name string, dst []float32) error {
	if values, ok := r.values[name]; ok {
		copy(dst, values)
		return nil
	}
	return r.Weights.Read(name, dst)
}

// WriteSafetensors writes the network's tensors in their own types, with what travels with them.
func (n *Net) WriteSafetensors(ctx context.Context, path string) error {
	metadata, err := n.Metadata(ctx, false)
	if err != nil {
		return err
	}
	return writeTensors(ctx, path, n.Weights, metadata)
}

// WriteHead writes the classifier of WithClassifier alone, which is opened where the weights that it stands on are on the disk:
// the file says their digest, and their name.
func (n *Net) WriteHead(ctx context.Context, path, base string) error {
	metadata, err := n.Metadata(ctx, false)
	if err != nil {
		return err
	}
	told, err := weights.Told{Base: base}.Metadata()
	if err != nil {
		return err
	}
	maps.Copy(metadata, told)
	head := n.Weights.(replaced)
	head.names = slices.Sorted(maps.Keys(head.values))
	return writeTensors(ctx, path, head, metadata)
}

// writeTensors writes weights as a safetensors file, in the order of their Names, whole or not at all. It adds to the metadata what
// PyTorch looks for.
func writeTensors(ctx context.Context, path string, values graph.Weights, metadata map[string]string) error {
	metadata["format"] = "pt"
	var specs []safetensors.Spec
	for _, name := range values.Names() {
		info, _ := values.Info(name)
		specs = append(specs, safetensors.Spec{Name: name, Info: info})
	}
	w, err := safetensors.Create(path, specs, metadata)
	if err != nil {
		return err
	}
	defer w.Abort()
	for _, s := range specs {
		if err := ctx.Err(); err != nil {
			return err
		}
		data := make([]float32, s.Shape.Elements())
		if err := values.Read(s.Name, data); err != nil {
			return err
		}
		if err := w.Write(s.Name, data); err != nil {
			return err
		}
	}
	return w.Close()
}
