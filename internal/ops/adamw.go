package ops

import "math"

// AdamW is how Loshchilov and Hutter (2019) move weights, as PyTorch's torch.optim.AdamW: the weight loses LearningRate·WeightDecay of
// itself, and LearningRate times the average of the gradients over the root of that of their squares, each as if it had not begun
// at zero.
type AdamW struct {
	LearningRate, Beta1, Beta2, Epsilon, WeightDecay float32
	Scale                                            float32 // of the gradients: 1 / the number of batches that they were added up over
	Step                                             int     // from 1
}

// Update moves the part's share of the weights and averages, and sets the gradients to zero.
func (a AdamW) Update(weights, average, squares, grads []float32, part, parts int) {
	must(len(average) >= len(weights) && len(squares) >= len(weights) && len(grads) >= len(weights), "ops: the averages or the gradients are too short")
	mustBePart(part, parts)
	first, last := shareFloats(len(weights), part, parts)
	weights, average, squares, grads = weights[first:last], average[first:last], squares[first:last], grads[first:last]
	begun := func(beta float32) float64 { return 1 - math.Pow(float64(beta), float64(a.Step)) }
	rate := float32(float64(a.LearningRate) / begun(a.Beta1))
	root := float32(1 / math.Sqrt(begun(a.Beta2)))
	keep := 1 - float32(a.LearningRate*a.WeightDecay)
	for i, w := range weights {
		g := float32(grads[i] * a.Scale)
		m := float32(a.Beta1*average[i]) + float32((1-a.Beta1)*g)
		v := float32(a.Beta2*squares[i]) + float32((1-a.Beta2)*float32(g*g))
		average[i], squares[i], grads[i] = m, v, 0
		step := float32(rate*m) / (float32(root*float32(math.Sqrt(float64(v)))) + a.Epsilon)
		weights[i] = float32(w*keep) - step
	}
}
