package engine

import "unsafe"

// hugePage is the size of the pages that large blocks of memory ask for, in bytes: a weight of some megabytes then costs
// few page faults when it is packed and few misses of the address cache when it is read.
const hugePage = 2 << 20

// block is memory that begins on a cache line, seen as values of the type that its user knows.
type block []byte

// alignedBlock makes n zero bytes that begin on a cache line, or on a huge page where there are that many.
func alignedBlock(n int) block {
	if n == 0 {
		return nil
	}
	boundary := align
	if n >= hugePage {
		boundary = hugePage
	}
	raw := make([]byte, n+boundary)
	skip := -uintptr(unsafe.Pointer(&raw[0])) % uintptr(boundary)
	b := block(raw[skip:][:n:n])
	if boundary == hugePage {
		adviseHugePages(b)
	}
	return b
}

// part is n bytes from offset on; nothing can be appended to them.
func (b block) part(offset, n int) block { return b[offset:][:n:n] }

// floats sees a block as float32.
func (b block) floats() []float32 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/floatSize)
}

// ints sees a block as int32.
func (b block) ints() []int32 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*int32)(unsafe.Pointer(&b[0])), len(b)/floatSize)
}

// floatSize is the bytes of a float32, and of an int32.
const floatSize = 4
