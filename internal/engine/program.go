// Package engine runs networks. A Program is a graph with its weights, a Plan its steps for one input shape and one set
// of hooks, a Session what one goroutine needs to run them.
package engine

import (
	"errors"
	"fmt"
	"sync"

	"resnet/internal/graph"
	"resnet/internal/isa"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// Options are the choices of New. The zero value is the fastest.
type Options struct {
	// Exact leaves out the kernels that trade accuracy for speed.
	Exact bool
	// Int8 are the layers that are computed in bytes, in which the Weights are as real numbers.
	Int8 Int8
	// Kernels is the level of instructions that the kernels use, one that this CPU has (isa.Has); nil: isa.Allowed.
	Kernels *isa.Level

	// choose overrules the choice of kernels, for tests.
	choose func(ops.Conv) *ops.ConvKernel
}

func (o Options) kernel(c ops.Conv) *ops.ConvKernel {
	if o.choose != nil {
		return o.choose(c)
	}
	return ops.ChooseConv(c, o.Exact, o.level())
}

func (o Options) level() isa.Level {
	if o.Kernels != nil {
		return *o.Kernels
	}
	return isa.Allowed()
}

// Program is a graph and its weights, in the form that the kernels want. It may be used by several goroutines, and all
// its plans share what was packed once.
type Program struct {
	graph   *graph.Graph
	options Options
	weights graph.Weights
	affine  map[int]affine // by call: of batch norms, and of Linear the bias alone

	mu     sync.Mutex
	packed map[packKey]*packed
	raw    tensor.Buffers[float32] // weights as they are read, before they are packed
	raw8   tensor.Buffers[int8]    // likewise
}

// New checks that weights has every parameter of the graph, in its shape; all that is wrong comes back as one joined
// error. The batch norms are read now, the weights of a convolution when the first plan needs them: weights is read by
// several goroutines at a time, and stays readable as long as plans are made.
func New(g *graph.Graph, weights graph.Weights, options Options) (*Program, error) {
	var errs []error
	for _, p := range g.Params() {
		switch info, ok := weights.Info(p.Name); {
		case !ok:
			errs = append(errs, fmt.Errorf("parameter %q is missing", p.Name))
		case !info.Shape.Equal(p.Shape):
			errs = append(errs, fmt.Errorf("parameter %q: shape %v, want %v", p.Name, info.Shape, p.Shape))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	p := &Program{graph: g, options: options, weights: weights, affine: map[int]affine{}, packed: map[packKey]*packed{}}
	for i, call := range g.Calls {
		if err := p.readAffine(i, call); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Graph is the program's graph.
func (p *Program) Graph() *graph.Graph { return p.graph }

// read reads one parameter into dst.
func (p *Program) read(name string, dst []float32) error {
	if err := p.weights.Read(name, dst); err != nil {
		return fmt.Errorf("parameter %q: %w", name, err)
	}
	return nil
}

// packKey names a packed weight: other input sizes and hooks may want another kernel, or the weights before the batch
// norm was folded into them.
type packKey struct {
	call      int
	kernel    string
	batchNorm int // the call that is folded in, or none
}

// packed is a packed weight: its place is given when a plan first needs it, under the program's lock, and filled once.
type packed struct {
	place block
	once  sync.Once
	err   error
}

// reserve gives every packed weight that does not exist yet its place, all in one block of memory.
func (p *Program) reserve(layers []packable) {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := 0
	for _, l := range layers {
		if p.packed[l.key()] == nil {
			total += roundUp(l.packedSize())
		}
	}
	all := alignedBlock(total)
	for _, l := range layers {
		entry := p.packed[l.key()]
		if entry == nil {
			n := l.packedSize()
			entry = &packed{place: all.part(0, n)}
			all = all[roundUp(n):]
			p.packed[l.key()] = entry
		}
		l.setPacked(p, entry)
	}
}

// pack fills the place of a layer's weights, unless another plan has.
func (p *Program) pack(l packable) error {
	packed := p.packedOf(l.key())
	packed.once.Do(func() { packed.err = l.pack(p, packed.place) })
	return packed.err
}

func (p *Program) packedOf(k packKey) *packed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.packed[k]
}

// weightsOf is how many weights a layer has.
func weightsOf(c ops.Conv) int { return c.Out * (c.In / c.Groups) * c.KernelH * c.KernelW }

func (p *Program) readPacked(key packKey, place []float32, k *ops.ConvKernel, c ops.Conv) error {
	weights, release := p.raw.Get(weightsOf(c))
	defer release()
	if err := p.read(p.graph.Calls[key.call].Path+".weight", weights); err != nil {
		return err
	}
	if key.batchNorm != none {
		fold(weights, p.affine[key.batchNorm].scale[:c.Out])
	}
	k.Pack(place, weights, c)
	return nil
}
