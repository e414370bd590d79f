//go:build !purego && !noasm

package ops

import "resnet/internal/isa"

// fmaRounds runs the widest multiply-add loop that is allowed and returns its floating-point operations.
func fmaRounds(rounds int) float64 {
	const chains = 12
	switch {
	case isa.Allows(isa.AVX512):
		fmaPeakAVX512(rounds)
		return float64(2 * chains * 16 * rounds)
	case isa.Allows(isa.AVX2):
		fmaPeakAVX2(rounds)
		return float64(2 * chains * 8 * rounds)
	}
	return portableRounds(rounds)
}
