package imaging

import "math"

// precisionBits is the binary point of the integer weights, as in Pillow.
const precisionBits = 32 - 8 - 2

// axis says how the output pixels along one direction are made of input pixels:
// out[i] = Σ weights[i·taps+k] · in[first[i]+k] for k below count[i]; the weights have 22 fractional bits.
type axis struct {
	first, count []int32 // (outputs)
	weights      []int32 // (outputs, taps)
	taps         int
	// single holds where every output is one input pixel unchanged: the pass is a copy.
	single bool
}

func (a axis) outputs() int { return len(a.first) }

// window is the input pixels that output i needs, and their weights.
func (a axis) window(i int) (first int, weights []int32) {
	at := i * a.taps
	return int(a.first[i]), a.weights[at : at+int(a.count[i])]
}

// end is the input pixel behind those that output i needs.
func (a axis) end(i int) int { return int(a.first[i] + a.count[i]) }

// span is the range of input pixels that the outputs need.
func (a axis) span() (from, to int) {
	if a.outputs() == 0 {
		return 0, 0
	}
	from = math.MaxInt
	for i := range a.outputs() {
		from, to = min(from, int(a.first[i])), max(to, a.end(i))
	}
	return from, to
}

// axisMemory is what newAxis allocates, in bytes.
func axisMemory(in, out, outputs int, f Interpolation) int64 {
	_, support := f.kernel()
	taps := math.Ceil(support*max(1, float64(in)/float64(out)))*2 + 1
	if f == Nearest || in == out {
		taps = 1
	}
	return int64(outputs)*(int64(taps)*4+8) + int64(taps)*8
}

// newAxis makes the outputs from … to-1 of a resize of in pixels to out.
func newAxis(in, out, from, to int, f Interpolation) axis {
	switch {
	case in == out:
		return singleAxis(from, to, func(i int) int { return i })
	case f == Nearest:
		return nearestAxis(in, out, from, to)
	}
	weight, support := f.kernel()
	scale := float64(in) / float64(out)
	filterScale := max(scale, 1)
	support = float64(support * filterScale)
	inverse := 1 / filterScale

	a := emptyAxis(to-from, int(math.Ceil(support))*2+1)
	w := make([]float64, a.taps)
	for i := range a.outputs() {
		center := float64((float64(from+i) + 0.5) * scale)
		first := max(int(center-support+0.5), 0)
		w := w[:min(int(center+support+0.5), in)-first]
		sum := 0.0
		for k := range w {
			w[k] = weight(float64(float64(k+first)-center+0.5) * inverse)
			sum += w[k]
		}
		for k := range w {
			a.weights[i*a.taps+k] = fixedWeight(w[k], sum)
		}
		a.first[i], a.count[i] = int32(first), int32(len(w))
	}
	return a
}

func emptyAxis(outputs, taps int) axis {
	return axis{first: make([]int32, outputs), count: make([]int32, outputs), weights: make([]int32, outputs*taps), taps: taps}
}

// fixedWeight is a weight over the sum of them all, rounded to the fixed point away from zero.
func fixedWeight(w, sum float64) int32 {
	if sum != 0 {
		w /= sum
	}
	w = float64(w * (1 << precisionBits))
	if w < 0 {
		return int32(w - 0.5)
	}
	return int32(w + 0.5)
}

// nearestAxis adds the step up, as Pillow does: a product would round differently.
func nearestAxis(in, out, from, to int) axis {
	step := float64(in) / float64(out)
	at := step * 0.5
	index := make([]int, to-from)
	for i := range to {
		if i >= from {
			index[i-from] = min(int(at), in-1)
		}
		at += step
	}
	return singleAxis(from, to, func(i int) int { return index[i-from] })
}

func singleAxis(from, to int, at func(i int) int) axis {
	a := emptyAxis(to-from, 1)
	a.single = true
	for i := range a.outputs() {
		a.first[i], a.count[i], a.weights[i] = int32(at(from+i)), 1, 1<<precisionBits
	}
	return a
}

// mirrored is the axis of the same outputs over an input that runs the other way, itself in the order of that input.
func (a axis) mirrored(in int) axis {
	n := a.outputs()
	m := emptyAxis(n, a.taps)
	m.single = a.single
	for i := range n {
		first, weights := a.window(n - 1 - i)
		m.first[i], m.count[i] = int32(in-first-len(weights)), int32(len(weights))
		for k, w := range weights {
			m.weights[i*m.taps+len(weights)-1-k] = w
		}
	}
	return m
}
