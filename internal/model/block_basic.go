package model

const basicExpansion = 1

func init() {
	registerBlock("basic", BlockType{
		Class:     "BasicBlock",
		Expansion: basicExpansion,
		Depth:     2,
		Build:     basic,
		params:    func(out, _, _ float64) float64 { return 2 * 9 * out * out },
	})
}

// basic is the block of two 3×3 convolutions of He et al. (2015), figure 5, left; torchvision's BasicBlock.
func basic(g *Graph, x Value, b BlockSpec) Value {
	out := b.Planes * basicExpansion

	y := g.Conv("conv1", x, Conv{Out: out, Kernel: 3, Stride: b.Stride, Padding: b.FirstDilation, Dilation: b.FirstDilation})
	y = g.BatchNorm("bn1", y)
	y = g.ReLU("relu", y)

	y = g.Conv("conv2", y, Conv{Out: out, Kernel: 3, Padding: b.Dilation, Dilation: b.Dilation})
	y = g.BatchNorm("bn2", y)

	y = residual(g, x, y, b)
	return g.ReLU("relu", y)
}
