package bind

import (
	"fmt"

	"resnet/internal/model"
)

// stem reads the convolutions before layer1. Their strides, and whether a pool follows, show in no tensor: a 7×7 stem or a
// deep one is ImageNet's; a single 3×3 is CIFAR's, without pool.
func (c *census) stem(r *Recognized) {
	s := &r.Spec
	names := []string{"conv1.weight"}
	if !c.has(names[0]) {
		names = nil
		for i := 0; i < 16 && c.has(fmt.Sprintf("conv1.%d.weight", 3*i)); i++ {
			names = append(names, fmt.Sprintf("conv1.%d.weight", 3*i))
		}
	}
	if len(names) == 0 {
		c.fail("missing conv1.weight")
		return
	}
	for _, name := range names {
		kernel := c.dim(name, 2)
		if kernel == 0 || kernel != c.dim(name, 3) || kernel%2 == 0 {
			c.fail("%s is no convolution with a square kernel of odd size", name)
			return
		}
		s.Stem.Convs = append(s.Stem.Convs, model.StemConv{Kernel: kernel, Planes: c.dim(name, 0), Stride: 1, Padding: kernel / 2})
	}
	s.Input = [3]int{c.dim(names[0], 1), 224, 224}
	if len(names) == 1 && s.Stem.Convs[0].Kernel <= 3 {
		s.Input[1], s.Input[2] = 32, 32
		if len(s.Layers) != 3 {
			r.Assumed = append(r.Assumed, "stem")
		}
		return
	}
	s.Stem.Convs[0].Stride = 2
	s.Stem.Pool = &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}
}
