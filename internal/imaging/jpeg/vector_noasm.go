//go:build !amd64 || purego || noasm

package jpeg

// Without assembly the portable loops do all of it.

func idctFast(dst []byte, stride int, coefficients *block) bool        { return false }
func upsampleH2V1Fast(dst, src []byte, first, end, last int) int       { return first }
func upsampleH2V2Fast(dst, near, far []byte, first, end, last int) int { return first }
func convertYCbCrFast(dst, ys, cbs, crs []byte) (done int)             { return 0 }
