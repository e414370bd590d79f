// Package cam makes class activation maps (Zhou et al., 2016): where in a picture a network sees a class. Where a network
// ends in global average pooling and one linear layer they need no backward pass and are exact: the mean of a class's map
// and the class's bias are its logit.
package cam

import (
	"errors"
	"fmt"
	"math"

	"resnet/internal/graph"
	"resnet/internal/number"
	"resnet/internal/tensor"
)

// Map is a number for each place of a feature map, row by row.
type Map struct {
	Height, Width int
	Values        []float32
}

// Mean is the average of the values.
func (m Map) Mean() float64 {
	sum := 0.0
	for _, v := range m.Values {
		sum += float64(v)
	}
	return sum / float64(len(m.Values))
}

// Max is the largest of the values that are numbers, and finite; -Inf where none is.
func (m Map) Max() float64 {
	most := math.Inf(-1)
	for _, v := range m.Values {
		if x := float64(v); number.Finite(x) {
			most = max(most, x)
		}
	}
	return most
}

// Extent says in a few words what the largest value is, and how many places have none.
func (m Map) Extent() []string {
	var lines []string
	switch most := m.Max(); {
	case most > 0:
		lines = append(lines, fmt.Sprintf("max %.3g", most))
	case m.Finite() > 0:
		lines = append(lines, fmt.Sprintf("max %.3g, nothing above 0", most))
	}
	if bad := len(m.Values) - m.Finite(); bad > 0 {
		lines = append(lines, fmt.Sprintf("not finite at %d of %d places", bad, len(m.Values)))
	}
	return lines
}

// Head is the linear layer that ends a network: logit = weight · pooled + bias.
type Head struct {
	Pool, Linear string // paths of the pool before it, and of itself
	Channels     int
	Weight       []float32 // (classes, channels)
	Bias         []float32 // (classes), zeros where the layer has none
}

// FindHead finds the pool and the linear layer that a network ends in, and reads the layer's weights. It is an error if the
// network does not end in a linear layer, if what that takes is no global average (pooled, and flattened or not), or if the
// layer's weight or bias can't be read.
func FindHead(g *graph.Graph, weights graph.Weights) (*Head, error) {
	makes := g.Producers()
	last := makes[g.Output()]
	linear, ok := last.Op.(graph.Linear)
	if !ok {
		return nil, errors.New("the network does not end in a linear layer, so there is no map for each class")
	}
	before := makes[last.Inputs[0]]
	if _, ok := before.Op.(graph.Flatten); ok {
		before = makes[before.Inputs[0]]
	}
	if _, ok := before.Op.(graph.ReLU); ok {
		before = makes[before.Inputs[0]]
	}
	if _, ok := before.Op.(graph.Linear); ok {
		return nil, errors.New("several fully connected layers lie between the network's last map and its classes, so there is no map for each class")
	}
	if _, ok := before.Op.(graph.AdaptiveAvgPool); !ok {
		return nil, errors.New("the network does not average its last map, so there is no map for each class")
	}
	h := &Head{
		Pool: before.Path, Linear: last.Path, Channels: linear.In,
		Weight: make([]float32, linear.Out*linear.In), Bias: make([]float32, linear.Out),
	}
	for _, p := range linear.Params() {
		if err := weights.Read(h.Linear+"."+p.Name, map[string][]float32{"weight": h.Weight, "bias": h.Bias}[p.Name]); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Map is what each place of the last feature map, (1, channels, height, width), gives a class, in logits.
func (h *Head) Map(features tensor.Tensor, class int) Map {
	weight := h.Weight[class*h.Channels:][:h.Channels]
	return overChannels(features, func(sum, v float64, channel int) float64 { return sum + float64(weight[channel])*v }, nil)
}

// Strength is how strongly a layer responds at each place: the root mean square over its channels. It is of no class.
func Strength(features tensor.Tensor) Map {
	n := float64(features.Shape[1])
	return overChannels(features, func(sum, v float64, _ int) float64 { return sum + v*v },
		func(sum float64) float64 { return math.Sqrt(sum / n) })
}

// overChannels folds the channels of a feature map into one number a place.
func overChannels(features tensor.Tensor, add func(sum, v float64, channel int) float64, end func(float64) float64) Map {
	channels, height, width := features.Shape[1], features.Shape[2], features.Shape[3]
	sums := make([]float64, height*width)
	for c := range channels {
		for i, v := range features.Data[c*len(sums):][:len(sums)] {
			sums[i] = add(sums[i], float64(v), c)
		}
	}
	m := Map{Height: height, Width: width, Values: make([]float32, len(sums))}
	for i, sum := range sums {
		if end != nil {
			sum = end(sum)
		}
		m.Values[i] = float32(sum)
	}
	return m
}

// Finite counts the values that are numbers, and finite.
func (m Map) Finite() int {
	n := 0
	for _, v := range m.Values {
		if number.Finite(v) {
			n++
		}
	}
	return n
}

// At is the value at a point, in units of places from the left and the top edge, smoothly between the middles of places;
// beside a place whose value is not finite, that of the place which the point is in.
func (m Map) At(x, y float64) float64 {
	x0, fx := split(x, m.Width)
	y0, fy := split(y, m.Height)
	x1, y1 := min(x0+1, m.Width-1), min(y0+1, m.Height-1)
	v := func(x, y int) float64 { return float64(m.Values[y*m.Width+x]) }
	top := v(x0, y0)*(1-fx) + v(x1, y0)*fx
	bottom := v(x0, y1)*(1-fx) + v(x1, y1)*fx
	if mixed := top*(1-fy) + bottom*fy; number.Finite(mixed) {
		return mixed
	}
	inside := func(x float64, n int) int { return int(min(max(x, 0), float64(n-1))) }
	return v(inside(x, m.Width), inside(y, m.Height))
}

// split is the place whose middle lies before a point, and how far the point is on the way to the next middle.
func split(x float64, n int) (place int, part float64) {
	x = min(max(x-0.5, 0), float64(n-1))
	place = int(x)
	return place, x - float64(place)
}
