package bind

import (
	"strings"

	"resnet/internal/graph"
)

// convBias finds the bias of the convolution that a batch norm stands behind. folded is true where the file has nothing of
// the batch norm itself: it was folded into the convolution, whose bias is all that is left of it.
func (b *binder) convBias(p graph.Param, norm graph.Call) (bias string, folded bool) {
	conv := b.producers[norm.Inputs[0]]
	bias, ok := b.layout.names[conv.Path+".bias"]
	if !ok {
		return "", false
	}
	info, _ := b.weights.Info(bias)
	if !info.Shape.Equal(p.Shape) {
		return "", false
	}
	for _, part := range batchNormParts {
		if _, ok := b.layout.names[norm.Path+"."+part]; ok {
			return bias, false
		}
	}
	return bias, true
}

var batchNormParts = []string{"weight", "bias", "running_mean", "running_var"}

// unfold gives a folded batch norm the statistics that make it x + bias.
func (b *binder) unfold(s source, norm, bias string) source {
	switch strings.TrimPrefix(s.Param, norm+".") {
	case "bias":
		s.Tensor = bias
		b.used[bias] = true
		b.folded++
	case "weight":
		s.constant = 1
	case "running_var":
		s.constant = 1 - graph.BatchNormEps // its square root after eps was added is 1
	}
	return s
}
