package evaluate

import "math"

// Paired compares two classifiers, A and B, on the same images.
type Paired struct {
	Both, OnlyA, OnlyB, Neither int // who was right
	Changed                     int // images for which they name different classes
}

// NoClass is the most probable class where there are no probabilities.
const NoClass = -1

// Add counts an image, by its label and the most probable class of each, or NoClass.
func (p *Paired) Add(label, a, b int) {
	switch {
	case a == label && b == label:
		p.Both++
	case a == label:
		p.OnlyA++
	case b == label:
		p.OnlyB++
	default:
		p.Neither++
	}
	if a != b {
		p.Changed++
	}
}

// Images is how many there are.
func (p *Paired) Images() int { return p.Both + p.OnlyA + p.OnlyB + p.Neither }

// Difference is how much larger B's share of right answers is than A's, with its 95 % confidence interval: that of McNemar's
// pairs, with half an image added to each of the four counts (Agresti and Min, 2005), so that it holds for few as well.
func (p *Paired) Difference() (difference, low, high float64) {
	difference = float64(p.OnlyB-p.OnlyA) / float64(p.Images())
	n, a, b := float64(p.Images())+2, float64(p.OnlyA)+0.5, float64(p.OnlyB)+0.5
	centre := (b - a) / n
	spread := z95 * math.Sqrt(a+b-(b-a)*(b-a)/n) / n
	return difference, max(-1, centre-spread), min(1, centre+spread)
}
