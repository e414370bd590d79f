package labels

import (
	"cmp"
	"math"
	"slices"

	"resnet/internal/number"
)

// Prediction is one class with its probability (softmax over all classes) and logit.
type Prediction struct {
	Index       int
	Label       string
	Probability float64
	Logit       float32
}

// Top ranks the k most probable classes of one image; k ≤ 0 means all. Equal logits come in the order of their index, NaN
// before all numbers, as torch.topk has it.
func Top(logits []float32, k int, list *List) []Prediction {
	order := Order(logits)
	if k <= 0 || k > len(order) {
		k = len(order)
	}
	probability := Softmax(logits)
	top := make([]Prediction, k)
	for rank, i := range order[:k] {
		top[rank] = Prediction{Index: i, Label: list.Class(i), Probability: probability[i], Logit: logits[i]}
	}
	return top
}

// Order lists the classes, the most probable first.
func Order(logits []float32) []int {
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { // a NaN is before all numbers for Compare
		return cmp.Or(cmp.Compare(-logits[a], -logits[b]), a-b)
	})
	return order
}

// HasSoftmax tells whether logits have probabilities: a NaN or +Inf among them leaves none, and so do those that are all
// -Inf.
func HasSoftmax(logits []float32) bool {
	return number.Finite(slices.Max(logits)) // NaN where one is
}

// Softmax turns logits into probabilities, in float64; all are NaN where HasSoftmax is false.
func Softmax(logits []float32) []float64 {
	largest := math.Inf(-1)
	for _, v := range logits {
		largest = math.Max(largest, float64(v))
	}
	p, sum := make([]float64, len(logits)), 0.0
	for i, v := range logits {
		p[i] = math.Exp(float64(v) - largest)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}
