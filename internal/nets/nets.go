// Package nets leads from what a user names to a network that runs: it finds the network and its weights, binds them,
// prepares images, and computes, for one pass or for many at a time. It is what commands, a server and a batch are built
// on: it has neither flags nor streams.
package nets

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"resnet/internal/bind"
	"resnet/internal/config"
	"resnet/internal/labels"
	"resnet/internal/weights"
)

// Opener finds networks and their weights. The zero value looks in the working directory and in the user's cache, and says
// nothing. It may be used by several goroutines.
type Opener struct {
	// Dir is what relative paths are relative to; "" is the working directory.
	Dir string
	// Puller makes what sets of weights are looked up and downloaded with; nil: as the environment has it.
	Puller func() (*weights.Puller, error)
	// Tell is told what was taken for granted and what is odd about a file; nil: nobody is.
	Tell func(Notice)
	// Reads is told of each file that is read: YAML and what it stands on, weights and their parts, configs, labels, lists;
	// nil: nobody is.
	Reads func(path string)
}

// Notice is something that a user should know about weights, or about a list of images.
type Notice struct {
	Weights string // as outputs name them; the file of a list
	Text    string
	Others  []string     // networks that the tensors fit as well as the one that was chosen
	Bares   []string     // shortcuts that they fit as well, as Choice.Shortcut
	Pixels  []string     // conventions for pixels that may be meant instead, as --preprocess
	Pool    bool         // the last map may be pooled another way than by the average
	Bound   []bind.Bound // of weights that were bound by order and shape: each parameter and its tensor
}

func (o *Opener) tell(n Notice) {
	if o.Tell != nil {
		o.Tell(n)
	}
}

func (o *Opener) reads(path string) string {
	if o.Reads != nil {
		o.Reads(path)
	}
	return path
}

// Choice is a network and weights as a user names them.
type Choice struct {
	// Net is a number (50), a name, a YAML file or a checkpoint; "": the network that the weights tell of.
	Net string
	// Default is the network where neither Net nor Weights says one; "": DefaultNet.
	Default string
	// Weights are a checkpoint file, a folder or a set's name; "": those that Net is or that its YAML names.
	Weights string
	// Trained wants weights: where none are named, those that are built in or known for the network, else an error.
	Trained bool
	// Classifier wants a network that tells classes: one without a classifier is a *NoClassifierError.
	Classifier bool
	// Structure binds tensors by order and shape, not by name.
	Structure bool
	// AllowExtra passes over a checkpoint's tensors that stand outside of the network's own modules.
	AllowExtra bool
	// Shortcut is which of the shortcuts without parameters a checkpoint has (model.Bares), as no tensor tells; "": unsaid.
	Shortcut string
	// Pull downloads a set that is not on this disk.
	Pull bool
	// Labels are a file of class names or a built-in list; "": those that travel with the weights.
	Labels string
}

// DefaultNet is the network where nobody names one, and TrainedNet the one whose weights are inside the binary.
const (
	DefaultNet = "resnet50"
	TrainedNet = weights.BuiltinName
)

// Path is where the file called name is found.
func (o *Opener) Path(name string) string {
	if o.Dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(o.Dir, name)
}

