package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// mapWeights are weights in memory.
type mapWeights struct {
	graph  *graph.Graph
	values map[string][]float32
}

// randomWeights are weights whose batch norms do something and keep activations near 1.
func randomWeights(g *graph.Graph, rng *rand.Rand) *mapWeights {
	w := &mapWeights{g, map[string][]float32{}}
	for _, p := range g.Params() {
		values := make([]float32, p.Shape.Elements())
		low, high := -1.0, 1.0
		if _, ok := g.Calls[p.Call].Op.(graph.BatchNorm); ok && !strings.HasSuffix(p.Name, "mean") && !strings.HasSuffix(p.Name, "bias") {
			low, high = 0.3, 1.5
		} else if len(p.Shape) > 1 {
			high = math.Sqrt(3 / float64(p.Shape.Elements()/p.Shape[0]))
			low = -high
		}
		for i := range values {
			values[i] = float32(low + (high-low)*rng.Float64())
		}
		w.values[p.Name] = values
	}
	return w
}

func (w *mapWeights) Names() []string { return nil }

func (w *mapWeights) Info(name string) (tensor.Info, bool) {
	for _, p := range w.graph.Params() {
		if _, ok := w.values[name]; ok && p.Name == name {
			return tensor.Info{Shape: p.Shape, DType: tensor.Float32}, true
		}
	}
	return tensor.Info{}, false
}

func (w *mapWeights) Read(name string, dst []float32) error {
	values, ok := w.values[name]
	if !ok || len(values) != len(dst) {
		return fmt.Errorf("%d values, want %d", len(values), len(dst))
	}
	copy(dst, values)
	return nil
}

// reference computes every value of a graph in float64, layer by layer as PyTorch's documentation defines them.
func reference(g *graph.Graph, w *mapWeights, input tensor.Tensor) [][]float64 {
	shapes, err := g.Shapes(input.Shape)
	if err != nil {
		panic(err)
	}
	values := make([][]float64, g.Values())
	values[g.Input()] = widen(input.Data)
	for _, call := range g.Calls {
		if !call.Computes() {
			continue
		}
		x := values[call.Inputs[0]]
		in, out := mapOf(shapes[call.Inputs[0]], 0), mapOf(shapes[call.Output], 0)
		param := func(name string) []float64 { return widen(w.values[call.Path+"."+name]) }
		y := make([]float64, shapes[call.Output].Elements())
		switch op := call.Op.(type) {
		case graph.Conv:
			referenceConv(y, x, param("weight"), op, in, out)
		case graph.BatchNorm:
			weight, bias, mean, variance := param("weight"), param("bias"), param("running_mean"), param("running_var")
			for i := range y {
				c := i / out.area() % out.c
				y[i] = (x[i]-mean[c])/math.Sqrt(variance[c]+1e-5)*weight[c] + bias[c]
			}
		case graph.ReLU:
			for i := range y {
				y[i] = max(0, x[i])
			}
		case graph.Add:
			for i := range y {
				y[i] = x[i] + values[call.Inputs[1]][i]
			}
		case graph.MaxPool:
			referencePool(y, x, op.Kernel, op.Stride, op.Padding, in, out, func(window []float64) float64 {
				most := math.Inf(-1)
				for _, v := range window {
					most = max(most, v)
				}
				return most
			})
		case graph.AvgPool:
			referencePool(y, x, op.Kernel, op.Stride, 0, in, out, mean)
		case graph.AdaptiveAvgPool:
			for i := range y {
				y[i] = mean(x[i*in.area():][:in.area()])
			}
		case graph.Flatten:
			copy(y, x)
		case graph.Pad:
			for i := range y {
				n, c, h, w := i/(out.c*out.area()), i/out.area()%out.c-op.Before, i/out.w%out.h, i%out.w
				if c >= 0 && c < in.c {
					y[i] = x[((n*in.c+c)*in.h+h*op.Stride)*in.w+w*op.Stride]
				}
			}
		case graph.Linear:
			weight, bias := param("weight"), param("bias")
			for i := range y {
				y[i] = bias[i%op.Out]
				for j := range op.In {
					y[i] += weight[i%op.Out*op.In+j] * x[i/op.Out*op.In+j]
				}
			}
		}
		values[call.Output] = y
	}
	return values
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func referenceConv(y, x, weight []float64, op graph.Conv, in, out featureMap) {
	perGroup, k := op.In/op.Groups, op.Kernel
	for i := range y {
		n, o, oh, ow := i/(out.c*out.area()), i/out.area()%out.c, i/out.w%out.h, i%out.w
		first := o / (op.Out / op.Groups) * perGroup
		for c := range perGroup {
			for kh := range k {
				for kw := range k {
					h, w := oh*op.Stride-op.Padding+kh*op.Dilation, ow*op.Stride-op.Padding+kw*op.Dilation
					if h >= 0 && w >= 0 && h < in.h && w < in.w {
						y[i] += weight[((o*perGroup+c)*k+kh)*k+kw] * x[((n*in.c+first+c)*in.h+h)*in.w+w]
					}
				}
			}
		}
	}
}

func referencePool(y, x []float64, kernel, stride, padding int, in, out featureMap, reduce func([]float64) float64) {
	for i := range y {
		plane, oh, ow := i/out.area(), i/out.w%out.h, i%out.w
		var window []float64
		for h := max(0, oh*stride-padding); h < min(in.h, oh*stride-padding+kernel); h++ {
			for w := max(0, ow*stride-padding); w < min(in.w, ow*stride-padding+kernel); w++ {
				window = append(window, x[plane*in.area()+h*in.w+w])
			}
		}
		y[i] = reduce(window)
	}
}
