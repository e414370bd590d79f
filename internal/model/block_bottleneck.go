package model

import "resnet/internal/graph"

const bottleneckExpansion = 4

func init() {
	registerBlock("bottleneck", blockType{
		class:     "Bottleneck",
		expansion: bottleneckExpansion,
		depth:     3,
		groups:    true,
		build:     bottleneck,
		params: func(out, width, groups float64) float64 {
			return 2*out*width + 9*width*width/groups
		},
	})
}

// bottleneck is the 1×1, 3×3, 1×1 block of He et al. (2015), figure 5, right. The stride is on the 3×3 convolution, as
// torchvision has it ("v1.5"), or on the first 1×1, as the paper has it.
func bottleneck(b *builder, x graph.Value, s BlockSpec) graph.Value {
	out := s.Planes * bottleneckExpansion
	stride1x1, stride3x3 := 1, b.convStride(s)
	if s.StrideIn == Stride1x1 {
		stride1x1, stride3x3 = s.Stride, 1
	}

	y := b.Conv("conv1", x, graph.Conv{Out: s.Width, Kernel: 1, Stride: stride1x1})
	y = b.BatchNorm("bn1", y)
	y = b.ReLU("relu", y)

	y = b.Conv("conv2", y, graph.Conv{Out: s.Width, Kernel: 3, Stride: stride3x3, Padding: s.FirstDilation, Dilation: s.FirstDilation, Groups: s.Groups})
	y = b.BatchNorm("bn2", y)
	y = b.ReLU("relu", y)
	y = b.strided(y, s)

	y = b.Conv("conv3", y, graph.Conv{Out: out, Kernel: 1})
	y = b.BatchNorm("bn3", y)

	y = residual(b, x, y, s)
	return b.ReLU("relu", y)
}
