package engine

import "unsafe"

// hugePage is the size of the pages that large blocks of memory ask for, in bytes: a weight of some megabytes then costs
// few page faults when it is packed and few misses of the address cache when it is read.
const hugePage = 2 << 20

// alignedFloats makes n zeros that begin on a cache line, or on a huge page where there are that many.
func alignedFloats(n int) []float32 {
	if n == 0 {
		return nil
	}
	boundary := 4 * align
	if 4*n >= hugePage {
		boundary = hugePage
	}
	raw := make([]float32, n+boundary/4)
	skip := -uintptr(unsafe.Pointer(&raw[0])) % uintptr(boundary)
	floats := raw[skip/4:][:n:n]
	if boundary == hugePage {
		adviseHugePages(unsafe.Slice((*byte)(unsafe.Pointer(&floats[0])), 4*n))
	}
	return floats
}
