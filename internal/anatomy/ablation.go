package anatomy

import "math"

// Ablation is what a network predicts without the residual branches of some blocks.
type Ablation struct {
	Without     []string // paths of blocks; none for the whole network
	Index       int      // the class that it predicts
	Label       string
	Probability float64
	Kept        float64 // probability of the class that the whole network predicts
	Rank        int     // of that class, from 1
	Divergence  float64 // Kullback-Leibler, of its probabilities from the whole network's, in bits
}

// Divergence is the Kullback-Leibler divergence of q from p in bits: 0 where both are the same, NaN where one of
// them is.
func Divergence(p, q []float64) float64 {
	sum := 0.0
	for i, v := range p {
		if v != 0 {
			sum += v * math.Log2(v/q[i])
		}
	}
	return max(sum, 0) // rounding
}
