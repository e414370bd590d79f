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
	c, trace := d.covariance()
	random := rand.New(rand.NewPCG(1, 2)) // any start that is at no right angle to a direction
	q := mat.NewDense(n, d.Width, nil)
	for i := range n {
		for j := range d.Width {
			q.Set(i, j, random.NormFloat64())
		}
	}
	var product mat.Dense // the covariance times the directions
	for range 4 {
		product.Mul(q, c)
		orthonormalize(&product)
		q.Copy(&product)
	}
	product.Mul(q, c)
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
		return &spectrum{rest: trace / float64(d.Width)} // no help, and no harm
	}
	var turned, turn mat.Dense
	eigen.VectorsTo(&turn)
	turned.Mul(turn.T(), q)
	s := &spectrum{directions: &turned, variance: eigen.Values(nil)}
	left := trace
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

// covariance is that of the rows, or of some of them that are spread over all, and its trace.
func (d *design) covariance() (*mat.Dense, float64) {
	places, width := len(d.place), d.Width
	const block = 4 * lanes
	step := block * max(1, (places+mostSampled-1)/mostSampled)
	sums := make([]float64, width*width)
	var sampled int
	for first := 0; first < places; first += step {
		for _, row := range d.place[first:min(places, first+block)] {
			if row >= 0 {
				sampled++
			}
		}
	}
	inParts(d.threads, func(part int) {
		for first := 0; first < places; first += step {
			last := min(places, first+block)
			for i := part; i < width; i += d.threads {
				d.products.Add(sums[i*width:][i:width], d.columns[i*places:][first:last], d.columns[i*places+first:], places)
			}
		}
	})
	trace := 0.0
	for i := range width {
		for j := i; j < width; j++ {
			sums[i*width+j] = sums[i*width+j]/float64(sampled) - d.mean[i]*d.mean[j]
			sums[j*width+i] = sums[i*width+j]
		}
		trace += sums[i*width+i]
	}
	return mat.NewDense(width, width, sums), trace // symmetric, but gonum multiplies any matrix faster than such a one
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
func newPrecondition(s *spectrum, o *objective, curvature float64) *precondition {
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
