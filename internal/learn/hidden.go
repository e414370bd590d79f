package learn

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/optimize"
)

// hidden is a head of two layers with a ReLU between them, whose objective is that of scikit-learn's MLPClassifier with alpha = 1/C.
// It has many minima: which one a fit ends in depends on where it begins, and so each begins anew at the weights of the seed.
//
// Parameters are the weights (units, width) and (outputs, units), and the intercepts (units) of centred features and (outputs).
type hidden struct {
	*objective
	units int
	seed  uint64

	weights32 []float32 // (units, width), as the products read them
	bias      []float64 // (units), of features that are not centred
	classes32 []float32 // (outputs, units filled up to whole blocks)
	offsets   []float64 // (outputs)
	signal    []float32 // (units, places): the activations, and then the gradients by what the ReLU takes
	one       *activations
}

// hiddenParams are the parts of the parameters, or of the gradient.
type hiddenParams struct{ weight, classes, bias, offsets []float64 }

func (h *hidden) parts(params []float64) hiddenParams {
	a := h.units * h.Width
	b := a + h.outputs()*h.units
	return hiddenParams{params[:a], params[a:b], params[b:][:h.units], params[b+h.units:]}
}

// padded is the number of units filled up to whole blocks.
func (h *hidden) padded() int { return (h.units + lanes - 1) / lanes * lanes }

// newHidden makes the objective of a head with some hidden units. The caller releases the result.
func newHidden(d *design, weight []float64, units int, seed uint64) (*hidden, error) {
	h := &hidden{objective: newObjective(d, weight), units: units, seed: seed}
	k := d.outputs()
	h.weights32, h.bias = make([]float32, units*d.Width), make([]float64, units)
	h.classes32, h.offsets = make([]float32, k*h.padded()), make([]float64, k)
	h.one = h.newActivations()
	var err error
	h.signal, err = Allocate(units * len(d.place))
	return h, err
}

func (h *hidden) release() { Release(h.signal) }

// begin is He et al.'s (2015, "Delving Deep into Rectifiers") start, by the seed alone.
func (h *hidden) begin(...[]float64) []float64 {
	params := make([]float64, h.units*h.Width+h.outputs()*h.units+h.units+h.outputs())
	p := h.parts(params)
	random := rand.New(rand.NewPCG(h.seed, 0))
	for i := range p.weight {
		p.weight[i] = random.NormFloat64() * math.Sqrt(2/float64(h.Width))
	}
	for i := range p.classes {
		p.classes[i] = random.NormFloat64() * math.Sqrt(2/float64(h.units))
	}
	return params
}

func (h *hidden) set(params []float64) {
	p := h.parts(params)
	for i, w := range p.weight {
		h.weights32[i] = float32(w)
	}
	for i, w := range p.classes {
		h.classes32[i/h.units*h.padded()+i%h.units] = float32(w)
	}
	copy(h.offsets, p.offsets)
	h.uncentre(h.bias, p.bias, h.weights32)
}

// activations are what rows that follow one another come to.
type activations struct {
	sums []float64 // (rows, units): what the ReLU takes
	out  []float32 // (rows, units filled up to whole blocks): what it gives
}

func (h *hidden) newActivations() *activations {
	return &activations{make([]float64, mostTogether*h.units), make([]float32, mostTogether*h.padded())}
}

// activate computes those of n rows from the row at a place. Units take turns in blocks whose weights stay in the first-level cache.
func (h *hidden) activate(a *activations, at, n int) {
	for j := range n {
		copy(a.sums[j*h.units:], h.bias)
	}
	rows := h.Features[h.place[at]*h.Width:]
	block := inCache(h.Width)
	for first := 0; first < h.units; first += block {
		size := min(block, h.units-first)
		for j := range n {
			h.products.Add(a.sums[j*h.units+first:][:size], rows[j*h.Width:][:h.Width], h.weights32[first*h.Width:], h.Width)
		}
	}
	for j := range n {
		out := a.out[j*h.padded():]
		for i, v := range a.sums[j*h.units:][:h.units] {
			out[i] = float32(max(0, v))
		}
	}
}

// inCache is how many vectors of n values stay in the first-level cache, at least four.
func inCache(n int) int { return max(4, 8192/n/4*4) }

