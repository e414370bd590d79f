package learn

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// spectrum is where the features vary most: the first principal directions, found by subspace iteration, and the variances.
type spectrum struct {
	directions *mat.Dense // (directions, width), orthonormal
	variance   []float64
	rest       float64 // mean variance in the other directions
}

const (
	// mostDirections bounds the work with them to a small part of that with the rows.
	mostDirections = 48
	// mostSampled is the number of places that the covariance is computed of.
	mostSampled = 8192
)

func newSpectrum(d *design) *spectrum {
	n := min(mostDirections, d.Width)
	c := newCovariance(d, n)
	random := rand.New(rand.NewPCG(1, 2)) // any start that is at no right angle to a direction
	q := mat.NewDense(n, d.Width, nil)
	for i := range n {
		for j := range d.Width {
			q.Set(i, j, random.NormFloat64())
		}
	}
	product := mat.NewDense(n, d.Width, nil)
	for range 4 {
		c.times(product, q)
		orthonormalize(product)
		q.Copy(product)
	}
	c.times(product, q)
	var projected mat.Dense
	projected.Mul(q, product.T())
	small := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			small.SetSym(i, j, (projected.At(i, j)+projected.At(j, i))/2)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(small, true) {
		return &spectrum{rest: c.trace / float64(d.Width)} // no help, and no harm
	}
	var turned, turn mat.Dense
	eigen.VectorsTo(&turn)
	turned.Mul(turn.T(), q)
	s := &spectrum{directions: &turned, variance: eigen.Values(nil)}
	left := c.trace
	for i, v := range s.variance {
		s.variance[i] = max(0, v)
		left -= s.variance[i]
	}
	if rank := min(d.Width, d.rows()-1); rank > n {
		s.rest = max(0, left) / float64(rank-n)
	}
	return s
}

// orthonormalize makes rows orthonormal, one after the other; those that lie in the span of earlier ones become zero.
func orthonormalize(a *mat.Dense) {
	n, _ := a.Dims()
	for i := range n {
		row := a.RawRowView(i)
		before := floats.Norm(row, 2)
		for range 2 { // once leaves what rounding makes of nearly parallel rows
			for j := range i {
				other := a.RawRowView(j)
				floats.AddScaled(row, -floats.Dot(row, other), other)
			}
		}
		if norm := floats.Norm(row, 2); norm > 1e-10*before {
			floats.Scale(1/norm, row)
		} else {
			clear(row)
		}
	}
}

// covariance is that of the rows, or of some of them that are spread over all. It is never written down: what is asked for is
// its product with a few directions.
type covariance struct {
	*design
	runs    []span
	sampled float64
	trace   float64

	directions []float32 // (directions, width)
	factors    []float32 // (directions, places): of each row in each direction
	columnsOf  []float64 // (width, directions)
}

func newCovariance(d *design, directions int) *covariance {
	places := len(d.place)
	c := &covariance{
		design: d, directions: make([]float32, directions*d.Width), factors: make([]float32, directions*places),
		columnsOf: make([]float64, d.Width*directions),
	}
	const block = 4 * lanes
	step := block * max(1, (places+mostSampled-1)/mostSampled)
	for first := 0; first < places; first += step {
		run := span{first, min(places, first+block)}
		if last := len(c.runs) - 1; last >= 0 && c.runs[last].last == first {
			c.runs[last].last = run.last
		} else {
			c.runs = append(c.runs, run)
		}
		for _, row := range d.place[run.first:run.last] {
			if row >= 0 {
				c.sampled++
			}
		}
	}
	for j := range d.Width {
		sum, square := 0.0, 0.0
		for _, run := range c.runs {
			for _, v := range d.columns[j*places:][run.first:run.last] {
				sum += float64(v)
				square += float64(v) * float64(v)
			}
		}
		c.trace += (square - sum*sum/c.sampled) / c.sampled
	}
	return c
}

// times makes dst the product of directions, both (directions, width), with the covariance.
func (c *covariance) times(dst, directions *mat.Dense) {
	k, _ := directions.Dims()
	for i := range k {
		for j, v := range directions.RawRowView(i) {
			c.directions[i*c.Width+j] = float32(v)
		}
	}
	inParts(c.threads, func(part int) {
		for at, run := range c.runs {
			if at%c.threads == part {
				c.project(run)
			}
		}
	})
	for i := range k {
		c.centre(c.factors[i*len(c.place):][:len(c.place)])
	}
	inParts(c.threads, func(part int) {
		first, last := share(c.Width, 1, part, c.threads)
		c.combine(c.columnsOf, c.factors, c.runs, first, last)
	})
	for i := range k {
		for j := range c.Width {
			dst.Set(i, j, c.columnsOf[j*k+i]/c.sampled)
		}
	}
}

// project computes the factors of the rows of a run.
func (c *covariance) project(run span) {
	k, places := len(c.directions)/c.Width, len(c.place)
	z := make([]float64, k*mostTogether)
	c.eachTogether(run.first, run.last, func(at, n int) {
		clear(z[:n*k])
		if n > 0 {
			c.addProducts(z, c.directions, at, n)
		}
		for i := range k {
			for j := range n {
				c.factors[i*places+at+j] = float32(z[j*k+i])
			}
		}
	})
}

// centre subtracts the mean of the factors in one direction.
func (c *covariance) centre(factors []float32) {
	sum := 0.0
	for _, run := range c.runs {
		for _, f := range factors[run.first:run.last] {
			sum += float64(f)
		}
	}
	mean := float32(sum / c.sampled)
	for _, run := range c.runs {
		for at := run.first; at < run.last; at++ {
			if c.place[at] >= 0 {
				factors[at] -= mean
			}
		}
	}
}

// precondition is a symmetric change of variables after which the objective bends about alike in all directions: it does not
// change the minimum, but how many steps lead there.
type precondition struct {
	*spectrum
	outputs, width int
	scale          []float64 // in the directions
	rest           float64   // in the others
	bias           float64
}

// newPrecondition is for an objective whose logits bend by a curvature.
func newPrecondition(s *spectrum, o *linear, curvature float64) *precondition {
	curvature = max(curvature, 1e-6)
	scale := func(variance float64) float64 { return 1 / math.Sqrt(curvature*variance+o.penalty) }
	p := &precondition{spectrum: s, outputs: o.outputs(), width: o.Width, rest: scale(s.rest), bias: 1 / math.Sqrt(curvature)}
	for _, v := range s.variance {
		p.scale = append(p.scale, scale(v))
	}
	return p
}

// apply leads from the new variables to parameters, or from the gradient by parameters to that by the variables.
func (p *precondition) apply(dst, src []float64) {
	p.times(dst, src, func(scale float64) float64 { return scale })
}

// undo leads from parameters to the variables.
func (p *precondition) undo(dst, src []float64) {
	p.times(dst, src, func(scale float64) float64 { return 1 / scale })
}

func (p *precondition) times(dst, src []float64, factor func(scale float64) float64) {
	n := p.outputs * p.width
	rest := factor(p.rest)
	for i, v := range src[:n] {
		dst[i] = rest * v
	}
	for i, v := range src[n:] {
		dst[n+i] = factor(p.bias) * v
	}
	for i := range p.outputs {
		from, to := src[i*p.width:][:p.width], dst[i*p.width:][:p.width]
		for j, s := range p.scale {
			direction := p.directions.RawRowView(j)
			floats.AddScaled(to, floats.Dot(from, direction)*(factor(s)-rest), direction)
		}
	}
}
