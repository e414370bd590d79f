package bind

import "math"

// blur is a convolution behind a padding that reflects: of each channel with the binomial filter, as timm has it. It takes the
// place of the padding.
func (r *onnxReader) blur(n onnxNode, op operator, weight string) (int, error) {
	info, _ := r.weights.Info(weight)
	if op.bias || op.kernel != 3 || op.dilation != 1 || op.groups != op.out || info.Shape[1] != 1 || r.users(n.Inputs[0]) != 1 {
		return 0, n.refuse("it takes a map that is padded by reflection, and blurs it by no filter of 3×3 for each channel")
	}
	filter := make([]float32, info.Shape.Elements())
	if err := r.weights.Read(weight, filter); err != nil {
		return 0, err
	}
	line := [3]float64{0.25, 0.5, 0.25}
	for i, v := range filter {
		if want := line[i%9/3] * line[i%3]; math.Abs(float64(v)-want) > 1e-6 {
			return 0, n.refuse("it blurs by %g, where the binomial filter has %g", v, want)
		}
	}
	return r.become(op, opBlur), nil
}

// average is an average pool. Behind a padding that reflects, two of 2×2 pixels are a blur: our own way to write it.
func (r *onnxReader) average(n onnxNode, op operator) (at int, err error) {
	before := r.operators[op.inputs[0]].kind
	if before != opReflection && before != opHalfBlur {
		return 0, nil
	}
	if op.kernel != 2 || op.ceil || r.users(n.Inputs[0]) != 1 || before == opReflection && op.stride != 1 {
		return 0, n.refuse("it averages a map that is padded by reflection, and is no half of a blur")
	}
	if before == opReflection {
		return r.become(op, opHalfBlur), nil
	}
	return r.become(op, opBlur), nil
}

// become puts op in the place of the operator that it takes.
func (r *onnxReader) become(op operator, kind operatorKind) int {
	at := op.inputs[0]
	op.kind, op.inputs = kind, r.operators[at].inputs
	r.operators[at] = op
	return at
}
