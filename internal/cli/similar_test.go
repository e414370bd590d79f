package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSimilar finds the same neighbours in each file that features writes, and in the directory itself.
func TestSimilar(t *testing.T) {
	w := newWorld(t)
	for name, seed := range map[string]int{"d/a.png": 1, "d/b.png": 2, "d/c.png": 3, "q.png": 2} {
		w.image(name, 64, 64, seed)
	}
	w.expect(0, "", "", "similar", "q.png", "--in", "d", "-f", "csv", "-k", "all")
	want := w.out.String()
	if !strings.HasPrefix(want, "image,rank,distance,file\nq.png,1,0,d/b.png\nq.png,2,0.") || strings.Count(want, "\n") != 4 {
		t.Errorf("found\n%s", want)
	}
	for _, file := range []string{"f.npy", "f.safetensors", "f.csv"} {
		w.expect(0, "", "", "features", "d", "-o", file)
		w.expect(0, want, "", "similar", "q.png", "--in", file, "-f", "csv", "-k", "all")
		w.expect(2, "", "has vectors of 256 numbers, and layer2 of resnet18_tiny makes 64", "similar", "q.png", "--in", file, "--layer", "layer2")
	}
	w.expect(0, `"compared":3`, "", "similar", "q.png", "--in", "f.npy", "-f", "json")
	w.valid("similar.v1.json")
	w.expect(2, "", "empty: no such file", "similar", "q.png", "--in", "empty")
	w.expect(2, "", "gone.png: no such file", "similar", "gone.png", "--in", "d")
	w.expect(1, "q.png", "1 compared, 1 failed", "similar", "q.png", "gone.png", "--in", "d")
	w.expect(2, "", "similar needs --in", "similar", "q.png")
	w.expect(2, "", "give another name", "similar", "q.png", "--in", "f.csv", "-o", "f.csv")
	w.expect(2, "", "give another name", "similar", "q.png", "--in", "f.npy", "-f", "csv", "-o", "f.npy.txt")

	w.file("d/broken.png", "no picture")
	w.expect(1, "d/b.png", "3 searched, 1 failed", "similar", "q.png", "--in", "d")
	if err := os.Remove(filepath.Join(w.dir, "d", "c.png")); err != nil {
		t.Fatal(err)
	}
	w.expect(0, "", "", "similar", "q.png", "--in", "f.npy", "--sheet", "like.html")
	page, err := os.ReadFile(filepath.Join(w.dir, "like.html"))
	if err != nil || strings.Count(string(page), "<article") != 4 || !strings.Contains(string(page), "1: distance 0.0000") || !strings.Contains(string(page), "no such file") {
		t.Errorf("%v: %d cards", err, strings.Count(string(page), "<article"))
	}
	if err := os.Remove(filepath.Join(w.dir, "f.npy.txt")); err != nil {
		t.Fatal(err)
	}
	w.expect(2, "", "the names of its rows are missing: ", "similar", "q.png", "--in", "f.npy")
}
