package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Features are kept by what they are made of, remembered by how their files look, and never wrong where they are kept.
func TestFitCache(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 3)
	fit := func(flags ...string) string {
		t.Helper()
		w.expect(0, "learned from", "", append([]string{"fit", "photos", "-o", "net"}, flags...)...)
		text, err := os.ReadFile(filepath.Join(w.dir, "net", "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := fit()
	w.expect(0, "features\n", "", "weights", "path", "--features")
	dir := strings.TrimSpace(w.out.String())
	kept, err := filepath.Glob(filepath.Join(dir, "*.features"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v, %v in %s", kept, err, dir)
	}
	if fit() != first {
		t.Error("features that are kept give another network")
	}

	// A photo that changed under the same size and time is not seen, until it is hashed again.
	path := filepath.Join(w.dir, "photos/coarse/0.png")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), before...)
	copy(damaged, "no picture")
	if err := os.WriteFile(path, damaged, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if fit() != first {
		t.Error("a photo that looks as it did was read again")
	}
	w.expect(0, "learned from", "coarse/0.png: ", "fit", "photos", "-o", "net", "--verify-cache")
	if err := os.WriteFile(path, before, 0o666); err != nil {
		t.Fatal(err)
	}

	// Other preprocessing, other kernels have features of their own; what is damaged is made anew.
	fit("--exif", "ignore")
	if kept, _ := filepath.Glob(filepath.Join(dir, "*.features")); len(kept) != 2 {
		t.Errorf("%v are kept, want two", kept)
	}
	data, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(kept[0], data, 0o666); err != nil {
		t.Fatal(err)
	}
	if fit() != first {
		t.Error("damaged features are taken for good")
	}
	w.expect(2, "", "needs the name of a set, or --unused, --features or --photos", "weights", "rm", "--features", "--unused")
	w.expect(0, " freed", "", "weights", "rm", "--features")
	if _, err := os.Stat(dir); err == nil {
		t.Error("features are still there")
	}
	w.expect(2, "", "takes a set, or --features", "weights", "path", "--features", "resnet50")
}
