//go:build amd64 && !purego && !noasm

package imaging

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"resnet/internal/isa"
)

// TestMixFast wants the bits of the portable passes at every width and number of taps, with weights of every size.
func TestMixFast(t *testing.T) {
	if !isa.Allows(isa.AVX2) {
		if os.Getenv("CI") == "true" && os.Getenv(isa.EnvKernel) == "" {
			t.Fatal("this CPU has no AVX2")
		}
		t.Skip("no AVX2")
	}
	defer func() { vectors = true }()
	random := rand.New(rand.NewPCG(9, 9))
	for width := 1; width < 80; width++ {
		taps := 1 + random.IntN(40)
		a := emptyAxis(width, taps)
		in := taps + random.IntN(100)
		for i := range width {
			a.count[i] = int32(1 + random.IntN(taps))
			a.first[i] = int32(random.IntN(in - int(a.count[i]) + 1))
			left := 1 << precisionBits
			for k := range int(a.count[i]) {
				w := random.IntN(2*left/int(a.count[i])+1) - left/8
				a.weights[i*taps+k] = int32(w)
			}
		}
		src := paddedRow(3 * in)
		ring := make([][]byte, taps)
		for i := range src {
			src[i] = byte(random.Uint32())
		}
		for k := range ring {
			ring[k] = make([]byte, 3*width)
			for i := range ring[k] {
				ring[k][i] = byte(random.Uint32())
			}
		}
		run := func(fast bool) []byte {
			vectors = fast
			dst := make([]byte, 6*width+32)
			a.mixColumns(dst[:3*width:3*width], src)
			a.mixRows(dst[3*width:6*width:6*width], ring, 0, make([]int32, 3*width))
			return dst
		}
		if portable, fast := run(false), run(true); !bytes.Equal(portable, fast) {
			t.Fatalf("width %d, %d taps: %v, want %v", width, taps, fast, portable)
		}
	}
}
