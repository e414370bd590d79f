package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"resnet/internal/nearest"
)

// Bounds of what is built. They lie far above every published network, and low enough that a hostile file cannot ask
// for much: no number of a spec sizes anything before it was checked against them.
const (
	MaxBlocks   = 2_000   // in all layers; resnet1202 has 600
	MaxPlanes   = 1 << 16 // in any tensor
	MaxKernel   = 63      // of a stem convolution or pool
	MaxInput    = 1 << 15 // height or width
	MaxClasses  = 1 << 20
	MaxDilation = 256
	MaxParams   = 4_000_000_000 // 16 GB as float32
)

// FieldError is one thing that is wrong with a Spec, and the key that it was read from: stem.conv.kernel, planes[1].
type FieldError struct {
	Key   string
	Msg   string
	Alone bool // the value is wrong whatever the others are
}

func (e *FieldError) Error() string { return e.Key + ": " + e.Msg }

// Validate reports all that is wrong with the spec, as joined *FieldErrors.
func (s Spec) Validate() error {
	var v validator
	v.oneOf("block", s.Block, BlockTypes())
	v.oneOf("stride_in", s.StrideIn, StrideIns())
	v.oneOf("shortcut", s.Shortcut, Shortcuts())
	v.between("projection_kernel", s.ProjectionKernel, 1, MaxKernel)
	if s.ProjectionKernel%2 == 0 {
		v.fail("projection_kernel", "%d is even: no padding leaves the size as it is", s.ProjectionKernel)
	} else if s.ProjectionKernel != 1 && s.Shortcut != ShortcutProjection {
		v.fail("projection_kernel", "%d goes with shortcut: %s", s.ProjectionKernel, ShortcutProjection)
	}
	v.oneOf("pad.zeros", s.Pad.Zeros, PadZeros())
	v.oneOf("pad.pool", s.Pad.Pool, PadPools())
	v.oneOf("padding", s.Padding, Paddings())
	v.antiAliasing(s)
	v.layers(s)
	v.stem(s.Stem)
	v.classifier(s)
	v.between("input[0]", s.Input[0], 1, MaxPlanes)
	v.between("input[1]", s.Input[1], 1, MaxInput)
	v.between("input[2]", s.Input[2], 1, MaxInput)
	if len(v.errs) == 0 {
		v.widths(s)
	}
	return errors.Join(v.errs...)
}

type validator struct{ errs []error }

func (v *validator) fail(key, format string, args ...any) {
	v.errs = append(v.errs, &FieldError{Key: key, Msg: fmt.Sprintf(format, args...)})
}

// alone is fail for a value that is wrong by itself.
func (v *validator) alone(key, format string, args ...any) {
	v.errs = append(v.errs, &FieldError{Key: key, Msg: fmt.Sprintf(format, args...), Alone: true})
}

func (v *validator) oneOf(key, value string, options []string) {
	if !slices.Contains(options, value) {
		v.alone(key, "%q is none of %s%s", value, strings.Join(options, ", "), nearest.Hint(value, options))
	}
}

func (v *validator) between(key string, value, low, high int) {
	if value < low || value > high {
		v.alone(key, "%d is not between %d and %d", value, low, high)
	}
}

func (v *validator) layers(s Spec) {
	for i, p := range s.Planes {
		v.between(fmt.Sprintf("planes[%d]", i), p, 1, MaxPlanes)
	}
	for i, stride := range s.Strides {
		v.between(fmt.Sprintf("strides[%d]", i), stride, 1, 16)
	}
	v.between("groups", s.Groups, 1, MaxPlanes)
	v.between("width_per_group", s.WidthPerGroup, 1, MaxPlanes)
	if len(s.Layers) < 1 || len(s.Layers) > 16 {
		v.alone("layers", "%d layers, want 1 to 16", len(s.Layers))
		return
	}
	blocks := 0
	for i, n := range s.Layers {
		v.between(fmt.Sprintf("layers[%d]", i), n, 1, MaxBlocks)
		blocks += min(max(n, 0), MaxBlocks)
	}
	if blocks > MaxBlocks {
		v.fail("layers", "%d blocks, at most %d", blocks, MaxBlocks)
	}
	v.length("planes", len(s.Planes), len(s.Layers))
	v.length("strides", len(s.Strides), len(s.Layers))
	if n := len(s.ReplaceStrideWithDilation); n != len(s.Layers)-1 {
		v.fail("replace_stride_with_dilation", "%d entries, want %d: one for each layer after the first", n, len(s.Layers)-1)
	}
	if s.Shortcut == ShortcutAvgPoolProjection && slices.Contains(s.ReplaceStrideWithDilation, true) {
		v.fail("replace_stride_with_dilation", "not with shortcut: %s", ShortcutAvgPoolProjection)
	}
	dilation := 1
	for i, replaced := range s.ReplaceStrideWithDilation {
		if replaced && i+1 < len(s.Strides) {
			dilation *= min(max(s.Strides[i+1], 1), MaxDilation)
		}
		if dilation > MaxDilation {
			v.fail("replace_stride_with_dilation", "a dilation above %d", MaxDilation)
			break
		}
	}
}

