package learn

import "math"

// objective is what a head minimizes, divided by C and by the weight of all rows, as scikit-learn 1.9 does:
//
//	Σ weight·loss / Σ weight + ‖W‖² / (2·C·Σ weight)
//
// where loss is a row's cross entropy. With two classes W is one row of weights, whose logit stands beside a zero.
type objective struct {
	*design
	runs    []span    // of places that are learned from
	weight  []float64 // of a row, by class
	total   float64   // weight of all rows
	penalty float64   // 1 / (C·total)

	weights32 []float32 // (outputs, width): the weights as the products read them
	bias      []float64 // (outputs): of features that are not centred
	residual  []float32 // (outputs, places): weight·(probability − 1 of the own class)
	losses    []float64 // (places): weighted
	spread    []float64 // (places): Σ p(1−p), weighted
	columnsOf []float64 // (width, outputs): the gradient by columns
}

// outputs is the number of rows of weights.
func (d *Data) outputs() int {
	if d.Classes == 2 {
		return 1
	}
	return d.Classes
}

func newObjective(d *design, weight []float64) *objective {
	k := d.outputs()
	return &objective{
		design: d, weight: weight,
		weights32: make([]float32, k*d.Width), bias: make([]float64, k), residual: make([]float32, k*len(d.place)),
		losses: make([]float64, len(d.place)), spread: make([]float64, len(d.place)), columnsOf: make([]float64, k*d.Width),
	}
}

// parts is how many share the work of one evaluation: what is small is done before another thread has woken up.
func (o *objective) parts() int {
	const worth = 1 << 20 // products
	return max(1, min(o.threads, len(o.place)*o.Width*o.outputs()/worth))
}

// learn makes the runs of places those that are learned from, with C.
func (o *objective) learn(runs []span, c float64) {
	o.runs, o.total = runs, 0
	for _, run := range runs {
		for at := run.first; at < run.last; at++ {
			if o.place[at] >= 0 {
				o.total += o.weight[o.class[at]]
			}
		}
	}
	o.penalty = 1 / (c * o.total)
}

// set takes the parameters of a head: weights (outputs, width), and the intercepts (outputs) of centred features.
func (o *objective) set(params []float64) {
	k := o.outputs()
	for i := range o.weights32 {
		o.weights32[i] = float32(params[i])
	}
	for i := range k {
		o.bias[i] = params[k*o.Width+i]
		for j, m := range o.mean {
			o.bias[i] -= float64(o.weights32[i*o.Width+j]) * m
		}
	}
}

// logits fills dst (n, outputs) with those of n rows that follow one another, from the row at a place.
func (o *objective) logits(dst []float64, at, n int) {
	for j := range n {
		copy(dst[j*len(o.bias):], o.bias)
	}
	o.addProducts(dst, o.weights32, at, n)
}

// value is the objective at the parameters, and its gradient by them.
func (o *objective) value(params, gradient []float64) float64 {
	o.set(params)
	parts := o.parts()
	inParts(parts, func(part int) {
		for _, run := range o.runs {
			first, last := share(run.last-run.first, lanes, part, parts)
			o.forward(run.first+first, run.first+last)
		}
	})
	inParts(parts, func(part int) {
		first, last := share(o.Width, 1, part, parts)
		o.combine(o.columnsOf, o.residual, o.runs, first, last)
	})
	sum, k := 0.0, o.outputs()
	for _, run := range o.runs {
		for _, loss := range o.losses[run.first:run.last] {
			sum += loss
		}
	}
	square := 0.0
	for i := range k {
		slope := 0.0
		for _, run := range o.runs {
			for _, r := range o.residual[i*len(o.place):][run.first:run.last] {
				slope += float64(r)
			}
		}
		gradient[k*o.Width+i] = slope / o.total
		for j, m := range o.mean {
			w := params[i*o.Width+j]
			square += w * w
			gradient[i*o.Width+j] = (o.columnsOf[j*k+i]-m*slope)/o.total + o.penalty*w
		}
	}
	return sum/o.total + o.penalty*square/2
}

// forward computes losses and residuals of some places.
func (o *objective) forward(first, last int) {
	k, places := o.outputs(), len(o.place)
	z, p := make([]float64, k*mostTogether), make([]float64, o.Classes)
	o.eachTogether(first, last, func(at, n int) {
		if n == 0 {
			o.losses[at], o.spread[at] = 0, 0
			for i := range k {
				o.residual[i*places+at] = 0
			}
			return
		}
		o.logits(z, at, n)
		for j := range n {
			o.differentiate(at+j, z[j*k:][:k], p)
		}
	})
}

// differentiate computes the loss and the residuals at a place from its logits; p is overwritten.
func (o *objective) differentiate(at int, logits, p []float64) {
	class := o.class[at]
	weight := o.weight[class]
	o.losses[at] = weight * softmax(p, logits, class)
	o.spread[at] = 0
	first := len(p) - len(logits)
	for i, v := range p[first:] {
		o.spread[at] += weight * v * (1 - v)
		if first+i == class {
			v--
		}
		o.residual[i*len(o.place)+at] = float32(weight * v)
	}
}

// softmax fills p with the probabilities of logits, behind a zero where there is one logit less, and is the cross entropy of
// a class.
func softmax(p, logits []float64, class int) (loss float64) {
	z := p
	z[0] = 0
	copy(z[len(z)-len(logits):], logits)
	highest := math.Inf(-1)
	for _, v := range z {
		highest = max(highest, v)
	}
	own, sum := z[class]-highest, 0.0
	for i, v := range z {
		p[i] = math.Exp(v - highest)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return math.Log(sum) - own
}

// curvature is how strongly a logit bends the mean loss at the parameters of the last value, on the average over classes.
func (o *objective) curvature() float64 {
	sum := 0.0
	for _, run := range o.runs {
		for _, s := range o.spread[run.first:run.last] {
			sum += s
		}
	}
	return sum / o.total / float64(max(1, o.Classes-1))
}
