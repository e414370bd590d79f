package imaging

import "math"

// precisionBits is the binary point of the integer weights, as in Pillow.
const precisionBits = 32 - 8 - 2

// axis says how the output pixels along one direction are made of input pixels:
// out[i] = Σ weights[i][k] · in[first[i]+k], each sum over taps[i] weights of 22 fractional bits.
type axis struct {
	first   []int
	weights [][]int32
	// single holds where every output is one input pixel unchanged: the pass is a copy.
	single bool
}

func (a axis) outputs() int { return len(a.first) }

// span is the range of input pixels that the outputs need.
func (a axis) span() (from, to int) {
	if len(a.first) == 0 {
		return 0, 0
	}
	from = math.MaxInt
	for i, first := range a.first {
		from = min(from, first)
		to = max(to, first+len(a.weights[i]))
	}
	return from, to
}

// longest is the largest number of inputs that one output needs.
func (a axis) longest() int {
	n := 0
	for _, w := range a.weights {
		n = max(n, len(w))
	}
	return n
}

// axisMemory is what newAxis allocates, in bytes.
func axisMemory(in, out, outputs int, f Interpolation) int64 {
	_, support := f.kernel()
	taps := math.Ceil(support*max(1, float64(in)/float64(out)))*2 + 1
	if f == Nearest || in == out {
		taps = 1
	}
	return int64(outputs)*(int64(taps)*4+32) + int64(taps)*8
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
	support *= filterScale
	inverse := 1 / filterScale

	n := to - from
	taps := int(math.Ceil(support))*2 + 1
	a := axis{first: make([]int, n), weights: make([][]int32, n)}
	store := make([]int32, n*taps)
	w := make([]float64, taps)
	for i := range n {
		center := (float64(from+i) + 0.5) * scale
		first := max(int(center-support+0.5), 0)
		w := w[:min(int(center+support+0.5), in)-first]
		sum := 0.0
		for k := range w {
			w[k] = weight(float64(float64(k+first)-center+0.5) * inverse)
			sum += w[k]
		}
		fixed := store[i*taps : i*taps+len(w) : (i+1)*taps]
		for k := range w {
			fixed[k] = fixedWeight(w[k], sum)
		}
		a.first[i], a.weights[i] = first, fixed
	}
	return a
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
	one := []int32{1 << precisionBits}
	a := axis{first: make([]int, to-from), weights: make([][]int32, to-from), single: true}
	for i := range a.first {
		a.first[i], a.weights[i] = at(from+i), one
	}
	return a
}

// mirrored is the axis of the same outputs over an input that runs the other way, itself in the order of that input.
func (a axis) mirrored(in int) axis {
	n := a.outputs()
	m := axis{first: make([]int, n), weights: make([][]int32, n), single: a.single}
	for i := range n {
		w := a.weights[n-1-i]
		m.first[i] = in - a.first[n-1-i] - len(w)
		m.weights[i] = make([]int32, len(w))
		for k := range w {
			m.weights[i][k] = w[len(w)-1-k]
		}
	}
	return m
}