// Open finds a network and its weights, and binds them; nothing of their data is read yet. The caller closes the result.
func (o *Opener) Open(ctx context.Context, c Choice) (*Net, error) {
	n, err := o.open(ctx, c)
	if err == nil && n.Source == nil && c.Trained {
		n, err = o.openOwn(ctx, n, c)
	}
	if err != nil {
		return nil, err
	}
	if c.Classifier {
		if err := n.CheckClassifier(); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	n.opener, n.labels = o, c.Labels
	o.readsLabels(c.Labels)
	return n, nil
}

func (o *Opener) open(ctx context.Context, c Choice) (*Net, error) {
	name, what, told := c.network(), c.Weights, c.Net == ""
	if what == "" && o.IsCheckpoint(name) {
		what, told = name, true
	}
	if what != "" && told {
		return o.openWeights(ctx, nil, what, c)
	}
	n, err := o.OpenGraph(ctx, c)
	if err != nil {
		return nil, err
	}
	if what == "" && n.Arch.Path != "" {
		what = n.Arch.Weights
	}
	if what == "" {
		return n, nil
	}
	return o.openWeights(ctx, n, what, c)
}

func (c Choice) network() string {
	switch {
	case c.Net != "":
		return c.Net
	case c.Default != "":
		return c.Default
	case c.Trained:
		return TrainedNet
	}
	return DefaultNet
}

// openOwn finds the weights of a network that none were named for: those in the binary, or the set of its name.
func (o *Opener) openOwn(ctx context.Context, n *Net, c Choice) (*Net, error) {
	set, _ := n.Set()
	if set == "" {
		return nil, &NoWeightsError{n.Arch.Name}
	}
	return o.openWeights(ctx, n, set, c)
}

// Set is the name of trained weights that are known for the network, "" for none, and whether they are in the binary.
func (n *Net) Set() (name string, builtin bool) {
	set, known := weights.Find(n.Arch.Name)
	if !known || n.Arch.Path != "" {
		return "", false
	}
	return n.Arch.Name, set.Builtin()
}

// OpenGraph finds the network of a choice without weights; of a checkpoint it is the one that the tensors tell of.
func (o *Opener) OpenGraph(ctx context.Context, c Choice) (*Net, error) {
	name := c.network()
	if o.IsCheckpoint(name) {
		n, err := o.openWeights(ctx, nil, name, Choice{Structure: c.Structure, Shortcut: c.Shortcut, AllowExtra: c.AllowExtra})
		if err != nil {
			return nil, err
		}
		return &Net{Arch: n.Arch, Graph: n.Graph}, n.Close()
	}
	arch, err := o.Arch(ctx, name)
	if err != nil {
		return nil, err
	}
	return &Net{Arch: arch, Graph: arch.Graph}, nil
}

// OpenYAML reads a network from YAML, whatever the file is called. A file that is something else is a *NoYAMLError.
func (o *Opener) OpenYAML(ctx context.Context, file string) (*Net, error) {
	if info, err := os.Stat(o.Path(file)); err == nil && info.Mode().IsRegular() && IsCheckpoint(o.Path(file)) {
		return nil, o.noYAML(file)
	}
	arch, err := o.loadYAML(ctx, file)
	if err != nil {
		return nil, err
	}
	return &Net{Arch: arch, Graph: arch.Graph}, nil
}

func (o *Opener) loadYAML(ctx context.Context, file string) (*config.Arch, error) {
	arch, err := config.LoadFile(ctx, o.reads(o.Path(file)))
	if err != nil {
		return nil, err
	}
	for _, parent := range arch.Extends {
		o.reads(parent)
	}
	o.readsLabels(arch.Labels)
	return arch, nil
}

// readsLabels tells of the file of class names that will be read.
func (o *Opener) readsLabels(name string) {
	if name != "" && !slices.Contains(labels.Names(), name) {
		o.reads(o.Path(name))
	}
}

// Arch finds the description of a network by its name, or reads a YAML file.
func (o *Opener) Arch(ctx context.Context, name string) (*config.Arch, error) {
	if _, builtin := config.Lookup(name); !builtin && config.LooksLikeFile(name) {
		return o.loadYAML(ctx, name)
	}
	return config.Load(name)
}

// IsCheckpoint tells whether name is that of a checkpoint, and of no built-in network.
func (o *Opener) IsCheckpoint(name string) bool {
	_, builtin := config.Lookup(name)
	return !builtin && IsCheckpoint(o.Path(name))
}

// puller is what sets are looked up with.
func (o *Opener) puller() (*weights.Puller, error) {
	if o.Puller != nil {
		return o.Puller()
	}
	return weights.NewPuller(os.Getenv)
}
