package ops

import "unsafe"

// number is what has no pointers and no bit patterns without a meaning.
type number interface{ int16 | int32 | float32 }

// cast sees bytes, which begin where a T may, as whole Ts.
func cast[T number](b []byte) []T {
	var t T
	n := len(b) / int(unsafe.Sizeof(t))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)
}

// bytesOf is a number as it lies in memory.
func bytesOf[T number](v T) []byte {
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v))...)
}

// offsetsIn sees scratch memory as offsets.
func offsetsIn(room []float32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(&room[0])), len(room))
}
