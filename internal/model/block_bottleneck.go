package model

const bottleneckExpansion = 4

func init() {
	registerBlock("bottleneck", BlockType{
		Class:     "Bottleneck",
		Expansion: bottleneckExpansion,
		Depth:     3,
		Groups:    true,
		Build:     bottleneck,
		params: func(out, width, groups float64) float64 {
			return 2*out*width + 9*width*width/groups
		},
	})
}

// bottleneck is the 1×1, 3×3, 1×1 block of He et al. (2015), figure 5, right. The stride is on the 3×3 convolution, as
// torchvision has it ("v1.5"), or on the first 1×1, as the paper has it.
func bottleneck(g *Graph, x Value, b BlockSpec) Value {
	out := b.Planes * bottleneckExpansion
	stride1x1, stride3x3 := 1, b.Stride
	if b.StrideIn == Stride1x1 {
		stride1x1, stride3x3 = b.Stride, 1
	}

	y := g.Conv("conv1", x, Conv{Out: b.Width, Kernel: 1, Stride: stride1x1})
	y = g.BatchNorm("bn1", y)
	y = g.ReLU("relu", y)

	y = g.Conv("conv2", y, Conv{Out: b.Width, Kernel: 3, Stride: stride3x3, Padding: b.FirstDilation, Dilation: b.FirstDilation, Groups: b.Groups})
	y = g.BatchNorm("bn2", y)
	y = g.ReLU("relu", y)

	y = g.Conv("conv3", y, Conv{Out: out, Kernel: 1})
	y = g.BatchNorm("bn3", y)

	y = residual(g, x, y, b)
	return g.ReLU("relu", y)
}
