//go:build !purego && !noasm

package ops

// fastConvs lists the assembly kernels.
var fastConvs = []*ConvKernel{&directAVX512, &directAVX2}
