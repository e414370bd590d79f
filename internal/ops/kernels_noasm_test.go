//go:build !amd64 || purego || noasm

package ops

import "testing"

func testKernels(testing.TB) []*ConvKernel { return ConvKernels() }

func testInt8Kernels(testing.TB) []*Int8Kernel { return Int8Kernels() }
