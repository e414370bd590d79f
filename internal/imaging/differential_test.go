package imaging

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestDifferential decodes the files of a directory for testdata/differential.py, which compares them with Pillow's.
func TestDifferential(t *testing.T) {
	const variable = "RESNET_IMAGING_DIFFERENTIAL"
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skip(variable + " is not set: testdata/differential.py runs this test")
	}
	type result struct {
		Width, Height int
		RGB           string
		Class         Class
		Message       string
	}
	results := map[string]result{}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{IgnoreEXIF: true, Limits: Limits{MaxPixels: 4_000_000}}
	for _, file := range files {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		im, err := whole.LoadFile(ctx, file, opts)
		cancel()
		if err != nil {
			results[filepath.Base(file)] = result{Class: ClassOf(err), Message: err.Error()}
			continue
		}
		results[filepath.Base(file)] = result{Width: im.Width, Height: im.Height, RGB: digest(im.Image)}
	}
	data, err := json.Marshal(results)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+".json", data, 0o666); err != nil {
		t.Fatal(err)
	}
}
