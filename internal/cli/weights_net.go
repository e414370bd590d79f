package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/config"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/weights"
)

// netChoice is a network and weights as a command line has them.
type netChoice struct {
	net   string
	named bool // by the user; otherwise weights tell their own network
	weightsFlags
}

// weighted is a network with the weights that were found for it, if any.
type weighted struct {
	*net
	source  *weights.Source  // nil: none were asked for
	file    *checkpoint.File // the caller closes it
	weights model.Weights    // under the graph's own names
}

func (w *weighted) Close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// loadWeighted finds a network and its weights: those of --weights, those that NET itself is, those that the user's YAML
// names. What was taken for granted is said on stderr.
func (f *factory) loadWeighted(ctx context.Context, c netChoice) (*weighted, error) {
	what := c.name
	_, builtin := config.Lookup(c.net)
	if what == "" && !builtin && isCheckpoint(f.path(c.net)) {
		what, c.named = c.net, false
	}
	if what != "" && !c.named {
		source, err := f.resolve(ctx, what, c.pull)
		if err != nil {
			return nil, err
		}
		return f.openWeighted(nil, source, c)
	}
	n, err := f.loadNet(c.net)
	if err != nil {
		return nil, err
	}
	if what == "" && n.Path != "" {
		what = n.Weights
	}
	if what == "" {
		return &weighted{net: n}, nil
	}
	source, err := f.resolve(ctx, what, c.pull)
	if err != nil {
		return nil, err
	}
	return f.openWeighted(n, source, c)
}

// ownPreprocess is the preprocessing that comes with the weights, else that of the network's YAML.
func (w *weighted) ownPreprocess() (imaging.Preprocess, error) {
	if w.source == nil {
		return w.Preprocess, nil
	}
	if err := w.source.Identify(); err != nil || w.source.Preprocess == nil {
		return w.Preprocess, err
	}
	return *w.source.Preprocess, nil
}

// ownLabels are the names of the classes that come with the weights, else those of the network's YAML; nil where neither
// has any. Random weights know no names.
func (w *weighted) ownLabels() (*labels.List, error) {
	if w.source == nil {
		return nil, nil
	}
	if err := w.source.Identify(); err != nil {
		return nil, err
	}
	list := w.source.Labels
	if list == nil && w.Labels == "" {
		return nil, nil
	}
	if list == nil {
		var err error
		if list, err = labels.Load(w.Labels); err != nil {
			return nil, err
		}
	}
	return list, list.Check(w.Spec.NumClasses)
}

// openWeighted opens and binds weights, to the network that they tell of where n is nil.
func (f *factory) openWeighted(n *net, source *weights.Source, c netChoice) (w *weighted, err error) {
	file, err := source.Open()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	if n == nil {
		if n, err = f.recognize(file, source, c.match == matchStructure); err != nil {
			return nil, err
		}
	}
	bound, binding, err := bind.Bind(n.graph, file, c.bindOptions())
	if err != nil {
		return nil, bindHint(err, source.Name, n, file)
	}
	f.tellBinding(source.Name, binding)
	for _, warning := range file.Warnings() {
		if warning != checkpoint.NoChecksums {
			f.warnf("%s: %s", source.Name, warning)
		}
	}
	return &weighted{net: n, source: source, file: file, weights: bound}, nil
}

// tellBinding says what is not as it usually is. A mapping that was made by structure is always printed.
func (f *factory) tellBinding(name string, b *bind.Binding) {
	for _, note := range b.Notes {
		f.warnf("%s: %s", name, note)
	}
	if b.Dialect != matchStructure {
		return
	}
	fmt.Fprintf(f.Err, "%s: bound by order and shape:\n", name)
	for _, p := range b.Bound {
		fmt.Fprintf(f.Err, "  %s <- %s\n", p.Param, strconv.Quote(p.Tensor))
	}
}

// recognize derives the network from a checkpoint's tensors, and says what they do not tell.
func (f *factory) recognize(file *checkpoint.File, source *weights.Source, structure bool) (*net, error) {
	found, spec, err := recognizeSpec(file, source, structure)
	if err != nil {
		return nil, err
	}
	arch, err := archOf(spec, source)
	if err != nil {
		return nil, err
	}
	graph, err := model.Build(spec)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source.Name, err)
	}
	if source.Arch == "" && len(found.Assumed) > 0 {
		f.warnf("%s: recognized as %s; the tensors do not tell, so taken for granted: %s%s",
			source.Name, arch.Name, strings.Join(found.SayAll(spec), ", "), otherArchs(found, arch.Name))
	}
	return &net{Arch: arch, graph: graph}, nil
}

// recognizeSpec finds the known network that a file's tensors fit, else the one that they tell of.
func recognizeSpec(file *checkpoint.File, source *weights.Source, structure bool) (*bind.Recognized, model.Spec, error) {
	options := bind.RecognizeOptions{Structure: structure, StrideIn: source.StrideIn, FirstStride: source.FirstStride}
	found, err := bind.Recognize(file, options)
	if err != nil {
		return nil, model.Spec{}, recognizeHint(fmt.Errorf("%s: %w", source.Name, err), source.Name)
	}
	known := knownSpecs(found)
	if name, ok := config.Lookup(source.Arch); ok { // somebody says which it is
		for _, s := range found.Known(known) {
			if s.Name == name {
				s.NumClasses = found.Spec.NumClasses
				return found, s, nil
			}
		}
	}
	spec, err := found.Choose(known)
	if err != nil {
		return found, found.Spec, recognizeHint(fmt.Errorf("%s: %w", source.Name, err), source.Name)
	}
	return found, spec, nil
}

// archOf dresses a recognized spec with what its built-in network has, or what goes with its input.
func archOf(spec model.Spec, source *weights.Source) (*config.Arch, error) {
	if spec.Name == "" {
		base := filepath.Base(source.Name)
		spec.Name = strings.TrimSuffix(base, filepath.Ext(base))
		arch := &config.Arch{Name: spec.Name, Spec: spec, Preprocess: imaging.ImageNet}
		if size := spec.Input[1]; size < 100 {
			arch.Preprocess.Resize, arch.Preprocess.Crop = imaging.Single(size), imaging.Single(size)
		}
		if spec.NumClasses == 1000 {
			arch.Labels = "imagenet"
		}
		return arch, nil
	}
	arch, err := config.Load(spec.Name)
	if err != nil {
		return nil, err
	}
	if arch.Spec.NumClasses != spec.NumClasses {
		arch.Labels = ""
	}
	arch.Spec = spec
	return arch, nil
}

// knownSpecs are the built-in networks that may have a recognized one's tensors. Names carry the depth, which saves
// reading the others.
func knownSpecs(found *bind.Recognized) []model.Spec {
	_, terms := found.Spec.WeightedLayers()
	depth := strconv.Itoa(1 + terms[1]*terms[2] + 1)
	var specs []model.Spec
	for _, name := range config.Names() {
		if digits := firstNumber(name); digits != "" && digits != depth {
			continue
		}
		if arch, err := config.Load(name); err == nil {
			specs = append(specs, arch.Spec)
		}
	}
	return specs
}

func firstNumber(name string) string {
	start := strings.IndexAny(name, "0123456789")
	if start < 0 {
		return ""
	}
	rest := name[start:]
	return rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
}

// otherArchs names the networks that the same tensors fit too.
func otherArchs(found *bind.Recognized, chosen string) string {
	var others []string
	for _, s := range found.Known(knownSpecs(found)) {
		if s.Name != chosen {
			others = append(others, "--arch "+s.Name)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return " (otherwise: " + strings.Join(others, ", ") + ")"
}
