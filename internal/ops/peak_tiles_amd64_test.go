//go:build !purego && !noasm

package ops

import (
	"testing"

	"resnet/internal/isa"
)

// TestPeakUsesWidestLoop wants the loop that a level includes, not only that of the level's own name.
func TestPeakUsesWidestLoop(t *testing.T) {
	want := portableRounds(1)
	switch {
	case isa.Allows(isa.AVX512):
		want = 2 * 12 * 16
	case isa.Allows(isa.AVX2):
		want = 2 * 12 * 8
	}
	if got := fmaRounds(1); got != want {
		t.Errorf("%s: %v operations a round, want %v", isa.Allowed(), got, want)
	}
}
