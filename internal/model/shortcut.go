package model

// residual ends a block: it adds the shortcut of x to the residual branch y, or leaves y alone in a plain net.
func residual(g *Graph, x, y Value, b BlockSpec) Value {
	if b.Shortcut == ShortcutNone {
		return y
	}
	return g.Add(y, shortcut(g, x, g.Channels(y), b))
}

// shortcut brings x to the shape of the residual branch.
func shortcut(g *Graph, x Value, out int, b BlockSpec) Value {
	sameShape := b.Stride == 1 && g.Channels(x) == out
	switch {
	case b.Shortcut == ShortcutProjectionAll:
		return projection(g, x, out, b.Stride)
	case sameShape:
		return x
	case b.Shortcut == ShortcutPad:
		missing := out - g.Channels(x)
		return g.Pad("pad", x, Pad{Stride: b.Stride, Before: missing / 2, After: missing - missing/2})
	case b.Shortcut == ShortcutAvgPoolProjection:
		return avgPoolProjection(g, x, out, b.Stride)
	default:
		return projection(g, x, out, b.Stride)
	}
}

// projection is option B: a 1×1 convolution with the block's stride, and a batch norm.
func projection(g *Graph, x Value, out, stride int) Value {
	return g.Module("downsample", "Sequential", x, func(x Value) Value {
		x = g.Conv("0", x, Conv{Out: out, Kernel: 1, Stride: stride})
		return g.BatchNorm("1", x)
	})
}

// avgPoolProjection is the shortcut of the "D" nets of He et al. (2018), "Bag of Tricks", figure 2c, with timm's names:
// what would be downsample.0 at stride 1 is an Identity there and left out here.
func avgPoolProjection(g *Graph, x Value, out, stride int) Value {
	return g.Module("downsample", "Sequential", x, func(x Value) Value {
		if stride != 1 {
			x = g.AvgPool("0", x, AvgPool{Kernel: 2, Stride: stride})
		}
		x = g.Conv("1", x, Conv{Out: out, Kernel: 1})
		return g.BatchNorm("2", x)
	})
}
