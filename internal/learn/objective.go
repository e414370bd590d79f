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

	residual []float32 // (outputs, places): weight·(probability − 1 of the own class)
	losses   []float64 // (places): weighted
	spread   []float64 // (places): Σ p(1−p), weighted
}

// outputs is the number of rows of weights.
func (d *Data) outputs() int {
	if d.Classes == 2 {
		return 1
	}
	return d.Classes
}

func newObjective(d *design, weight []float64) *objective {
	return &objective{
		design: d, weight: weight, residual: make([]float32, d.outputs()*len(d.place)),
		losses: make([]float64, len(d.place)), spread: make([]float64, len(d.place)),
	}
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

// uncentre makes dst the intercepts of features that are not centred, of those of centred ones, whose weights are (outputs, width).
func (d *design) uncentre(dst, centred []float64, weights []float32) {
	for i := range dst {
		dst[i] = centred[i]
		for j, m := range d.mean {
			dst[i] -= float64(weights[i*d.Width+j]) * m
		}
	}
}

// loss is the mean one, weighted.
func (o *objective) loss() float64 {
	sum := 0.0
	for _, run := range o.runs {
		for _, loss := range o.losses[run.first:run.last] {
			sum += loss
		}
	}
	return sum / o.total
}

// sum adds up values of the places that are learned from.
func (o *objective) sum(values []float32) float64 {
	sum := 0.0
	for _, run := range o.runs {
		for _, v := range values[run.first:run.last] {
			sum += float64(v)
		}
	}
	return sum
}

// forward computes losses and residuals of a part of the places that are learned from, by their logits.
func (o *objective) forward(part, parts int, logits func(dst []float64, at, n int)) {
	k, places := o.outputs(), len(o.place)
	z, p := make([]float64, k*mostTogether), make([]float64, o.Classes)
	for _, run := range o.runs {
		first, last := share(run.last-run.first, lanes, part, parts)
		o.eachTogether(run.first+first, run.first+last, func(at, n int) {
			if n == 0 {
				o.losses[at], o.spread[at] = 0, 0
				for i := range k {
					o.residual[i*places+at] = 0
				}
				return
			}
			logits(z, at, n)
			for j := range n {
				o.differentiate(at+j, z[j*k:][:k], p)
			}
		})
	}
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
