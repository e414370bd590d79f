package imaging

import (
	"context"
	"strings"
	"testing"
)

// addSeeds adds the matrix' pictures whose names have the prefix, a part of them where there are many.
func addSeeds(f *testing.F, prefix string) {
	i := -1
	for name, data := range matrix(f) {
		i++
		if strings.HasPrefix(name, prefix) && (!strings.HasPrefix(name, "smooth/") || i%9 == 0) {
			f.Add(data)
		}
	}
}

// FuzzLoad wants of any bytes a crop or an error with a class that is not internal, within small limits.
func FuzzLoad(f *testing.F) {
	fuzzLoad(f, "")
}

// FuzzWebP is FuzzLoad that starts from WebP alone.
func FuzzWebP(f *testing.F) {
	fuzzLoad(f, "webp/")
}

// FuzzTIFF is FuzzLoad that starts from TIFF alone.
func FuzzTIFF(f *testing.F) {
	fuzzLoad(f, "tiff/")
}

// FuzzGIF is FuzzLoad that starts from GIF alone.
func FuzzGIF(f *testing.F) {
	fuzzLoad(f, "gif/")
}

// FuzzBMP is FuzzLoad that starts from BMP alone.
func FuzzBMP(f *testing.F) {
	fuzzLoad(f, "bmp/")
}

func fuzzLoad(f *testing.F, seeds string) {
	addSeeds(f, seeds)
	opts := Options{Limits: Limits{MaxPixels: 1 << 20}, Budget: NewBudget(64 << 20)}
	p := Preprocess{Resize: Single(20), Crop: Single(16), Interpolation: Bilinear}
	f.Fuzz(func(t *testing.T, data []byte) {
		crop, err := p.Load(context.Background(), data, opts)
		switch {
		case err == nil && (crop.Width != 16 || crop.Height != 16):
			t.Errorf("a crop of %d×%d", crop.Width, crop.Height)
		case err != nil && (ClassOf(err) == Internal || ClassOf(err) == IO || ClassOf(err) == Timeout):
			t.Errorf("%v (%s)", err, ClassOf(err))
		}
	})
}
