package format

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestConversionsEqualPyTorch compares all 16-bit values, and float32 values with every upper half, with digests that
// PyTorch's conversions have (testdata/make_fixtures.py). NaNs count as 0 in the digests and are looked at below.
func TestConversionsEqualPyTorch(t *testing.T) {
	text, err := os.ReadFile("../testdata/conversions.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Low           []uint32
		HalfToFloat   string `json:"float16 to float32"`
		FloatToHalf   string `json:"float32 to float16"`
		BfloatToFloat string `json:"bfloat16 to float32"`
		FloatToBfloat string `json:"float32 to bfloat16"`
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	widen := func(convert func(uint16) float32) string {
		var b []byte
		for i := range 1 << 16 {
			f := convert(uint16(i))
			if f != f {
				f = 0
			}
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
		}
		return digest(b)
	}
	narrow := func(convert func(float32) uint16) string {
		var b []byte
		for _, low := range want.Low {
			for high := range uint32(1 << 16) {
				f, h := math.Float32frombits(high<<16|low), uint16(0)
				if f == f {
					h = convert(f)
				}
				b = binary.LittleEndian.AppendUint16(b, h)
			}
		}
		return digest(b)
	}
	for _, c := range []struct{ name, got, want string }{
		{"float16 to float32", widen(halfToFloat), want.HalfToFloat},
		{"bfloat16 to float32", widen(bfloatToFloat), want.BfloatToFloat},
		{"float32 to float16", narrow(floatToHalf), want.FloatToHalf},
		{"float32 to bfloat16", narrow(floatToBfloat), want.FloatToBfloat},
	} {
		if c.got != c.want {
			t.Errorf("%s differs from PyTorch", c.name)
		}
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestNotANumberStaysOne(t *testing.T) {
	for _, bits := range []uint32{0x7f800001, 0x7fc00000, 0xffffffff, 0x7f802000, 0xff800001} {
		nan := math.Float32frombits(bits)
		if h := halfToFloat(floatToHalf(nan)); h == h {
			t.Errorf("%#x becomes %v as float16", bits, h)
		}
		if b := bfloatToFloat(floatToBfloat(nan)); b == b {
			t.Errorf("%#x becomes %v as bfloat16", bits, b)
		}
	}
}
