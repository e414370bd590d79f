//go:build !amd64 || purego || noasm

package ops

var (
	fastConvs    []*ConvKernel
	fastInt8     []*Int8Kernel
	fastProducts []*Products
)

var fastGradients []*GradientKernel
