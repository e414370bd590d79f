package engine

import (
	"errors"
	"fmt"
	"math"

	"resnet/internal/graph"
	"resnet/internal/ops"
)

// Int8 is how layers of a network are computed in bytes, by the path of the convolution or fully connected layer. Batch
// norms are folded into the weights: those of the graph add their shift alone.
type Int8 map[string]Int8Layer

// Int8Layer is a layer in bytes. Input, Residual and Output say what the bytes stand for of the values that it reads, adds
// and puts out, the latter after all that follows it up to the next layer.
type Int8Layer struct {
	Read     func(dst []int8) error // the weights (out, in/groups, kh, kw)
	Scale    []float32              // of the weights of each output channel
	Input    ops.Int8Param
	Residual ops.Int8Param // a scale of zero: nothing is added
	Output   ops.Int8Param // a scale of zero: it puts out floats
}

// Int8Group is a layer that can be computed in bytes, with what is fused to it: calls of the graph.
type Int8Group struct {
	Layer     int           // the convolution or fully connected layer
	BatchNorm int           // the batch norm behind; -1 for none
	Add       int           // the add; -1 for none
	Input     graph.Value   // what it reads
	Residual  []graph.Value // what is added, or none
	Output    graph.Value   // what it puts out
}

// Int8Groups lists the layers of a graph that can be computed in bytes.
func Int8Groups(g *graph.Graph) []Int8Group {
	var groups []Int8Group
	for _, one := range fuse(g, make([]bool, g.Values()), isOp[graph.Conv]) {
		call := g.Calls[one.first]
		if !call.Kind().Weighted() {
			continue
		}
		group := Int8Group{Layer: one.first, BatchNorm: one.batchNorm, Add: one.add, Input: call.Inputs[0], Output: g.Calls[one.last()].Output}
		if one.add != none {
			group.Residual = []graph.Value{skip(g, one)}
		}
		groups = append(groups, group)
	}
	return groups
}

// SameBytes gives for each value the one whose bytes it has: what a max pool and a flattening put out stands for the same
// numbers as what they read.
func SameBytes(g *graph.Graph) []graph.Value {
	same := make([]graph.Value, g.Values())
	for v := range same {
		same[v] = graph.Value(v)
	}
	for _, call := range g.Calls {
		if !call.Computes() {
			continue
		}
		switch call.Op.(type) {
		case graph.MaxPool, graph.Flatten:
			same[call.Output] = same[call.Inputs[0]]
		}
	}
	return same
}

// Int8Params finds what the bytes of each value stand for; a scale of zero where nobody says so.
func Int8Params(g *graph.Graph, layers Int8) ([]ops.Int8Param, error) {
	same := SameBytes(g)
	params := make([]ops.Int8Param, g.Values())
	var errs []error
	for _, one := range Int8Groups(g) {
		path := g.Calls[one.Layer].Path
		layer, ok := layers[path]
		if !ok {
			continue
		}
		set := func(what string, v graph.Value, p ops.Int8Param) {
			v = same[v]
			if old := params[v]; old.Scale != 0 && old != p {
				errs = append(errs, fmt.Errorf("%s: its %s has scale %g and zero point %d, and %g and %d elsewhere", path, what, p.Scale, p.Zero, old.Scale, old.Zero))
			}
			params[v] = p
		}
		set("input", one.Input, layer.Input)
		for _, v := range one.Residual {
			if layer.Residual.Scale == 0 {
				errs = append(errs, fmt.Errorf("%s: the scale of what is added to it is missing", path))
				continue
			}
			set("residual", v, layer.Residual)
		}
		if layer.Output.Scale != 0 {
			set("output", one.Output, layer.Output)
		}
	}
	for v, s := range same {
		params[v] = params[s]
	}
	return params, errors.Join(errs...)
}

// int8Weights is what a kernel packs of a layer whose output is bytes, or floats where output has no scale. shift is what
// is added to each channel. The products with a zero point, the shift and the zero points of residual and output are one
// integer: the sums' own steps are so small that its rounding does not count.
func int8Weights(weight []int8, l Int8Layer, output ops.Int8Param, shift []float32) (ops.Int8Weights, error) {
	w := ops.Int8Weights{Weight: weight, Bias: make([]int32, len(l.Scale)), Scale: make([]float32, len(l.Scale))}
	depth := len(weight) / len(l.Scale)
	for o, weightScale := range l.Scale {
		sum, most := 0, 0
		for _, v := range weight[o*depth:][:depth] {
			sum, most = sum+int(v), most+max(int(v), -int(v))
		}
		step := float64(l.Input.Scale) * float64(weightScale) // of the sums
		real, scale, added := float64(shift[o]), step, 0.0
		if output.Scale != 0 {
			real += float64(float64(output.Scale) * float64(output.Zero))
			real -= float64(float64(l.Residual.Scale) * float64(l.Residual.Zero))
			scale = step / float64(output.Scale)
			added = 255 * float64(l.Residual.Scale) / float64(output.Scale)
		}
		bias := math.RoundToEven(real/step) - float64(int(l.Input.Zero)*sum)
		bound := math.Abs(bias) + 255*float64(most)
		if !(bound < math.MaxInt32) || !(bound*scale+added < math.MaxInt32) {
			return w, fmt.Errorf("output channel %d: its sums do not fit into 32 bits with a scale of %g", o, weightScale)
		}
		w.Bias[o], w.Scale[o] = int32(bias), float32(scale)
	}
	return w, nil
}
