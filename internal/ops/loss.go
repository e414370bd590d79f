package ops

import "math"

// CrossEntropy is that of logits with classes, of which each has Smoothing/Classes of the probability and the right one the rest:
// PyTorch's cross_entropy with label_smoothing, the mean over the batch.
type CrossEntropy struct {
	Classes   int
	Smoothing float64
	Logits    []float32 // (n, classes)
	Labels    []int32   // (n)
}

// Loss writes each image's loss and the class that has the largest logit: (n, 2).
func (c *CrossEntropy) Loss(dst []float32) {
	for n, label := range c.Labels {
		logits := c.Logits[n*c.Classes:][:c.Classes]
		largest, sum := c.exponents(logits)
		log := math.Log(sum) + largest
		rest := 0.0
		best := 0
		for i, v := range logits {
			rest += log - float64(v)
			if v > logits[best] {
				best = i
			}
		}
		loss := float64((1-c.Smoothing)*(log-float64(logits[label]))) + float64(c.Smoothing/float64(c.Classes)*rest)
		dst[2*n], dst[2*n+1] = float32(loss), float32(best)
	}
}

// Gradient writes the gradient of the mean loss, (n, classes).
func (c *CrossEntropy) Gradient(dst []float32) {
	batch := float64(len(c.Labels))
	for n, label := range c.Labels {
		logits, to := c.Logits[n*c.Classes:][:c.Classes], dst[n*c.Classes:][:c.Classes]
		largest, sum := c.exponents(logits)
		for i, v := range logits {
			want := c.Smoothing / float64(c.Classes)
			if int(label) == i {
				want += 1 - c.Smoothing
			}
			to[i] = float32((math.Exp(float64(v)-largest)/sum - want) / batch)
		}
	}
}

// exponents is the sum of e^(logit − largest).
func (c *CrossEntropy) exponents(logits []float32) (largest, sum float64) {
	largest = math.Inf(-1)
	for _, v := range logits {
		largest = max(largest, float64(v))
	}
	for _, v := range logits {
		sum += math.Exp(float64(v) - largest)
	}
	return largest, sum
}

// SumRows adds up the rows of a matrix, (rows, len(dst)), and adds them to dst: the gradient of a bias.
func SumRows(dst, src []float32) {
	for i := range dst {
		sum := float32(0)
		for at := i; at < len(src); at += len(dst) {
			sum += src[at]
		}
		dst[i] += sum
	}
}

// SGD is gradient descent with momentum, as PyTorch's torch.optim.SGD: the velocity becomes Momentum·velocity + gradient +
// WeightDecay·weight, and the weight loses LearningRate times that, or with Nesterov the gradient and Momentum times that.
type SGD struct {
	LearningRate, Momentum, WeightDecay float32
	Scale                               float32 // of the gradients: 1 / the number of batches that they were added up over
	Nesterov                            bool
}

// Update moves the part's share of the weights, and sets the gradients to zero.
func (s SGD) Update(weights, velocity, grads []float32, part, parts int) {
	must(len(velocity) >= len(weights) && len(grads) >= len(weights), "ops: the velocity or the gradients are too short")
	mustBePart(part, parts)
	first, last := shareFloats(len(weights), part, parts)
	weights, velocity, grads = weights[first:last], velocity[first:last], grads[first:last]
	for i, w := range weights {
		g := float32(grads[i]*s.Scale) + float32(s.WeightDecay*w)
		v := float32(s.Momentum*velocity[i]) + g
		velocity[i], grads[i] = v, 0
		if s.Nesterov {
			v = g + float32(s.Momentum*v)
		}
		weights[i] = w - float32(s.LearningRate*v)
	}
}
