package bind

import "slices"

// scalePicture takes a sum, difference, product or quotient of the picture and a constant for the normalization that it is.
func (r *onnxReader) scalePicture(n onnxNode) error {
	if r.channelsLast || r.users(n.Inputs[0]) != 1 {
		return n.refuse("it is not the only one that takes the picture")
	}
	constants, err := r.perChannel(n)
	if err != nil {
		return err
	}
	for i, c := range constants {
		switch n.Op {
		case "Add", "Sum":
			r.pixels.scale(i, 1, c)
		case "Sub":
			r.pixels.scale(i, 1, -c)
		case "Mul":
			r.pixels.scale(i, c, 0)
		case "Div":
			r.pixels.scale(i, 1/c, 0)
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
