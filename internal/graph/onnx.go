package graph

// ONNX is an operator of ONNX, opset 20, which computes an Op or a part of it: the first takes the call's inputs, each
// further one what the one before puts out.
type ONNX struct {
	Type   string     // Conv
	Params []string   // those of the Op's Params that are inputs too, in ONNX's order
	Lists  []ONNXList // of whole numbers, which are inputs behind those
	Attrs  []ONNXAttr
}

// ONNXList is an input of ONNX that is no parameter: starts of a Slice, pads of a Pad.
type ONNXList struct {
	Name   string
	Values []int64
}

// ONNXAttr is an attribute: an integer, a float, a list of integers or a word, whichever is set.
type ONNXAttr struct {
	Name  string
	Int   int64
	Float float32
	Ints  []int64
	Text  string
}

// onnxWindow are the attributes of a window that moves over a map, but for those of its padding.
func onnxWindow(g Geometry) []ONNXAttr {
	k, s := int64(g.Kernel), int64(g.Stride)
	return []ONNXAttr{{Name: "kernel_shape", Ints: []int64{k, k}}, {Name: "strides", Ints: []int64{s, s}}}
}

// onnxPadding is the padding of a window.
func onnxPadding(g Geometry) ONNXAttr {
	if g.Same {
		return ONNXAttr{Name: "auto_pad", Text: "SAME_UPPER"}
	}
	p := int64(g.Padding)
	return ONNXAttr{Name: "pads", Ints: []int64{p, p, p, p}}
}
