package imaging

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// TestGrayIsPillows compares what a network of one channel sees with convert("L"), for pictures of every kind. Of the YCbCr
// that TIFF stores without compression Pillow takes Y as it is; here it becomes RGB first, like all others.
func TestGrayIsPillows(t *testing.T) {
	digests := readGoldens[map[string]string](t, "testdata/gray.json")
	p := Preprocess{Resize: Single(40), Crop: Single(32), Interpolation: Bilinear, Std: [3]float32{1, 1, 1}, Range: 255}.OneChannel()
	compared := 0
	for name, data := range matrix(t) {
		want, ok := digests[name]
		if !ok || strings.Contains(name, "-6-1-1-8x3--1") || isOneOf(name, notDecoded) {
			continue
		}
		crop, err := p.Load(t.Context(), data, Options{IgnoreEXIF: true})
		if err != nil {
			continue // TestMatrixIsPillows knows why
		}
		x := p.Tensor(crop.Image)
		seen := make([]byte, len(x.Data))
		for i, v := range x.Data {
			seen[i] = byte(v)
		}
		if sum := sha256.Sum256(seen); hex.EncodeToString(sum[:8]) != want {
			t.Errorf("%s: the gray crop differs from Pillow's", name)
		}
		compared++
	}
	if compared < 100 {
		t.Errorf("only %d pictures compared", compared)
	}
}

// TestOneChannel: three colours' statistics become their average, and one channel's stay.
func TestOneChannel(t *testing.T) {
	for _, test := range []struct{ mean, want [3]float32 }{
		{ImageNet.Mean, [3]float32{0.449, 0.449, 0.449}},
		{[3]float32{0.1307, 0.1307, 0.1307}, [3]float32{0.1307, 0.1307, 0.1307}},
	} {
		p := Preprocess{Mean: test.mean, Order: OrderBGR}.OneChannel()
		if p.Mean != test.want || !p.Gray || p.Order != "" || p != p.OneChannel() {
			t.Errorf("%+v, want a mean of %v", p, test.want)
		}
	}
}
