package model

import "resnet/internal/graph"

// Pad says how option A brings a map to another shape. The paper leaves it open, and implementations differ.
type Pad struct {
	Zeros string // where the missing channels stand: ZerosBoth or ZerosBehind
	Pool  string // what makes the map smaller: PoolStride or PoolAverage
}

// Values of Pad.Zeros and Pad.Pool.
const (
	ZerosBoth   = "both"    // half of them before the channels that are, half behind (akamaster/pytorch_resnet_cifar10)
	ZerosBehind = "behind"  // all behind (facebook/fb.resnet.torch)
	PoolStride  = "stride"  // every stride-th pixel
	PoolAverage = "average" // the average of stride × stride pixels
)

// PadZeros and PadPools list the values of Pad.Zeros and Pad.Pool.
func PadZeros() []string { return []string{ZerosBoth, ZerosBehind} }
func PadPools() []string { return []string{PoolStride, PoolAverage} }

// Bare is a shortcut without parameters by one name: which of them a network has, no tensor tells.
type Bare struct {
	Name     string
	Shortcut string
	Pad      Pad
}

// Bares lists all shortcuts without parameters, the most frequent first.
func Bares() []Bare {
	return []Bare{
		{"pad", ShortcutPad, Pad{ZerosBoth, PoolStride}},
		{"pad-behind", ShortcutPad, Pad{ZerosBehind, PoolStride}},
		{"pad-average", ShortcutPad, Pad{ZerosBoth, PoolAverage}},
		{"pad-average-behind", ShortcutPad, Pad{ZerosBehind, PoolAverage}},
		{"none", ShortcutNone, Pad{ZerosBoth, PoolStride}},
	}
}

// Bare is the spec's shortcut among Bares; the zero value where it has parameters.
func (s Spec) Bare() Bare {
	for _, b := range Bares() {
		if b.Shortcut == s.Shortcut && (b.Pad == s.Pad || s.Shortcut == ShortcutNone) {
			return b
		}
	}
	return Bare{}
}

// pad is option A, as the spec has it.
func pad(b *builder, x graph.Value, out, stride int) graph.Value {
	how := b.spec.Pad
	if how.Pool == PoolAverage && stride > 1 {
		x = b.AvgPool("pool", x, graph.AvgPool{Kernel: stride, Stride: stride})
		stride = 1
	}
	missing := out - b.Channels(x)
	before := missing / 2
	if how.Zeros == ZerosBehind {
		before = 0
	}
	return b.Pad("pad", x, graph.Pad{Stride: stride, Before: before, After: missing - before})
}
