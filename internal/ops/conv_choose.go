package ops

// ConvKernels lists every kernel that this build has, the one to prefer first. The last accepts every convolution.
func ConvKernels() []*ConvKernel {
	return append(fastConvs[:len(fastConvs):len(fastConvs)], &convGeneric)
}

// ChooseConv takes the first kernel that the CPU can run and that accepts the layer.
func ChooseConv(c Conv) *ConvKernel {
	for _, k := range ConvKernels() {
		if k.Available && k.Accepts(c) {
			return k
		}
	}
	panic("ops: the generic kernel accepts every convolution")
}
