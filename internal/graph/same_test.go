package graph

import (
	"testing"

	"resnet/internal/tensor"
)

// TestSamePadding has the sizes and paddings of TensorFlow 2.21's Conv2D(padding="same"), found by convolving ones with
// ones.
func TestSamePadding(t *testing.T) {
	for _, c := range []struct{ kernel, stride, dilation, n, out, before int }{
		{3, 1, 1, 32, 32, 1},
		{3, 2, 1, 32, 16, 0},
		{3, 2, 1, 33, 17, 1},
		{7, 2, 1, 224, 112, 2},
		{1, 2, 1, 32, 16, 0},
		{3, 1, 2, 9, 9, 2},
		{3, 3, 1, 8, 3, 0},
	} {
		g := Conv{In: 1, Out: 1, Kernel: c.kernel, Stride: c.stride, Dilation: c.dilation, Groups: 1, Same: true}.Geometry()
		if out, before := g.out(c.n), g.Before(c.n); out != c.out || before != c.before {
			t.Errorf("kernel %d, stride %d, %d pixels: %d, %d before; want %d, %d", c.kernel, c.stride, c.n, out, before, c.out, c.before)
		}
	}
}

// TestSamePaddingOfOneKind refuses a map that is padded otherwise above than on the left.
func TestSamePaddingOfOneKind(t *testing.T) {
	c := Conv{In: 1, Out: 1, Kernel: 3, Stride: 2, Dilation: 1, Groups: 1, Same: true}
	if _, err := c.Shape([]tensor.Shape{{1, 1, 32, 33}}); err == nil {
		t.Error("a map of 32×33 is accepted")
	}
	if shape, err := c.Shape([]tensor.Shape{{1, 1, 33, 31}}); err != nil || !shape.Equal(tensor.Shape{1, 1, 17, 16}) {
		t.Errorf("a map of 33×31 becomes %v, %v", shape, err)
	}
}
