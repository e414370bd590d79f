// Package bind connects the tensors of a file with the parameters of a network: by the names that a dialect has, by order
// and shape, or by deriving the network from the tensors.
package bind

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// Options are the choices of Bind. The zero value binds by name.
type Options struct {
	// Structure binds by order and shape instead: for a file whose names nobody knows.
	Structure bool
	// Part is the prefix of the network to take from a file with several.
	Part string
	// AllowExtra passes over tensors that no parameter takes, where they stand outside of the network's own modules.
	AllowExtra bool
}

// Binding says how the tensors of a file became the parameters of a graph.
type Binding struct {
	Dialect string  // whose names the file has: torchvision, timm, …; "structure" where they did not count
	Prefix  string  // what stood before every name: "module.", "state_dict."
	Bound   []Bound // in the order of Graph.Params
	Notes   []string
	// Preprocess is what the file says of its pixels or what is usual for files of its kind; nil where nothing is known.
	Preprocess *Preprocess
	// Averaged is true where the network puts out the average of its last map, which the file does not tell.
	Averaged bool
}

// Bound is one parameter of a graph and the tensor that it is read from.
type Bound struct {
	Param  string // layer1.0.bn1.running_mean
	Tensor string // the name in the file; "" for a value that the file implies
	Minus  string // a convolution's bias that is subtracted from a batch norm's running mean; mostly ""
}

// Bind gives the weights under the names of the graph's own parameters. Every tensor is accounted for: what is missing,
// left over or of another shape comes back as one *Error. Nothing is read until the result is.
func Bind(g *model.Graph, w graph.Weights, opts Options) (graph.Weights, *Binding, error) {
	t, err := translate(w)
	if err != nil {
		return nil, nil, err
	}
	if t != nil {
		if err := t.sameNetwork(g); err != nil {
			return nil, nil, err
		}
		w = t
		opts.Structure = opts.Structure && !t.placed
	}
	l, err := chooseLayout(g, w, opts)
	if err != nil {
		return nil, nil, err
	}
	b := binder{graph: g, producers: g.Producers(), weights: w, layout: l, used: map[string]bool{}, allowExtra: opts.AllowExtra}
	if err := b.run(); err != nil {
		if f := foreign(w); f != nil {
			err = f
		}
		return nil, nil, err
	}
	binding := &Binding{Dialect: l.name(), Prefix: l.prefix, Notes: append(l.notes, b.notes()...)}
	for _, s := range b.bound {
		binding.Bound = append(binding.Bound, s.Bound)
	}
	if t != nil {
		t.describe(binding)
	}
	return newBoundWeights(w, b.bound), binding, nil
}

// chooseLayout reads the names of a file as opts has it.
func chooseLayout(g *model.Graph, w graph.Weights, opts Options) (*layout, error) {
	if len(w.Names()) == 0 {
		return nil, ErrEmpty
	}
	if opts.Structure {
		return structureLayout(g, w)
	}
	return namedLayout(w, opts.Part)
}

// namedLayout is readLayout where names that nobody knows are an error.
func namedLayout(w graph.Weights, part string) (*layout, error) {
	l, err := readLayout(w, part)
	if _, head := errors.AsType[*SegmentationError](err); head {
		if f := foreign(w); f != nil {
			return nil, f
		}
	}
	if err != nil || l != nil {
		return l, err
	}
	if len(w.Names()) == 0 {
		return nil, ErrEmpty
	}
	if err := foreign(w); err != nil {
		return nil, err
	}
	return nil, ErrUnknownNames
}

// ErrEmpty is a file without tensors.
var ErrEmpty = errors.New("it holds no tensor")

// ErrUnknownNames is a file in which no tensor has a name that a dialect knows.
var ErrUnknownNames = errors.New("no tensor has a name that is known of a residual network")

