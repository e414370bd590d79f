package number

import (
	"math"
	"testing"
)

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", 25557032: "25,557,032", -999: "-999", 1234567: "1,234,567",
	} {
		if got := Thousands(n); got != want {
			t.Errorf("Thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1.00k", 999_499: "999k", 999_500: "1.00M", 118_013_952: "118M",
		4_089_184_256: "4.09G", 12_845_056: "12.8M", -115_605_504: "-116M",
	} {
		if got := Short(n, ""); got != want {
			t.Errorf("Short(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Short(8_178_368_512, " "); got != "8.18 G" {
		t.Errorf("with a gap: %q", got)
	}
}

func TestMemory(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1024: "1.00 KiB", 102228128: "97.5 MiB", 1 << 30: "1.00 GiB"} {
		if got := Memory(n); got != want {
			t.Errorf("Memory(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFinite(t *testing.T) {
	for v, want := range map[float64]bool{
		0: true, math.Copysign(0, -1): true, math.MaxFloat64: true, math.SmallestNonzeroFloat64: true,
		math.NaN(): false, math.Inf(1): false, math.Inf(-1): false,
	} {
		if Finite(v) != want {
			t.Errorf("Finite(%v) is %t", v, !want)
		}
	}
	if !Finite(float32(math.MaxFloat32)) || Finite(float32(math.Inf(-1))) {
		t.Error("of float32")
	}
}
