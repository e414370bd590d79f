// Package evaluate measures a classifier on labelled images: accuracy with confidence intervals, per class, confusions,
// calibration, and the images that it is most wrong about.
package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// Bins is the number of bins of the calibration error: equal widths of confidence, as in Guo et al. (2017).
const Bins = 15

// MostWrong is how many images of the largest loss are kept.
const MostWrong = 10

// Scores grow image by image.
type Scores struct {
	Images     int
	Top1, Top5 int // how many were right
	Classes    []ClassScore
	Confusion  map[Pair]int // (label, prediction) of images that were wrong
	Losses     []Loss       // the largest first
	bins       [Bins]struct{ images, right, confidence float64 }
	loss       float64 // of all images
}

// ClassScore is the part of one class.
type ClassScore struct{ Images, Top1, Top5 int }

// Pair is a class and what it was taken for.
type Pair struct{ Label, Predicted int }

// Loss is one image: its cross entropy -ln p(label), and the probability of what was predicted.
type Loss struct {
	File             string
	Label, Predicted int
	Probability      float64
	Loss             float64
}

// New makes empty scores for a number of classes.
func New(classes int) *Scores {
	return &Scores{Classes: make([]ClassScore, classes), Confusion: map[Pair]int{}}
}

// Add counts one image: its label, the probabilities of all classes, and their order, the most probable first. Where they
// are no numbers, nothing was predicted and the image is wrong.
func (s *Scores) Add(file string, label int, probability []float64, order []int) {
	class := &s.Classes[label]
	s.Images++
	class.Images++
	best := probability[order[0]]
	rank := slices.Index(order, label)
	switch {
	case math.IsNaN(best):
		rank = len(order)
	case rank == 0:
		s.Top1++
		class.Top1++
	default:
		s.Confusion[Pair{label, order[0]}]++
	}
	if rank < min(5, len(order)) {
		s.Top5++
		class.Top5++
	}
	bin := &s.bins[min(Bins-1, max(0, int(orZero(best)*Bins)))]
	bin.images++
	bin.confidence += best
	if rank == 0 {
		bin.right++
	}
	loss := -math.Log(probability[label])
	s.loss += loss
	s.Losses = append(s.Losses, Loss{file, label, order[0], best, loss})
	slices.SortStableFunc(s.Losses, func(a, b Loss) int { return cmp.Compare(b.Loss, a.Loss) })
	s.Losses = s.Losses[:min(len(s.Losses), MostWrong)]
}

// orZero is v, and 0 for NaN, which has no integer.
func orZero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// CalibrationError is the expected calibration error: how far confidence and accuracy lie apart, on the average over the
// images; NaN where a confidence is no number.
func (s *Scores) CalibrationError() float64 {
	sum := 0.0
	for _, b := range s.bins {
		sum += math.Abs(b.right - b.confidence)
	}
	return sum / float64(s.Images)
}

// LogLoss is the mean cross entropy of the images.
func (s *Scores) LogLoss() float64 { return s.loss / float64(s.Images) }

// Bin is the images whose confidence lies in one of the ranges of the calibration error.
type Bin struct {
	Images, Right int
	Confidence    float64 // mean
}

// Reliability is the bins from the least confidence to the most; those without an image too.
func (s *Scores) Reliability() []Bin {
	bins := make([]Bin, Bins)
	for i, b := range s.bins {
		bins[i] = Bin{Images: int(b.images), Right: int(b.right), Confidence: b.confidence / max(1, b.images)}
	}
	return bins
}

// z95 is the normal distribution's quantile at 97.5 %.
const z95 = 1.959963984540054

// Interval is Wilson's 95 % confidence interval of a share, k of n.
func Interval(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = z95
	p, size := float64(k)/float64(n), float64(n)
	centre := p + z*z/(2*size)
	spread := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	return max(0, (centre-spread)/scale), min(1, (centre+spread)/scale)
}
