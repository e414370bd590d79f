package graph

import (
	"fmt"
	"testing"

	"resnet/internal/tensor"
)

// Every operator says what it is, and its shape, parameters and counts are those of PyTorch's module of its class.
func TestOperators(t *testing.T) {
	x := tensor.Shape{2, 8, 7, 9}
	for _, test := range []struct {
		op      Op
		in      []tensor.Shape
		class   string
		kind    Kind
		out     string
		params  string // names and shapes
		macs    int64
		label   string
		unusual string
	}{
		{Conv{In: 8, Out: 6, Kernel: 3, Stride: 2, Padding: 2, Dilation: 2, Groups: 2}, []tensor.Shape{x}, "Conv2d", Convolution,
			"[2, 6, 4, 5]", "weight [6, 4, 3, 3]", 2 * 6 * 4 * 5 * 4 * 9, "3×3, 6", "[stride 2 dilation 2 2 groups]"},
		{BatchNorm{Channels: 8}, []tensor.Shape{x}, "BatchNorm2d", Normalization,
			"[2, 8, 7, 9]", "weight [8] bias [8] running_mean [8] buffer running_var [8] buffer", 0, "batch norm", "[]"},
		{ReLU{}, []tensor.Shape{x}, "ReLU", Activation, "[2, 8, 7, 9]", "", 0, "ReLU", "[]"},
		{BlurPool{Stride: 2}, []tensor.Shape{x}, "BlurPool2d", AvgPooling, "[2, 8, 4, 5]", "", 0, "3×3 blur", "[stride 2]"},
		{AvgPool{Kernel: 2, Stride: 2, Floor: true}, []tensor.Shape{x}, "AvgPool2d", AvgPooling, "[2, 8, 3, 4]", "", 0, "2×2 avg pool", "[stride 2]"},
		{MaxPool{Kernel: 3, Stride: 2, Padding: 1}, []tensor.Shape{x}, "MaxPool2d", MaxPooling,
			"[2, 8, 4, 5]", "", 0, "3×3 max pool", "[stride 2 padding 1]"},
		{AvgPool{Kernel: 2, Stride: 2}, []tensor.Shape{x}, "AvgPool2d", AvgPooling, "[2, 8, 4, 5]", "", 0, "2×2 avg pool", "[stride 2]"},
		{AdaptiveAvgPool{}, []tensor.Shape{x}, "AdaptiveAvgPool2d", AvgPooling, "[2, 8, 1, 1]", "", 0, "average pool", "[]"},
		{Flatten{}, []tensor.Shape{{2, 8, 1, 1}}, "Flatten", Renaming, "[2, 8]", "", 0, "flatten", "[]"},
		{Linear{In: 8, Out: 5}, []tensor.Shape{{2, 8}}, "Linear", FullyConnected, "[2, 5]", "weight [5, 8] bias [5]", 2 * 5 * 8, "fc, 6", "[]"},
		{Add{}, []tensor.Shape{x, x}, "Add", Addition, "[2, 8, 7, 9]", "", 0, "add", "[]"},
		{Pad{Stride: 2, Before: 1, After: 2}, []tensor.Shape{x}, "Pad", Padding, "[2, 11, 4, 5]", "", 0, "pad to 6", "[stride 2]"},
	} {
		t.Run(test.class, func(t *testing.T) {
			out, err := test.op.Shape(test.in)
			if err != nil {
				t.Fatal(err)
			}
			params := ""
			for _, p := range test.op.Params() {
				if params != "" {
					params += " "
				}
				params += p.Name + " " + p.Shape.String()
				if p.Buffer {
					params += " buffer"
				}
			}
			got := fmt.Sprintln(test.op.Class(), test.op.Kind(), out.String(), params, test.op.MACs(out), test.op.Label("6"), test.op.Unusual())
			want := fmt.Sprintln(test.class, test.kind, test.out, test.params, test.macs, test.label, test.unusual)
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}
