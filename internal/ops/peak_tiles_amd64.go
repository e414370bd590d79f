//go:build !purego && !noasm

package ops

import "resnet/internal/isa"

const peakChains = 12

// fmaRounds runs the widest multiply-add loop that is allowed and returns its floating-point operations.
func fmaRounds(rounds int) float64 {
	switch {
	case isa.Allows(isa.AVX512):
		fmaPeakAVX512(rounds)
		return float64(2 * peakChains * 16 * rounds)
	case isa.Allows(isa.AVX2):
		fmaPeakAVX2(rounds)
		return float64(2 * peakChains * 8 * rounds)
	}
	return portableRounds(rounds)
}

// int8Rounds runs the fastest loop on bytes that is allowed and returns its operations.
func int8Rounds(rounds int) float64 {
	for _, loop := range []struct {
		level isa.Level
		lanes int
		run   func(int)
	}{
		{isa.AVX512VNNI, 16, int8PeakAVX512VNNI},
		{isa.AVXVNNI, 8, int8PeakAVXVNNI},
		{isa.AVX512, 16, int8PeakAVX512},
		{isa.AVX2, 8, int8PeakAVX2},
	} {
		if isa.Allows(loop.level) {
			loop.run(rounds)
			return float64(2 * peakChains * 4 * loop.lanes * rounds)
		}
	}
	return portableRounds(rounds)
}
