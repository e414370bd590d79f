package bind

import (
	"fmt"
	"slices"
)

// atTraining are the layers that do nothing when a network is used.
var atTraining = []string{
	"Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization", "Identity",
	"RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness",
}

// layer adds the operators of one layer and returns the one that is its output.
func (r *kerasReader) layer(l kerasLayer, scope string, from []int, depth int) (int, error) {
	c, name := l.Config, scope+l.Config.Name
	refuse := func(what string, args ...any) error {
		return fmt.Errorf("the layer %q (%s) is not computed: %s", name, l.Class, fmt.Sprintf(what, args...))
	}
	if c.DataFormat == "channels_first" {
		return 0, refuse("data_format is channels_first")
	}
	if l.Class != "InputLayer" && (len(from) == 0 || len(from) > 1 && l.Class != "Add") {
		return 0, refuse("it has %d inputs", len(from))
	}
	op := operator{layer: name, inputs: from, stride: 1, dilation: 1, groups: max(c.Groups, 1)}
	var ok [4]bool
	op.stride, ok[0] = square(c.Strides, 1)
	op.dilation, ok[1] = square(c.Dilation, 1)
	op.kernel, ok[2] = square(c.Kernel, 1)
	if ok[3] = true; c.Pool != nil {
		op.kernel, ok[3] = square(c.Pool, 2)
		if c.Strides == nil {
			op.stride = op.kernel
		}
	}
	if slices.Contains(ok[:], false) {
		return 0, refuse("its kernel or stride is not the same in both directions")
	}
	switch l.Class {
	case "InputLayer":
		op.kind, op.size = opInput, shapeOf(c.BatchShape)
		if c.BatchShape == nil {
			op.size = shapeOf(c.OldBatchShape)
		}
	case "Conv2D":
		op.kind, op.out, op.bias = opConv, c.Filters, enabled(c.UseBias)
	case "Dense":
		op.kind, op.out, op.bias = opLinear, c.Units, enabled(c.UseBias)
	case "BatchNormalization":
		op.kind, op.eps, op.center, op.scale = opNorm, c.Epsilon, enabled(c.Center), c.Scale != false
		if axis, ok := square(c.Axis, -1); !ok || axis != 3 && axis != -1 {
			return 0, refuse("axis %v is not the channels'", c.Axis)
		}
		if c.Epsilon <= 0 {
			return 0, refuse("epsilon is %g", c.Epsilon)
		}
	case "MaxPooling2D":
		op.kind = opMaxPool
	case "AveragePooling2D":
		op.kind = opAvgPool
	case "GlobalAveragePooling2D":
		op.kind = opGlobalPool
	case "Flatten":
		op.kind = opFlatten
	case "Add":
		op.kind = opAdd
	case "ZeroPadding2D":
		if op.kind = opPadding; c.Padding == nil {
			c.Padding = 1.
		}
		pad, ok := square(c.Padding, 1)
		if !ok {
			return 0, refuse("it does not pad the same on all sides")
		}
		op.pad = pad
	case "Rescaling":
		times, isNumber := c.Scale.(float64)
		plus, isToo := c.Offset.(float64)
		if !isNumber || c.Offset != nil && !isToo || times <= 0 {
			return 0, refuse("its scale is not one positive number")
		}
		op.kind, op.times, op.plus = opRescale, times, plus
	case "ReLU", "Activation", "Softmax":
		return r.activation(l, from[0], name, refuse)
	case "Functional", "Model", "Sequential":
		return r.model(l, name+"/", from, depth+1)
	default:
		if slices.Contains(atTraining, l.Class) {
			return from[0], nil
		}
		return 0, refuse("no residual network of this family has one")
	}
	if op.kind == opConv || op.kind == opMaxPool || op.kind == opAvgPool {
		switch word(c.Padding) {
		case "same":
			op.same = true
		case "valid", "":
		default:
			return 0, refuse("padding is %v", c.Padding)
		}
	}
	at := r.put(op)
	if c.Activation == nil || op.kind == opInput {
		return at, nil
	}
	return r.activation(l, at, name, refuse)
}

// activation adds what is behind a layer, or is one of its own.
func (r *kerasReader) activation(l kerasLayer, from int, name string, refuse func(string, ...any) error) (int, error) {
	c := l.Config
	what := word(c.Activation)
	switch l.Class {
	case "ReLU":
		what = "relu"
	case "Softmax":
		what = "softmax"
	}
	switch {
	case what == "linear" || what == "" && c.Activation == nil:
		return from, nil
	case what == "relu":
		if slope, ok := square(c.NegativeSlope, 0); !ok || slope != 0 || c.MaxValue != nil || c.Threshold != 0 {
			return 0, refuse("a ReLU with a slope, a threshold or a largest value")
		}
		return r.put(operator{kind: opReLU, layer: name, inputs: []int{from}}), nil
	case what == "softmax":
		return r.put(operator{kind: opSoftmax, layer: name, inputs: []int{from}}), nil
	}
	return 0, refuse("activation %s", what)
}
