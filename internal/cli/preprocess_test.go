package cli

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestPreprocess(t *testing.T) {
	w := newWorld(t)
	w.image("photos/a.png", 300, 260, 1)
	w.image("photos/below/a.png", 300, 260, 2)
	w.image("b/a.png", 300, 260, 3)
	w.expect(0, "", "2 written", "preprocess", "-r", "photos", "-o", "seen")
	for _, name := range []string{"a.png", "below/a.png"} {
		text, err := os.ReadFile(filepath.Join(w.dir, "seen", name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		im, err := png.Decode(bytes.NewReader(text))
		if err != nil || im.Bounds().Dx() != 224 || im.Bounds().Dy() != 224 {
			t.Errorf("%s: %v, %v", name, im.Bounds(), err)
		}
		info, err := os.Stat(filepath.Join(w.dir, "seen", name+".npy"))
		if err != nil || info.Size() != 128+4*3*224*224 {
			t.Errorf("%s.npy: %v, %v", name, info, err)
		}
	}
	w.expect(2, "", "would both be written as a.png", "preprocess", "photos/a.png", "b/a.png", "-o", "other")
	if _, err := os.Stat(filepath.Join(w.dir, "other")); err == nil {
		t.Error("something was written before the clash was noticed")
	}
	w.expect(2, "", "needs -o DIR", "preprocess", "b/a.png")
}
