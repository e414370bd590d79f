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
		wrong := "has vectors of 256 numbers, and layer2 of resnet18_tiny makes 64"
		if file == "f.safetensors" { // which says it
			wrong = "its vectors were made of the layer avgpool, and these are of layer2 (--layer)"
		}
		w.expect(2, "", wrong, "similar", "q.png", "--in", file, "--layer", "layer2")
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

// An image is not similar to itself, by whatever name it goes, and an equal one is.
func TestSimilarItself(t *testing.T) {
	w := newWorld(t)
	for name, seed := range map[string]int{"d/a.png": 1, "d/b.png": 2, "d/same.png": 1} {
		w.image(name, 64, 64, seed)
	}
	for _, file := range []string{"f.npy", "f.safetensors", "f.csv"} {
		w.expect(0, "", "", "features", "d", "-o", file)
	}
	for _, in := range []string{"d", "f.npy", "f.safetensors", "f.csv"} {
		for _, name := range []string{"d/a.png", "./d/../d/a.png", filepath.Join(w.dir, "d", "a.png")} {
			w.expect(0, name+",1,0,d/same.png\n"+name+",2,0.", "", "similar", name, "--in", in, "-f", "csv")
			if n := strings.Count(w.out.String(), "\n"); n != 3 {
				t.Errorf("%s in %s: %d lines, want 3:\n%s", name, in, n, w.out.String())
			}
		}
	}
}

// What a file says of how its vectors were made is compared; a copy of the weights makes the same.
func TestSimilarMade(t *testing.T) {
	w := newWorld(t)
	w.image("d/a.png", 64, 64, 1)
	w.image("d/b.png", 80, 64, 2)
	w.expect(0, "", "", "features", "d", "-o", "f.safetensors", "--layer", "layer4")
	w.expect(0, "", "", "weights", "convert", "resnet18_tiny", "copy.safetensors")
	w.expect(0, "", "", "weights", "convert", "resnet18_tiny", "random.safetensors", "--seed", "1")
	w.photos("photos", 3)
	w.expect(0, "", "", "fit", "photos", "-o", "net")
	for _, flags := range [][]string{nil, {"--weights", "copy.safetensors"}, {"--arch", "net"}} {
		w.expect(0, "d/b.png", "", append([]string{"similar", "d/a.png", "--in", "f.safetensors", "--layer", "layer4"}, flags...)...)
	}
	for _, test := range []struct{ want, flags string }{
		{"f.safetensors: its vectors were made of weights with the sha256 41bc6597", "--layer layer4 --weights random.safetensors"},
		{"made of the layer layer4, and these are of avgpool (--layer)", ""},
		{"made of photos prepared as {", "--layer layer4 --resize 70"},
	} {
		w.expect(2, "", test.want, append([]string{"similar", "d/a.png", "--in", "f.safetensors"}, strings.Fields(test.flags)...)...)
	}
	w.expect(0, "", "", "features", "d", "-o", "f.safetensors", "--pool", "max")
	w.expect(2, "", "made of each channel's max, and these are of average (features' --pool)", "similar", "d/a.png", "--in", "f.safetensors")
	// The classes of two fits are not the same, though the rest of them is.
	w.expect(0, "", "", "features", "d", "-o", "f.safetensors", "--arch", "net", "--layer", "fc")
	w.expect(0, "", "", "fit", "photos", "-o", "net2", "--augment", "none", "--class-weights", "balanced", "--seed", "2")
	w.expect(2, "", "made of weights with the sha256", "similar", "d/a.png", "--in", "f.safetensors", "--layer", "fc", "--arch", "net2")
}
