package learn

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// Answer is how sure a head is of what it says of a labelled photo.
type Answer struct {
	Probability float64 // of the most probable class
	Right       bool
}

// Calibrate divides the head's last layer by the temperature of its logits out of fold, and these and the heads of the folds, too: what is
// most probable stays so, and probabilities tell better how often they are right. Where no answer out of fold is wrong, nothing shows
// how far they can be trusted, and the head stays as it is.
func (f *Fitted) Calibrate(class []int) (temperature float64) {
	if temperature = Calibrate(f.OutOfFold, class); temperature == 1 {
		return 1
	}
	for _, head := range append([]Head{f.Head}, f.Heads...) {
		floats.Scale(1/temperature, head.last().Weight)
		floats.Scale(1/temperature, head.last().Bias)
	}
	return temperature
}

// Calibrate divides logits (photos, classes) by their temperature, or leaves them where no answer is wrong: 1.
func Calibrate(logits []float64, class []int) (temperature float64) {
	wrong := slices.ContainsFunc(Answers(logits, class), func(a Answer) bool { return !a.Right })
	if !wrong {
		return 1
	}
	temperature = Temperature(logits, class)
	floats.Scale(1/temperature, logits)
	return temperature
}

// Answers are those out of fold, photo by photo.
func (f *Fitted) Answers(class []int) []Answer { return Answers(f.OutOfFold, class) }

// Answers are those of logits (photos, classes).
func Answers(logits []float64, class []int) []Answer {
	k := len(logits) / len(class)
	answers, p := make([]Answer, len(class)), make([]float64, k)
	for i, c := range class {
		softmax(p, logits[i*k:][:k], c)
		best := floats.MaxIdx(p)
		answers[i] = Answer{Probability: p[best], Right: best == c}
	}
	return answers
}

// Gain is how much less the mean cross entropy of logits (photos, classes) is than that of others of the same photos.
type Gain struct {
	Before, After float64 // means; a probability of zero costs what it costs in scikit-learn
	StandardError float64 // of their difference, over photos
	Photos        int
}

// Clear tells a gain of more than its standard error: below that, the simpler of two models is kept (Breiman et al., 1984).
func (g Gain) Clear() bool { return g.Before-g.After > g.StandardError }

// Hopeless tells a loss of some dozens of photos that has grown by more than twice its standard error: more of them will hardly make a
// gain of it.
func (g Gain) Hopeless() bool { return g.Photos >= 30 && g.After-g.Before > 2*g.StandardError }

// CompareLosses finds the gain of logits over those before.
func CompareLosses(before, after []float64, class []int) Gain {
	a, b := losses(before, class), losses(after, class)
	g := Gain{Before: stat.Mean(a, nil), After: stat.Mean(b, nil), Photos: len(class)}
	floats.Sub(a, b)
	g.StandardError = stat.StdErr(stat.StdDev(a, nil), float64(len(a)))
	return g
}

// losses are the cross entropies of photos.
func losses(logits []float64, class []int) []float64 {
	k := len(logits) / len(class)
	p, all := make([]float64, k), make([]float64, len(class))
	for i, c := range class {
		all[i] = min(mostLoss, softmax(p, logits[i*k:][:k], c))
	}
	return all
}

// Temperature is what logits are divided by so that probabilities tell best how often they are right (Guo et al., 2017): that of the
// smallest loss on photos that the logits' heads have not seen. logits are (photos, classes).
func Temperature(logits []float64, class []int) float64 {
	if len(class) == 0 {
		return 1
	}
	k := len(logits) / len(class)
	p, z := make([]float64, k), make([]float64, k)
	loss := func(logT float64) float64 {
		t, sum := math.Exp(logT), 0.0
		for i, c := range class {
			for j := range z {
				z[j] = logits[i*k+j] / t
			}
			sum += softmax(p, z, c)
		}
		return sum
	}
	// The loss is convex in 1/t, so it has one minimum, which a golden section finds.
	ratio := (math.Sqrt(5) - 1) / 2
	low, high := math.Log(0.05), math.Log(20.0)
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, fb := loss(a), loss(b)
	for high-low > 1e-4 {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa = loss(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb = loss(b)
		}
	}
	return math.Exp((low + high) / 2)
}

// Threshold is the smallest probability at which as many of the answers are right as share says; ok is false where none is
// large enough.
func Threshold(answers []Answer, share float64) (probability float64, ok bool) {
	sorted := slices.Clone(answers)
	slices.SortStableFunc(sorted, func(a, b Answer) int { return cmp.Compare(b.Probability, a.Probability) })
	right := 0
	for i, a := range sorted {
		if a.Right {
			right++
		}
		if i+1 < len(sorted) && sorted[i+1].Probability == a.Probability {
			continue // they are all answered, or none
		}
		if float64(right) >= share*float64(i+1) {
			probability, ok = a.Probability, true
		}
	}
	return probability, ok
}
