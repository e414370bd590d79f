package model

import (
	"slices"

	"resnet/internal/graph"
)

// strided adds what takes the stride of a block's convolution, as timm has it: nothing where the convolution has it itself.
func (b *builder) strided(x graph.Value, s BlockSpec) graph.Value {
	if b.convStride(s) == s.Stride {
		return x
	}
	if b.spec.AA == AABlur {
		return b.BlurPool("aa", x, graph.BlurPool{Stride: s.Stride})
	}
	return b.AvgPool("aa", x, graph.AvgPool{Kernel: s.Stride, Stride: s.Stride, Floor: true})
}

// convStride is the stride that is left to a block's convolution.
func (b *builder) convStride(s BlockSpec) int {
	if b.spec.AA == AANone {
		return s.Stride
	}
	return 1
}

// stemPool is the max pool, or what timm's anti-aliased networks have in its place.
func stemPool(b *builder, x graph.Value, p StemPool) graph.Value {
	switch b.spec.AA {
	case AAAverage:
		return b.AvgPool("maxpool", x, graph.AvgPool{Kernel: p.Stride, Stride: p.Stride, Floor: true})
	case AABlur:
		return b.Module("maxpool", "Sequential", x, func(x graph.Value) graph.Value {
			x = b.MaxPool("0", x, graph.MaxPool{Kernel: p.Kernel, Stride: 1, Padding: p.Padding})
			return b.BlurPool("1", x, graph.BlurPool{Stride: p.Stride})
		})
	}
	return b.MaxPool("maxpool", x, graph.MaxPool{Kernel: p.Kernel, Stride: p.Stride, Padding: p.Padding})
}

// antiAliasing refuses what no network has, and what blur and average are not defined for here.
func (v *validator) antiAliasing(s Spec) {
	v.oneOf("aa", s.AA, AAs())
	if s.AA == AANone {
		return
	}
	switch {
	case s.Padding == PaddingSame:
		v.fail("aa", "%s goes with padding: %s", s.AA, PaddingSymmetric)
	case slices.Contains(s.ReplaceStrideWithDilation, true):
		v.fail("aa", "%s does not go with replace_stride_with_dilation", s.AA)
	case s.StrideIn == Stride1x1:
		v.fail("aa", "%s goes with stride_in: %s", s.AA, Stride3x3)
	case len(s.Strides) > 0 && slices.Max(s.Strides) > 2:
		v.fail("aa", "%s goes with strides of 1 and 2", s.AA)
	case s.Stem.Pool != nil && s.Stem.Pool.Stride != 2:
		v.fail("aa", "%s goes with a stem pool of stride 2", s.AA)
	}
}