func (v *validator) length(key string, got, want int) {
	if got != want {
		v.fail(key, "%d entries, want %d: one for each layer", got, want)
	}
}

func (v *validator) stem(stem Stem) {
	if len(stem.Convs) < 1 || len(stem.Convs) > 16 {
		v.fail("stem.conv", "%d convolutions, want 1 to 16", len(stem.Convs))
		return
	}
	for i, c := range stem.Convs {
		key := "stem.conv"
		if len(stem.Convs) > 1 {
			key = fmt.Sprintf("stem.conv[%d]", i)
		}
		v.between(key+".kernel", c.Kernel, 1, MaxKernel)
		v.between(key+".planes", c.Planes, 1, MaxPlanes)
		v.between(key+".stride", c.Stride, 1, MaxKernel)
		v.between(key+".padding", c.Padding, 0, MaxKernel)
	}
	if p := stem.Pool; p != nil {
		v.between("stem.pool.kernel", p.Kernel, 1, MaxKernel)
		v.between("stem.pool.stride", p.Stride, 1, MaxKernel)
		v.between("stem.pool.padding", p.Padding, 0, MaxKernel)
		if p.Padding > p.Kernel/2 {
			v.fail("stem.pool.padding", "%d is more than half the kernel of %d", p.Padding, p.Kernel)
		}
	}
}

// widths checks what follows from several keys together.
func (v *validator) widths(s Spec) {
	block := blockTypes[s.Block]
	if !block.groups {
		if s.Groups != 1 {
			v.fail("groups", "a %s block has no grouped convolution: want 1, or block: bottleneck", s.Block)
		}
		if s.WidthPerGroup != 64 {
			v.fail("width_per_group", "a %s block has no width of its own: want 64, or block: bottleneck", s.Block)
		}
		if s.StrideIn != Stride3x3 {
			v.fail("stride_in", "a %s block has no 1×1 convolution: want %s", s.Block, Stride3x3)
		}
	}
	in := s.Stem.Convs[len(s.Stem.Convs)-1].Planes
	for i, planes := range s.Planes {
		out := planes * block.expansion
		if out > MaxPlanes || s.Width(i) > MaxPlanes {
			v.fail(fmt.Sprintf("planes[%d]", i), "%d planes make tensors of more than %d channels", planes, MaxPlanes)
		}
		if block.groups && planes*s.WidthPerGroup%64 != 0 {
			v.fail("width_per_group", "%d does not divide layer%d: %d planes × %d / 64 is no whole number of channels a group",
				s.WidthPerGroup, i+1, planes, s.WidthPerGroup)
		}
		if s.Shortcut == ShortcutPad && out < in {
			v.fail(fmt.Sprintf("planes[%d]", i), "a pad shortcut can't lose channels: layer%d has %d in, %d out", i+1, in, out)
		}
		in = out
	}
	if len(v.errs) > 0 {
		return
	}
	if n := s.paramBound(); n > MaxParams {
		v.fail("planes", "about %.3g parameters, at most %.3g", float64(n), float64(MaxParams))
	}
}

// Width is the number of channels inside the blocks of layer i.
func (s Spec) Width(i int) int { return s.Planes[i] * s.WidthPerGroup / 64 * s.Groups }

// paramBound is the number of parameters of the blocks' convolutions, without projections: enough to refuse a network
// before it is built. In float64, where nothing overflows.
func (s Spec) paramBound() float64 {
	block := blockTypes[s.Block]
	total := 0.0
	for i, n := range s.Layers {
		out, width := float64(s.Planes[i]*block.expansion), float64(s.Width(i))
		total += float64(n) * block.params(out, width, float64(s.Groups))
	}
	return total
}
