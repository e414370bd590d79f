package ops

import (
	"testing"
	"time"
)

// A clock of coarse steps shows no rate beyond what was computed between two of them, and one that stands still none.
func TestPeakOfCoarseClock(t *testing.T) {
	const step = 15 * time.Millisecond
	passed := time.Duration(0)
	now := func() time.Time { return time.Unix(0, 0).Add(passed.Truncate(step)) }
	compute := func(rounds int) float64 { // a nanosecond each
		passed += time.Duration(rounds)
		return float64(rounds)
	}
	if got := peak(now, compute); got <= 0 || got > 2 {
		t.Errorf("%v, want about 1", got)
	}
	if got := peak(func() time.Time { return time.Unix(0, 0) }, func(int) float64 { return 1 }); got != 0 {
		t.Errorf("%v of a clock that stands still, want 0", got)
	}
}
