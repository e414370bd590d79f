package ops

import "time"

// PeakGFLOPS measures the most that the kernels of this process could do on one core: 1e9 float32 additions and
// multiplications a second, from a loop of fused multiply-adds that touches no memory. It takes about 20 ms. Without
// assembly it measures a portable loop.
func PeakGFLOPS() float64 {
	return peak(time.Now, fmaRounds)
}

// PeakInt8 is the same of bytes: 1e9 additions and multiplications of integers a second.
func PeakInt8() float64 { return peak(time.Now, int8Rounds) }

// peak takes the best of some rounds, and more of them at a time where the clock is too coarse to see any pass. It is 0
// where the clock stands still.
func peak(now func() time.Time, compute func(rounds int) float64) float64 {
	const most = 1 << 24
	best, rounds := 0.0, 20_000
	for range 40 {
		start := now()
		flops := compute(rounds)
		if elapsed := now().Sub(start); elapsed > 0 {
			best = max(best, flops/float64(elapsed.Nanoseconds()))
		} else if rounds < most {
			rounds *= 2
		}
	}
	return best
}

// portableSum keeps the compiler from dropping the loop.
var portableSum float32

func portableRounds(rounds int) float64 {
	var a, b, c, d, e, f, g, h float32
	x := portableSum
	for range rounds {
		a += x * x
		b += x * x
		c += x * x
		d += x * x
		e += x * x
		f += x * x
		g += x * x
		h += x * x
	}
	portableSum = a + b + c + d + e + f + g + h
	return float64(16 * rounds)
}
