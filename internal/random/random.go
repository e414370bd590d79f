// Package random makes weights and inputs by chance: the same bits on every machine for the same seed.
package random

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// Weights are torchvision's initial weights for a graph: convolutions kaiming normal (fan out, gain of ReLU),
// batch norms 1 and 0 with running statistics 0 and 1, the fully connected layer uniform in ±1/√in. The same seed gives
// the same bits on every machine, whatever is read first.
func Weights(g *graph.Graph, seed uint64) graph.Weights {
	w := &weights{seed: seed, params: map[string]graph.Param{}}
	for _, p := range g.Params() {
		w.names = append(w.names, p.Name)
		w.params[p.Name] = p
	}
	return w
}

type weights struct {
	seed   uint64
	names  []string
	params map[string]graph.Param
}

func (w *weights) Names() []string { return w.names }

func (w *weights) Info(name string) (tensor.Info, bool) {
	p, ok := w.params[name]
	return tensor.Info{Shape: p.Shape, DType: tensor.Float32}, ok
}

func (w *weights) Read(name string, dst []float32) error {
	p, ok := w.params[name]
	if !ok {
		return fmt.Errorf("no parameter %q", name)
	}
	switch scale := p.Init.Scale; p.Init.Dist {
	case graph.Normal:
		w.source(name).normal(dst, scale)
	case graph.Uniform:
		w.source(name).uniform(dst, scale)
	case graph.Constant:
		for i := range dst {
			dst[i] = float32(scale)
		}
	}
	return nil
}

// source is a generator for one tensor alone, so that the order of reads does not matter.
func (w *weights) source(name string) noise {
	h := fnv.New64a()
	h.Write([]byte(name))
	return noise{rand.NewPCG(w.seed, h.Sum64())}
}

// Input fills dst with standard normal noise, until ctx is done.
func Input(ctx context.Context, dst []float32, seed uint64) error {
	const chunk = 1 << 20 // an even number, as normal draws two at a time
	source := noise{rand.NewPCG(seed, math.MaxUint64)}
	for len(dst) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(dst), chunk)
		source.normal(dst[:n], 1)
		dst = dst[n:]
	}
	return nil
}

// noise draws numbers with nothing but exactly rounded operations: explicit conversions keep a compiler from fusing a
// multiplication and an addition, as it does on arm64, and math.Log has assembly of its own on some machines.
type noise struct{ *rand.PCG }

// unit is uniform in [-1, 1).
func (n noise) unit() float64 { return float64(int64(n.Uint64())>>11) / (1 << 52) }

func (n noise) uniform(dst []float32, bound float64) {
	for i := range dst {
		dst[i] = float32(n.unit() * bound)
	}
}

// normal is Marsaglia's polar method.
func (n noise) normal(dst []float32, std float64) {
	for i := 0; i < len(dst); i += 2 {
		u, v, s := 0.0, 0.0, 0.0
		for s == 0 || s >= 1 {
			u, v = n.unit(), n.unit()
			s = float64(u*u) + float64(v*v)
		}
		scale := std * math.Sqrt(-2*ln(s)/s)
		dst[i] = float32(u * scale)
		if i+1 < len(dst) {
			dst[i+1] = float32(v * scale)
		}
	}
}

// ln is the natural logarithm to about 1e-15, the same bits everywhere: x = m·2^e with m in [√½, √2), then the series of
// 2·artanh((m-1)/(m+1)).
func ln(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	t := (m - 1) / (m + 1)
	t2 := t * t
	sum := 1.0 / 23
	for k := 21; k >= 1; k -= 2 {
		sum = float64(sum*t2) + 1/float64(k)
	}
	return float64(float64(e)*math.Ln2) + float64(2*t*sum)
}