// classify fills dst (n, outputs) with the logits of activations.
func (h *hidden) classify(dst []float64, a *activations, n int) {
	k, padded := h.outputs(), h.padded()
	for j := range n {
		copy(dst[j*k:], h.offsets)
		h.products.Add(dst[j*k:][:k], a.out[j*padded:][:padded], h.classes32, padded)
	}
}

func (h *hidden) logits(dst []float64, at, n int) {
	h.activate(h.one, at, n)
	h.classify(dst, h.one, n)
}

// value is the objective at the parameters, and its gradient by them.
func (h *hidden) value(params, gradient []float64) float64 {
	h.set(params)
	places := len(h.place)
	inParts(h.threads, func(part int) {
		a := h.newActivations()
		h.forward(part, h.threads, func(dst []float64, at, n int) {
			h.activate(a, at, n)
			h.classify(dst, a, n)
			for i := range h.units {
				for j := range n {
					h.signal[i*places+at+j] = a.out[j*h.padded()+i]
				}
			}
		})
	})
	clear(gradient)
	g := h.parts(gradient)
	inParts(h.threads, func(part int) {
		first, last := share(h.units, 1, part, h.threads)
		h.backward(g, first, last)
	})
	for i := range g.offsets {
		g.offsets[i] = h.sum(h.residual[i*places:]) / h.total
	}
	weights := len(g.weight) + len(g.classes)
	square := 0.0
	for i, w := range params[:weights] {
		square += w * w
		gradient[i] = gradient[i]/h.total + h.penalty*w
	}
	return h.loss() + h.penalty*square/2
}

// backward computes the gradients of some units' weights and intercepts.
func (h *hidden) backward(g hiddenParams, first, last int) {
	places := len(h.place)
	for i := range h.outputs() {
		for _, run := range h.runs {
			h.products.Add(g.classes[i*h.units:][first:last], h.residual[i*places:][run.first:run.last], h.signal[first*places+run.first:], places)
		}
	}
	sums := make([]float32, places)
	for unit := first; unit < last; unit++ {
		own := h.signal[unit*places:][:places]
		for _, run := range h.runs {
			h.gradients(own, sums, unit, run)
		}
		g.bias[unit] = h.sum(own) / h.total
	}
	const block = 512 // places of a product: those of the columns stay in the first-level cache
	group := inCache(block)
	for _, run := range h.runs {
		for at := run.first; at < run.last; at += block {
			end := min(run.last, at+block)
			for j := 0; j < h.Width; j += group {
				size := min(group, h.Width-j)
				for unit := first; unit < last; unit++ {
					h.products.Add(g.weight[unit*h.Width+j:][:size], h.signal[unit*places:][at:end], h.columns[j*places+at:], places)
				}
			}
		}
	}
	for unit := first; unit < last; unit++ {
		slope := g.bias[unit] * h.total
		for j, m := range h.mean {
			g.weight[unit*h.Width+j] -= m * slope
		}
	}
}

// gradients makes the activations of a unit the gradients by what its ReLU takes. sums are overwritten.
func (h *hidden) gradients(own, sums []float32, unit int, run span) {
	sums = sums[:run.last-run.first]
	clear(sums)
	for i := range h.outputs() {
		weight := h.classes32[i*h.padded()+unit]
		for j, r := range h.residual[i*len(h.place)+run.first:][:len(sums)] {
			sums[j] += float32(weight * r)
		}
	}
	for i, v := range own[run.first:run.last] {
		if v > 0 {
			own[run.first+i] = sums[i]
		}
	}
}

func (h *hidden) head(params []float64) Head {
	p := h.parts(params)
	first := Layer{Weight: p.weight, Bias: make([]float64, h.units)}
	h.set(params)
	copy(first.Bias, h.bias)
	return Head{first, h.classes(p.classes, p.offsets)}
}

// How much the objective, a mean loss in nats, must fall in ten steps for a fit to go on: in cross-validation, and of the head that is kept.
const (
	slowEnough = 1e-3
	slowest    = 1e-6
)

func (h *hidden) minimize(ctx context.Context, params []float64, kept bool) error {
	enough := slowEnough
	if kept {
		enough = slowest
	}
	// Five earlier steps tell L-BFGS about as much as gonum's fifteen, whose products would take longer than the gradient.
	result, err := descend(ctx, h.value, params, &optimize.FunctionConverge{Absolute: enough, Iterations: 10}, &optimize.LBFGS{Store: 5})
	if err == nil {
		copy(params, result)
	}
	return err
}
