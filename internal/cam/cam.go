// Package cam makes class activation maps (Zhou et al., 2016): where in a picture a network sees a class. Where a network
// ends in global average pooling and one linear layer they need no backward pass and are exact: the mean of a class's map
// and the class's bias are its logit. Where hidden layers lie between, maps are those of the logit's gradient.
package cam

import (
	"errors"
	"fmt"
	"math"
	"slices"

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

// Head is what ends a network behind a global average: logit = weight · pooled + bias, or several such layers with a ReLU between two.
type Head struct {
	Pool     string // path of the pool
	Channels int
	Layers   []Layer
}

// Layer is a fully connected one.
type Layer struct {
	Path            string
	Inputs, Outputs int
	Weight          []float32 // (outputs, inputs)
	Bias            []float32 // (outputs), zeros where the layer has none
}

// FindHead finds the pool and the linear layers that a network ends in, and reads the layers' weights. It is an error if the
// network does not end in a linear layer, if what the first takes is no global average (pooled, and flattened or not), or if a
// layer's weight or bias can't be read.
func FindHead(g *graph.Graph, weights graph.Weights) (*Head, error) {
	makes := g.Producers()
	call := makes[g.Output()]
	h := &Head{}
	for {
		linear, ok := call.Op.(graph.Linear)
		if !ok {
			break
		}
		layer, err := readLayer(call.Path, linear, weights)
		if err != nil {
			return nil, err
		}
		h.Layers = slices.Insert(h.Layers, 0, layer)
		call = makes[call.Inputs[0]]
		if _, ok := call.Op.(graph.Flatten); ok {
			call = makes[call.Inputs[0]]
		}
		if _, ok := call.Op.(graph.ReLU); ok {
			call = makes[call.Inputs[0]]
		} else if _, ok := call.Op.(graph.Linear); ok {
			return nil, errors.New("there is no ReLU between two fully connected layers at the network's end, so there is no map for each class")
		}
	}
	if h.Layers == nil {
		return nil, errors.New("the network does not end in a linear layer, so there is no map for each class")
	}
	if _, ok := call.Op.(graph.AdaptiveAvgPool); !ok {
		return nil, errors.New("the network does not average its last map, so there is no map for each class")
	}
	h.Pool, h.Channels = call.Path, h.Layers[0].Inputs
	return h, nil
}

func readLayer(path string, linear graph.Linear, weights graph.Weights) (Layer, error) {
	l := Layer{path, linear.In, linear.Out, make([]float32, linear.Out*linear.In), make([]float32, linear.Out)}
	for _, p := range linear.Params() {
		if err := weights.Read(path+"."+p.Name, map[string][]float32{"weight": l.Weight, "bias": l.Bias}[p.Name]); err != nil {
			return l, err
		}
	}
	return l, nil
}

// Linear tells that one layer makes logits of pooled features: maps are exact.
func (h *Head) Linear() bool { return len(h.Layers) == 1 }

// Bias is what the last layer adds to a class.
func (h *Head) Bias(class int) float64 { return float64(h.Layers[len(h.Layers)-1].Bias[class]) }

// Meaning says what a value of a map is.
func (h *Head) Meaning() string {
	if h.Linear() {
		return "what each place gives the class, in logits"
	}
	return "what each place has along the gradient of the class's logit at the pooled features, as hidden layers lie between"
}

// Map is what each place of the last feature map, (1, channels, height, width), gives a class, in logits. With hidden layers it is
// the product with the gradient of the logit at the mean of the places, as Grad-CAM has it before its ReLU (Selvaraju et al., 2017).
func (h *Head) Map(features tensor.Tensor, class int) Map {
	weight := h.gradient(features, class)
	return overChannels(features, func(sum, v float64, channel int) float64 { return sum + weight[channel]*v }, nil)
}

// gradient is that of a class's logit by the pooled features, (channels).
func (h *Head) gradient(features tensor.Tensor, class int) []float64 {
	last := h.Layers[len(h.Layers)-1]
	slope := make([]float64, last.Inputs)
	for i, w := range last.Weight[class*last.Inputs:][:last.Inputs] {
		slope[i] = float64(w)
	}
	if h.Linear() {
		return slope
	}
	sums := h.hidden(features)
	for i := len(sums) - 1; i >= 0; i-- {
		layer := h.Layers[i]
		before := make([]float64, layer.Inputs)
		for unit, sum := range sums[i] {
			if sum > 0 {
				for j, w := range layer.Weight[unit*layer.Inputs:][:layer.Inputs] {
					before[j] += slope[unit] * float64(w)
				}
			}
		}
		slope = before
	}
	return slope
}

// hidden are the outputs of all layers but the last, before their ReLU.
func (h *Head) hidden(features tensor.Tensor) [][]float64 {
	places := features.Shape[2] * features.Shape[3]
	x := make([]float64, h.Channels)
	for c := range x {
		for _, v := range features.Data[c*places:][:places] {
			x[c] += float64(v) / float64(places)
		}
	}
	var sums [][]float64
	for _, layer := range h.Layers[:len(h.Layers)-1] {
		out, next := make([]float64, layer.Outputs), make([]float64, layer.Outputs)
		for i := range out {
			out[i] = float64(layer.Bias[i])
			for j, w := range layer.Weight[i*layer.Inputs:][:layer.Inputs] {
				out[i] += float64(w) * x[j]
			}
			next[i] = max(0, out[i])
		}
		sums, x = append(sums, out), next
	}
	return sums
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
