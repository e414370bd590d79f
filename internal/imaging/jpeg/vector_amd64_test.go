//go:build amd64 && !purego && !noasm

package jpeg

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"resnet/internal/isa"
)

// requireVectors skips a test of vector code where the CPU has none; on CI that is an error.
func requireVectors(t *testing.T) {
	t.Helper()
	if isa.Allows(isa.AVX2) {
		return
	}
	if os.Getenv("CI") == "true" && os.Getenv(isa.EnvKernel) == "" {
		t.Fatal("this CPU has no AVX2")
	}
	t.Skip("no AVX2")
}

// both runs f with and without vectors.
func both(f func() []byte) (fast, portable []byte) {
	defer func() { vectors = true }()
	vectors = false
	portable = f()
	vectors = true
	return f(), portable
}

// TestIDCTFast wants the bits of the portable transform, for coefficients of every size: those that no encoder writes wrap
// and saturate.
func TestIDCTFast(t *testing.T) {
	requireVectors(t)
	random := rand.New(rand.NewPCG(3, 4))
	c := &component{v: 1, stride: 24, plane: make([]byte, 24*16)}
	for i := range 20_000 {
		var coefficients block
		nonzero := uint64(0)
		limit := 1 << (1 + random.IntN(16))
		band := 1 + random.IntN(64)
		for range 1 + random.IntN(64) {
			at := int(natural[random.IntN(band)])
			if i%5 == 0 {
				at %= 8 // the first row alone
			}
			coefficients[at] = int16(random.IntN(limit) - limit/2)
			nonzero |= 1 << at
		}
		fast, portable := both(func() []byte {
			c.transform(&coefficients, nonzero, 1, 1)
			return bytes.Clone(c.plane)
		})
		if !bytes.Equal(fast, portable) {
			t.Fatalf("block %v: %v, want %v", coefficients, fast, portable)
		}
	}
}

// TestRowsFast wants the bits of the portable loops at every width and window, and nothing read or written beyond.
func TestRowsFast(t *testing.T) {
	requireVectors(t)
	random := rand.New(rand.NewPCG(5, 6))
	for width := 3; width < 140; width++ {
		c := &component{v: 1, width: width, height: 2, stride: (width + 7) / 8 * 8}
		c.plane = make([]byte, 16*c.stride)
		for i := range c.plane {
			c.plane[i] = byte(random.Uint32())
		}
		x0 := random.IntN(2 * width)
		x1 := x0 + 1 + random.IntN(2*width-x0)
		for name, f := range map[string]upsampler{"h2v1": upsampleH2V1, "h2v2": upsampleH2V2} {
			fast, portable := both(func() []byte {
				dst := make([]byte, 2*c.stride+16)
				return f(c, dst, 1, x0, x1)
			})
			if !bytes.Equal(fast, portable) {
				t.Fatalf("%s of %d samples, columns %d to %d: %v, want %v", name, width, x0, x1, fast, portable)
			}
		}
	}
}

// TestConvertFast looks at all colours.
func TestConvertFast(t *testing.T) {
	requireVectors(t)
	const n = 256
	ys, cbs, crs := make([]byte, n), make([]byte, n), make([]byte, n)
	for cb := range 256 {
		for cr := range 256 {
			for i := range n {
				ys[i], cbs[i], crs[i] = byte(i), byte(cb), byte(cr)
			}
			fast, portable := both(func() []byte {
				dst := make([]byte, 3*n)
				convertYCbCr(dst, ys, cbs, crs)
				return dst
			})
			if !bytes.Equal(fast, portable) {
				t.Fatalf("Cb %d, Cr %d: the pixels differ", cb, cr)
			}
		}
	}
}
