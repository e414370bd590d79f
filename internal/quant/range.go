package quant

import (
	"math"

	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// bins is the resolution of a histogram.
const bins = 4096

// histogram is how the values of a feature map lie in their range, which always has 0 in it.
type histogram struct {
	low, high float32
	counts    []float64
	sums      []float64 // of each channel
	places    float64   // that were summed
}

// see takes in a feature map, (1, channels, …): its range, or how it lies in it.
func (h *histogram) see(t tensor.Tensor, count bool) {
	h.add(t.Data, count)
	if !count {
		return
	}
	if h.sums == nil {
		h.sums = make([]float64, t.Shape[1])
	}
	area := len(t.Data) / len(h.sums)
	h.places += float64(area)
	for c := range h.sums {
		for _, v := range t.Data[c*area:][:area] {
			h.sums[c] += float64(v)
		}
	}
}

// means are those of the channels.
func (h *histogram) means() []float64 {
	means := make([]float64, len(h.sums))
	for c, sum := range h.sums {
		means[c] = sum / h.places
	}
	return means
}

func (h *histogram) add(values []float32, count bool) {
	if !count {
		for _, v := range values {
			h.low, h.high = min(h.low, v), max(h.high, v)
		}
		return
	}
	scale := bins / (h.high - h.low)
	for _, v := range values {
		h.counts[min(bins-1, max(0, int((v-h.low)*scale)))]++
	}
}

// centre is the value in the middle of a bin.
func (h *histogram) centre(bin int) float64 {
	return float64(h.low) + (float64(bin)+0.5)*float64(h.high-h.low)/bins
}

// Method chooses what the bytes of a feature map stand for.
type Method func(*histogram) ops.Int8Param

// The methods by name.
var methods = map[string]Method{"minmax": minMax, "percentile": percentile, "mse": leastSquares}

// MethodNames are the names of the methods, the default first.
var MethodNames = []string{"mse", "percentile", "minmax"}

// MethodOf is the method of a name of MethodNames.
func MethodOf(name string) Method { return methods[name] }

// paramOf has a byte for each end of a range, and one for 0.
func paramOf(low, high float64) ops.Int8Param {
	scale := float32((high - low) / 255)
	if !(scale > math.SmallestNonzeroFloat32*(1<<24)) {
		return ops.Int8Param{Scale: 1} // nothing but zeros
	}
	return ops.Int8Param{Scale: scale, Zero: uint8(math.Round(-low / float64(scale)))}
}

// minMax keeps all that was seen.
func minMax(h *histogram) ops.Int8Param { return paramOf(float64(h.low), float64(h.high)) }

// outside is the share of the values that percentile leaves out at either end.
const outside = 1e-5

// percentile leaves out the largest and the smallest.
func percentile(h *histogram) ops.Int8Param {
	total := 0.0
	for _, n := range h.counts {
		total += n
	}
	low, high := float64(h.low), float64(h.high)
	width := float64(h.high-h.low) / bins
	for i, left := 0, total*outside; i < bins && h.counts[i] <= left; i++ {
		left -= h.counts[i]
		low = float64(h.low) + float64(i+1)*width
	}
	for i, left := bins-1, total*outside; i >= 0 && h.counts[i] <= left; i-- {
		left -= h.counts[i]
		high = float64(h.low) + float64(i)*width
	}
	return paramOf(min(low, 0), max(high, 0))
}

// leastSquares takes the part of the range with the least squared error, of rounding and of what is cut off.
func leastSquares(h *histogram) ops.Int8Param {
	best, least := minMax(h), math.Inf(1)
	for part := 1.0; part > 0.2; part -= 0.01 {
		p := paramOf(part*float64(h.low), part*float64(h.high))
		sum := 0.0
		for i, n := range h.counts {
			if n > 0 {
				x := float32(h.centre(i))
				d := float64(x - p.Dequantize(p.Quantize(x, 1/p.Scale)))
				sum += n * d * d
			}
		}
		if sum < least {
			best, least = p, sum
		}
	}
	return best
}
