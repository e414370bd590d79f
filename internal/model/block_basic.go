package model

import "resnet/internal/graph"

const basicExpansion = 1

func init() {
	registerBlock("basic", blockType{
		class:     "BasicBlock",
		expansion: basicExpansion,
		depth:     2,
		build:     basic,
		params:    func(out, _, _ float64) float64 { return 2 * 9 * out * out },
	})
}

// basic is the block of two 3×3 convolutions of He et al. (2015), figure 5, left; torchvision's BasicBlock.
func basic(b *builder, x graph.Value, s BlockSpec) graph.Value {
	out := s.Planes * basicExpansion

	y := b.Conv("conv1", x, graph.Conv{Out: out, Kernel: 3, Stride: b.convStride(s), Padding: s.FirstDilation, Dilation: s.FirstDilation})
	y = b.BatchNorm("bn1", y)
	y = b.ReLU("relu", y)
	y = b.strided(y, s)

	y = b.Conv("conv2", y, graph.Conv{Out: out, Kernel: 3, Padding: s.Dilation, Dilation: s.Dilation})
	y = b.BatchNorm("bn2", y)

	y = residual(b, x, y, s)
	return b.ReLU("relu", y)
}
