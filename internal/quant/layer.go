package quant

import (
	"fmt"
	"math"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/ops"
)

// Layer is a quantized layer, with its batch norm folded in.
type Layer struct {
	Group                   engine.Int8Group
	Path                    string
	Weight                  []int8    // (out, in/groups, kh, kw)
	Scale                   []float32 // of each output channel
	Shift                   []float32 // what the batch norm comes to, or the bias of a fully connected layer; nil for none
	Input, Residual, Output ops.Int8Param
}

// quantize folds the batch norm and rounds the weights, symmetrically in each output channel, kernel by kernel. What rounding changes of a
// channel's mean, given those of the inputs, is taken back by its shift, where it has one: the bias correction of Nagel et
// al. (2019), section 4.2.
func (l *Layer) quantize(w graph.Weights, g *graph.Graph, bits int, means []float64) error {
	name := l.Path + weightSuffix
	info, ok := w.Info(name)
	if !ok {
		return fmt.Errorf("parameter %q is missing", name)
	}
	weights := make([]float32, info.Shape.Elements())
	if err := w.Read(name, weights); err != nil {
		return fmt.Errorf("parameter %q: %w", name, err)
	}
	channels, taps, groups := info.Shape[0], 1, 1
	if conv, ok := g.Calls[l.Group.Layer].Op.(graph.Conv); ok {
		taps, groups = conv.Kernel*conv.Kernel, conv.Groups
	}
	var scale []float32
	var err error
	switch op, linear := g.Calls[l.Group.Layer].Op.(graph.Linear); {
	case l.Group.BatchNorm >= 0:
		scale, l.Shift, err = engine.ReadBatchNorm(w, g.Calls[l.Group.BatchNorm].Path, channels)
	case linear && !op.NoBias:
		l.Shift = make([]float32, channels)
		err = w.Read(l.Path+".bias", l.Shift)
	}
	if err != nil {
		return err
	}
	l.Weight, l.Scale = make([]int8, len(weights)), make([]float32, channels)
	each, most := len(weights)/channels, float64(int(1)<<(bits-1)-1)
	steps := make([]float64, each)
	for o := range channels {
		channel, fold, shift := weights[o*each:][:each], 1.0, 0.0
		if scale != nil {
			fold = float64(scale[o])
		}
		if l.Shift != nil {
			shift = float64(l.Shift[o])
		}
		step, drift := l.scaleOf(channel, fold, shift, most), 0.0
		if checkScale("", step) != nil {
			return fmt.Errorf("layer %s: output channel %d has weights, or saw values, that are NaN or infinite", l.Path, o)
		}
		l.Scale[o] = step
		group := o / (channels / groups) * (len(means) / groups) // its first input
		for i, v := range channel {
			steps[i] = fold * float64(v) / float64(step)
		}
		for i := 0; i < each; i += taps {
			bytes, exact := l.Weight[o*each+i:][:taps], steps[i:][:taps]
			roundKernel(bytes, exact, most)
			for k, q := range bytes {
				drift += float64(float64(float64(q)-exact[k])*float64(step)) * means[group+i/taps]
			}
		}
		if l.Shift != nil {
			l.Shift[o] = float32(shift - drift)
		}
	}
	return nil
}

// scaleOf makes the largest weight of a channel the largest byte. A channel of next to no weights gets a scale with which
// its shift is a sum of 32 bits all the same.
func (l *Layer) scaleOf(channel []float32, fold, shift, most float64) float32 {
	largest := 0.0
	for _, v := range channel {
		largest = max(largest, math.Abs(fold*float64(v)))
	}
	offsets := math.Abs(shift) + 255*float64(l.Output.Scale+l.Residual.Scale)
	scale := max(largest/most, offsets/float64(l.Input.Scale)/(1<<28))
	if scale < math.SmallestNonzeroFloat32*(1<<24) {
		return 1
	}
	return float32(scale)
}
