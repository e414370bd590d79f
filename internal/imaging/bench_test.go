package imaging

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkJPEGToTensor goes from the bytes of a photo to the normalised tensor, over all photos of RESNET_TESTDATA.
// testdata/benchmark.py does the same with Pillow and torchvision.
func BenchmarkJPEGToTensor(b *testing.B) {
	dir := os.Getenv("RESNET_TESTDATA")
	if dir == "" {
		b.Skip("RESNET_TESTDATA is not set: no photos")
	}
	names, err := filepath.Glob(filepath.Join(dir, "photos", "*.JPEG"))
	if err != nil || len(names) == 0 {
		b.Fatalf("no photos in %s: %v", dir, err)
	}
	var photos [][]byte
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		photos = append(photos, data)
	}
	dst := make([]float32, 3*224*224)
	for b.Loop() {
		for _, data := range photos {
			crop, err := ImageNet.Load(context.Background(), data, Options{IgnoreEXIF: true})
			if err != nil {
				b.Fatal(err)
			}
			ImageNet.Normalize(dst, crop.Image)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(photos)), "µs/photo")
}
