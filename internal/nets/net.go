package nets

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/config"
	"resnet/internal/graph"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/tensor"
	"resnet/internal/weights"
)

// Net is a network, and the weights that were found for it, if any. It may be used by several goroutines.
type Net struct {
	Arch    *config.Arch
	Graph   *model.Graph
	Weights graph.Weights   // under the graph's own names; nil: none were asked for
	Source  *weights.Source // of the weights; nil: none, or random ones

	opener *Opener
	labels string           // of the choice
	pixels *bind.Preprocess // what the checkpoint says of them, or what is usual for its kind; nil: nothing
	file   *checkpoint.File
	tuned  bool       // other values stand in the place of the file's
	mu     sync.Mutex // of Source
}

// Close closes the checkpoint. What was made of the network can't read its weights any more.
func (n *Net) Close() error {
	if n.file == nil {
		return nil
	}
	return n.file.Close()
}

// CheckClassifier is a *NoClassifierError for a network that tells no classes.
func (n *Net) CheckClassifier() error {
	if n.Arch.Spec.Classifier != model.ClassifierNone {
		return nil
	}
	err := &NoClassifierError{Net: n.Arch.Name, Features: n.Graph.Channels(n.Graph.Output())}
	if n.Source != nil {
		err.Net = n.Source.Name
	}
	return err
}

// identify looks the weights up by their digest, where that may tell what travels with them.
func (n *Net) identify() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.Source.Identify()
}

// SHA256 is the digest of the checkpoint.
func (n *Net) SHA256() (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.Source.SHA256()
}

// Origin is the digest of the file that the weights first came from, where this one was converted, quantized or fitted from it;
// else that of the checkpoint.
func (n *Net) Origin() (string, error) {
	if told := n.Source.Told; told != nil && told.SHA256 != "" {
		return told.SHA256, nil
	}
	return n.SHA256()
}

// Preprocess is the preprocessing that comes with the weights, else that of the network's description.
func (n *Net) Preprocess() (imaging.Preprocess, error) {
	p := n.Arch.Preprocess
	if n.Source != nil {
		if err := n.identify(); err != nil {
			return p, err
		}
		if n.Source.Preprocess != nil {
			p = *n.Source.Preprocess
		}
	}
	switch channels := n.Arch.Spec.Input[0]; channels {
	case 3:
		return p, nil
	case 1:
		return p.OneChannel(), nil
	default:
		return p, &ChannelsError{n.Arch.Name, channels}
	}
}

// AssumedPixels is what no file says of how pixels are prepared, in words: ImageNet's mean and std, assumed; "" where one says it
// all.
func (n *Net) AssumedPixels() string {
	p, err := n.Preprocess()
	switch {
	case err != nil || n.Source == nil:
		return ""
	case n.graphNormalizes():
		return fmt.Sprintf("input 0–%d, the graph normalizes", n.pixels.Scale)
	case !n.assumesPixels():
		return ""
	case p.Convention() == "imagenet":
		return "ImageNet's mean and std, assumed"
	}
	return "pixels as in " + p.Convention() + ", assumed"
}

// graphNormalizes tells a checkpoint whose own graph does it: of pixels whose range is all that it does not tell.
func (n *Net) graphNormalizes() bool {
	return n.Source.Preprocess == nil && n.pixels != nil && n.pixels.Scale > 0
}

// assumesPixels tells whether the preprocessing, once it was asked for, was taken for granted.
func (n *Net) assumesPixels() bool {
	s := n.Source
	switch {
	case s == nil || s.Builtin() || n.Arch.Path != "" || n.graphNormalizes():
		return false
	case s.Preprocess != nil:
		return s.Told != nil && s.Told.Assumed
	}
	return true
}

// PreprocessAt is Preprocess for an input of another size. Where scale is set the picture is resized with it, so that as
// much lies around the crop as usual.
func (n *Net) PreprocessAt(height, width int, scale bool) (imaging.Preprocess, error) {
	p, err := n.Preprocess()
	p.Crop = imaging.Size{Height: height, Width: width}
	if scale && p.Resize.Width == 0 {
		own := min(n.Arch.Spec.Input[1], n.Arch.Spec.Input[2])
		p.Resize.Height = p.Resize.Height * min(height, width) / own
	}
	return p, err
}

// Labels are the names of the classes: those of the choice, else those that come with the weights, else those of the
// network's description; nil where none has any. Random weights know no names.
func (n *Net) Labels(ctx context.Context) (*labels.List, error) {
	list, err := n.list(ctx)
	if list == nil || err != nil {
		return nil, err
	}
	return list, list.Check(n.Arch.Spec.NumClasses)
}

func (n *Net) list(ctx context.Context) (*labels.List, error) {
	if n.labels != "" {
		if slices.Contains(labels.Names(), n.labels) {
			return labels.Load(ctx, n.labels)
		}
		return labels.Load(ctx, n.opener.Path(n.labels))
	}
	if n.Source == nil {
		return nil, nil
	}
	if err := n.identify(); err != nil {
		return nil, err
	}
	if n.Arch.Spec.NumClasses == 0 {
		return nil, nil
	}
	if n.Source.Labels != nil || n.Arch.Labels == "" {
		return n.Source.Labels, nil
	}
	return labels.Load(ctx, n.Arch.Labels)
}

// FindClass is the class that a user means by an index, a WordNet id or a name of list, which may be nil.
func (n *Net) FindClass(list *labels.List, word string) (int, error) {
	if list != nil {
		return list.Find(word)
	}
	class, err := strconv.Atoi(word)
	if err != nil || class < 0 || class >= n.Arch.Spec.NumClasses {
		return 0, fmt.Errorf("no class %q: the classes have no names, want an index from 0 to %d", word, n.Arch.Spec.NumClasses-1)
	}
	return class, nil
}

// InputShape is that of batch images, of the network's own size where size is zero; an error where the network does not
// admit it.
func (n *Net) InputShape(batch int, size imaging.Size) (tensor.Shape, error) {
	shape := n.Graph.InputShape(batch)
	if !size.IsZero() {
		shape[2], shape[3] = size.Height, size.Width
	}
	if _, err := n.Graph.Shapes(shape); err != nil {
		return nil, fmt.Errorf("%s with an input of %v: %w", n.Arch.Name, shape, err)
	}
	return shape, nil
}

// WeightsWords say in a few words where the weights come from, which there are.
func (n *Net) WeightsWords() string {
	switch s := n.Source; {
	case s == nil:
		return "random ones"
	case s.Builtin():
		return s.Name + " (built in)"
	case s.Set != nil && s.Set.Name != s.Name:
		return fmt.Sprintf("%s (%s)", s.Name, s.Set.Name)
	default:
		return s.Name
	}
}
