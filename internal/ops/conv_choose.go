package ops

import (
	"slices"
	"strings"

	"resnet/internal/isa"
)

// ConvKernels lists every kernel that this build has. Of those that compute in the same way the faster come first; the
// last accepts every convolution.
func ConvKernels() []*ConvKernel {
	return append(slices.Clip(fastConvs), convGeneric)
}

// convRules choose the way to compute a layer: the first that prefers it and has a kernel of the level. They
// see the layer's shape alone, so that batch size and threads change no bit of the result.
var convRules = []struct {
	family  string
	prefers func(Conv) bool
	inexact bool // rounds more than a sum of products does
}{
	{family: "linear", prefers: func(Conv) bool { return true }},
	{family: "winogradstem", prefers: func(c Conv) bool { return c.OutH >= 10 }, inexact: true},
	{family: "stem", prefers: func(Conv) bool { return true }},
	// The smaller the map, the more of the last tiles lie outside it, and the longer the reading of weights takes, of which
	// F(4×4) has 4 times as many as the layer, F(2×2) 1.8 times and F(1×2) 1.3 times. These are the sizes from which each was
	// measured faster. F(1×2) wants products that are fast beside the reading: it is there for AVX-512 alone.
	{family: "winograd4", prefers: func(c Conv) bool { return min(c.OutH, c.OutW) >= 10 }, inexact: true},
	{family: "winograd1x2", prefers: func(c Conv) bool { return min(c.OutH, c.OutW) >= 5 }, inexact: true},
	{family: "winograd2", prefers: func(c Conv) bool { return min(c.OutH, c.OutW) >= 5 }, inexact: true},
	{family: "grouped4", prefers: func(Conv) bool { return true }},
	{family: "grouped8", prefers: func(Conv) bool { return true }},
	{family: "direct", prefers: func(Conv) bool { return true }},
	{family: "generic", prefers: func(Conv) bool { return true }},
}

// ChooseConv chooses the kernel of a layer from those that a level of instructions has. With exact it leaves out those that
// trade accuracy for speed.
func ChooseConv(c Conv, exact bool, level isa.Level) *ConvKernel {
	for _, rule := range convRules {
		if exact && rule.inexact || !rule.prefers(c) {
			continue
		}
		for _, k := range ConvKernels() {
			if k.family() == rule.family && level.Includes(k.Level) && k.Accepts(c) {
				return k
			}
		}
	}
	panic("ops: the generic kernel accepts every convolution")
}

// family is the part of the name that tells how a kernel computes; the rest is the instruction set.
func (k *ConvKernel) family() string {
	family, _, _ := strings.Cut(k.Name, "-")
	return family
}

// GenericConv is the choice of who wants the portable kernel for every layer.
func GenericConv(Conv) *ConvKernel { return convGeneric }
