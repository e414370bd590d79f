package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"resnet/internal/checkpoint"
)

// TestFeatures writes the same vectors in three formats.
func TestFeatures(t *testing.T) {
	w := newWorld(t)
	w.image("photos/a.png", 80, 64, 1)
	w.image("photos/b.png", 80, 64, 2)
	w.file("photos/c.png", "no picture")

	w.expect(1, "", "2 written, 1 failed", "features", "photos", "--format", "csv")
	rows, err := csv.NewReader(&w.out).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[1]) != 257 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	want := make([]float32, 0, 512)
	for _, row := range rows[1:] {
		for _, field := range row[1:] {
			v, err := strconv.ParseFloat(field, 32)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, float32(v))
		}
	}

	w.expect(1, "", "2 written", "features", "photos", "-o", "f.npy")
	array, err := os.ReadFile(filepath.Join(w.dir, "f.npy"))
	if err != nil || !bytes.Contains(array[:128], []byte("'shape': (2, 256)")) {
		t.Fatalf("%v: %q", err, array[:min(len(array), 128)])
	}
	for i, v := range want {
		if got := math.Float32frombits(binary.LittleEndian.Uint32(array[128+4*i:])); got != v {
			t.Fatalf("f.npy[%d] = %v, want %v", i, got, v)
		}
	}
	names, err := os.ReadFile(filepath.Join(w.dir, "f.npy.txt"))
	if err != nil || string(names) != "photos/a.png\nphotos/b.png\n" {
		t.Errorf("%v: %q", err, names)
	}

	w.expect(1, "", "2 written", "features", "photos", "-o", "f.safetensors")
	file, err := checkpoint.Open(filepath.Join(w.dir, "f.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got := make([]float32, len(want))
	if err := file.Read("features", got); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("f.safetensors[%d] = %v, want %v", i, got[i], want[i])
		}
	}
	if files := file.Metadata()["files"]; files != `["photos/a.png","photos/b.png"]` {
		t.Errorf("files %s", files)
	}

	w.expect(2, "", `near are layer4`, "features", "photos", "--format", "csv", "--layer", "layer9")
	w.expect(2, "", "needs -o FILE", "features", "photos")
	for _, name := range []string{"n.npy", "n.csv", "n.safetensors"} {
		w.expect(2, "", "0 written, 1 failed", "features", "photos/c.png", "-o", name)
	}
	entries, err := os.ReadDir(w.dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%v: %v, want no temporary file, and none without a row", err, entries)
	}
}
