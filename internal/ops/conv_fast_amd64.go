//go:build !purego && !noasm

package ops

//go:generate go -C _asm run . -out ..

// fastConvs lists the assembly kernels.
var fastConvs = []*ConvKernel{
	&linearAVX512, &linearAVX2,
	&stemAVX512, &stemAVX2,
	&grouped4AVX2, &grouped8AVX2,
	&directAVX512, &directAVX2,
	&winograd4AVX512, &winograd2AVX512, &winograd4AVX2, &winograd2AVX2,
}
