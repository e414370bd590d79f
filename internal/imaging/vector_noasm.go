//go:build !amd64 || purego || noasm

package imaging

// Without assembly the portable loops do all of it.

func (a axis) mixColumnsFast(dst, src []byte) bool                                 { return false }
func mixRowsFast(dst []byte, ring [][]byte, first int, weights []int32) (done int) { return 0 }
