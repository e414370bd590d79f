package model

import "resnet/internal/graph"

// residual ends a block: it adds the shortcut of x to the residual branch y, or leaves y alone in a plain net.
func residual(b *builder, x, y graph.Value, s BlockSpec) graph.Value {
	if s.Shortcut == ShortcutNone {
		return y
	}
	skip, kind := shortcut(b, x, b.Channels(y), s)
	sum := b.Add(y, skip, kind)
	block := b.current()
	block.Skip, block.Sum, block.Shortcut = skip, sum, kind
	return sum
}

// shortcut brings x to the shape of the residual branch, and says of what kind it is.
func shortcut(b *builder, x graph.Value, out int, s BlockSpec) (skip graph.Value, kind string) {
	sameShape := s.Stride == 1 && b.Channels(x) == out
	build := projection
	switch {
	case s.Shortcut == ShortcutProjectionAll:
		kind = ShortcutProjection
	case sameShape:
		return x, ShortcutIdentity
	case s.Shortcut == ShortcutPad:
		build, kind = pad, ShortcutPad
	case s.Shortcut == ShortcutAvgPoolProjection:
		build, kind = avgPoolProjection, ShortcutProjection
	default:
		kind = ShortcutProjection
	}
	return b.OnShortcut(func() graph.Value { return build(b, x, out, s.Stride) }), kind
}

// projection is option B: a convolution with the block's stride, of 1×1 in the paper, and a batch norm.
func projection(b *builder, x graph.Value, out, stride int) graph.Value {
	kernel := b.spec.ProjectionKernel
	return b.Module("downsample", "Sequential", x, func(x graph.Value) graph.Value {
		x = b.Conv("0", x, graph.Conv{Out: out, Kernel: kernel, Stride: stride, Padding: kernel / 2})
		return b.BatchNorm("1", x)
	})
}

// avgPoolProjection is the shortcut of the "D" nets of He et al. (2018), "Bag of Tricks", figure 2c, with timm's names:
// what would be downsample.0 at stride 1 is an Identity there and left out here.
func avgPoolProjection(b *builder, x graph.Value, out, stride int) graph.Value {
	return b.Module("downsample", "Sequential", x, func(x graph.Value) graph.Value {
		if stride != 1 {
			x = b.AvgPool("0", x, graph.AvgPool{Kernel: 2, Stride: stride})
		}
		x = b.Conv("1", x, graph.Conv{Out: out, Kernel: 1})
		return b.BatchNorm("2", x)
	})
}