// binder collects where each parameter comes from.
type binder struct {
	graph     *model.Graph
	producers []graph.Call // of each value
	weights   graph.Weights
	layout    *layout

	allowExtra bool

	bound    []source
	used     map[string]bool // tensors of the file
	extra    []string        // those that are passed over
	problems problems

	folded, biased int // batch norms that were folded into their convolution; those behind a convolution with a bias
	beside         int // tensors that are no part of the network
}

// run binds all parameters and returns all that is wrong.
func (b *binder) run() error {
	for _, p := range b.graph.Params() {
		b.bind(p)
	}
	b.leftOver()
	if err := b.problems.err(); err != nil {
		return err
	}
	if len(b.extra) > 0 { // what another network computes with is nothing to pass over
		return foreign(b.weights)
	}
	return nil
}

// bind finds the source of one parameter.
func (b *binder) bind(p graph.Param) {
	s := source{Bound: Bound{Param: p.Name}, shape: p.Shape}
	call := b.graph.Calls[p.Call]
	if _, ok := call.Op.(graph.BatchNorm); ok {
		if bias, folded := b.convBias(p, call); folded {
			b.bound = append(b.bound, b.unfold(s, call.Path, bias))
			return
		} else if bias != "" && strings.HasSuffix(p.Name, ".running_mean") {
			s.Minus = bias
			b.used[bias] = true
			b.biased++
		}
	}
	name, ok := b.layout.names[p.Name]
	if !ok {
		b.problems.missing(p)
		return
	}
	s.Tensor = name
	b.used[name] = true
	b.check(name, p)
	b.bound = append(b.bound, s)
}

// check reports a tensor that does not fit its parameter.
func (b *binder) check(name string, p graph.Param) {
	info, _ := b.weights.Info(name)
	if !info.Shape.Equal(p.Shape) {
		b.problems.shape(name, info.Shape, p.Shape)
	} else if !info.DType.Floating() {
		b.problems.elementType(name, info.DType)
	}
}

// leftOver reports the tensors that no parameter took.
func (b *binder) leftOver() {
	own := map[string]bool{}
	for name := range b.used {
		own[b.module(name)] = true
	}
	for _, name := range b.layout.order {
		info, _ := b.weights.Info(name)
		switch {
		case b.used[name] || b.layout.counter(name, info):
		case b.layout.training(name) || b.besideNetwork(name):
			b.beside++
		case b.layout.dialect == nil || own[b.module(name)]:
			b.problems.unexpected(name, false)
		case b.allowExtra:
			b.extra = append(b.extra, name)
		default:
			b.problems.unexpected(name, true)
		}
	}
}

// module is the outermost module of a tensor inside the network: layer1.
func (b *binder) module(name string) string {
	module, _, _ := strings.Cut(strings.TrimPrefix(name, b.layout.prefix), ".")
	return module
}

// besideNetwork tells a number that stands outside the network's prefix: the best accuracy so far, say.
func (b *binder) besideNetwork(name string) bool {
	info, _ := b.weights.Info(name)
	return len(info.Shape) == 0 && !strings.HasPrefix(name, b.layout.prefix)
}

func (b *binder) notes() []string {
	var notes []string
	if b.beside > 0 {
		notes = append(notes, fmt.Sprintf("%d tensors of the training, beside the network, are not used", b.beside))
	}
	if n := len(b.extra); n > 0 {
		more := ""
		if n > 3 {
			more = fmt.Sprintf(" and %d more", n-3)
		}
		notes = append(notes, "extra tensors are passed over: "+quoteAll(b.extra[:min(n, 3)])+more)
	}
	if hasConvs(b.weights, func(name string) bool { return slices.Contains(b.extra, name) }) {
		notes = append(notes, dilationsUntold)
	}
	if b.folded > 0 {
		notes = append(notes, fmt.Sprintf("%d batch norms are folded into their convolutions", b.folded))
	}
	if b.biased > 0 {
		notes = append(notes, fmt.Sprintf("%d convolutions have a bias, which is part of the running mean of the batch norm behind", b.biased))
	}
	return notes
}
