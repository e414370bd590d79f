package bind

import (
	"math"
	"slices"
)

// onnxPixels is what a graph itself does to a picture before the first layer: x·times + plus, of each channel.
type onnxPixels struct {
	said        bool
	times, plus [3]float64
}

// scalePicture takes a sum, difference, product or quotient of the picture and a constant for the normalization that it is.
func (r *onnxReader) scalePicture(n onnxNode) error {
	if r.channelsLast || r.users(n.Inputs[0]) != 1 {
		return n.refuse("it is not the only one that takes the picture")
	}
	constants, err := r.perChannel(n)
	if err != nil {
		return err
	}
	p := &r.pixels
	if !p.said {
		p.said, p.times = true, [3]float64{1, 1, 1}
	}
	for i, c := range constants {
		switch n.Op {
		case "Add", "Sum":
			p.plus[i] += c
		case "Sub":
			p.plus[i] -= c
		case "Mul":
			p.times[i], p.plus[i] = p.times[i]*c, p.plus[i]*c
		case "Div":
			p.times[i], p.plus[i] = p.times[i]/c, p.plus[i]/c
		}
	}
	return nil
}

// perChannel reads a constant of one number, or of one for each of three channels.
func (r *onnxReader) perChannel(n onnxNode) (list [3]float64, err error) {
	name := n.Inputs[1]
	info, ok := r.weights.Info(name)
	count := info.Shape.Elements()
	if last := len(info.Shape); !ok || !info.DType.Floating() || count != 1 && !(count == 3 && last >= 3 && info.Shape[last-3] == 3) {
		return list, n.refuse("%q is not one number, or one for each channel", n.Inputs[1])
	}
	values := make([]float32, count)
	if err := r.weights.Read(name, values); err != nil {
		return list, err
	}
	for i := range list {
		list[i] = float64(values[i%count])
	}
	return list, nil
}

// preprocess is the normalization as one of values in 0 … 1, (x - mean) / std. Numbers as large as bytes tell of a picture in
// 0 … 255.
func (p onnxPixels) preprocess() (*Preprocess, bool) {
	out := &Preprocess{}
	for i := range p.times {
		out.Mean[i], out.Std[i] = -p.plus[i]/p.times[i], 1/p.times[i]
	}
	const large = 2
	if slices.Max(out.Mean[:]) > large || slices.Max(out.Std[:]) > large {
		for i := range p.times {
			out.Mean[i], out.Std[i] = out.Mean[i]/255, out.Std[i]/255
		}
	}
	for i := range p.times {
		if !(math.Abs(out.Mean[i]) < 1e6 && out.Std[i] >= 1e-6 && out.Std[i] < 1e6) {
			return nil, false
		}
	}
	return out, true
}

// transpose is of a picture whose channels stand last, as TensorFlow has them.
func (r *onnxReader) transpose(n onnxNode, from int) (int, error) {
	perm, _ := n.ints("perm")
	in := &r.operators[from]
	if in.kind != opInput || !slices.Equal(perm, []int64{0, 3, 1, 2}) || r.channelsLast || r.users(n.Inputs[0]) != 1 {
		return 0, n.refuse("it is not that of the picture")
	}
	r.channelsLast = true
	in.size = [3]int{in.size[2], in.size[0], in.size[1]}
	return from, nil
}
