package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutputIsInput wants an input to survive a command that names it as its output too.
func TestOutputIsInput(t *testing.T) {
	w := newWorld(t)
	w.image("photos/me.png", 64, 64, 1)
	w.image("picture.safetensors", 64, 64, 1)
	w.file("net.yaml", "extends: resnet20_cifar\nlabels: names.txt\n")
	w.file("names.txt", strings.Repeat("name\n", 10))
	w.file("list.csv", "photos/me.png,0\n")
	w.file("f.tmpl", "{{.Path}}")
	w.expect(0, "", "", "weights", "convert", "resnet18_tiny", "w.safetensors")
	if err := os.Symlink("w.safetensors", filepath.Join(w.dir, "link.safetensors")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, args := range []string{
		"trace w.safetensors --save w.safetensors",
		"trace resnet18_tiny --weights w.safetensors --save link.safetensors",
		"trace resnet18_tiny --image picture.safetensors --save picture.safetensors",
		"trace net.yaml --shapes -f csv -o net.yaml",
		"trace 18 --shapes -f @f.tmpl -o f.tmpl",
		"classify photos/me.png -f csv -o photos/me.png",
		"classify photos -f csv -o photos/me.png",
		"classify photos/me.png --cam photos/me.png -f csv",
		"features photos -f csv -o photos/me.png",
		"features photos -f npy -o photos/me.png",
		"eval --list list.csv -f csv -o list.csv",
		"eval --list list.csv -f csv -o photos/me.png",
		"weights convert w.safetensors w.safetensors",
		"weights convert link.safetensors w.safetensors",
	} {
		before := w.contents()
		w.expect(2, "", "give another name", strings.Fields(args)...)
		for name, text := range w.contents() {
			if before[name] != text {
				t.Errorf("%s: %s is another", args, name)
			}
		}
	}
	w.expect(0, "", "", "classify", "photos", "-o", "photos/labels.csv")
}

// TestOutputsAtOnePlace wants two outputs of a run at one place refused before anything is written.
func TestOutputsAtOnePlace(t *testing.T) {
	w := newWorld(t)
	w.image("me.png", 64, 64, 1)
	for _, args := range []string{
		"classify me.png -o same.csv --cam same.csv",
		"classify me.png -o ./same.html -f csv --sheet same.html",
		"classify me.png --cam same.png --sheet sub/../same.png",
		"trace resnet20_cifar -o same.csv --save same.csv",
	} {
		w.expect(2, "", "give one of them another name", strings.Fields(args)...)
	}
	if left, err := os.ReadDir(w.dir); err != nil || len(left) != 1 {
		t.Errorf("written: %v, %v", left, err)
	}
}

// contents are the files of the world.
func (w *world) contents() map[string]string {
	all := map[string]string{}
	_ = filepath.WalkDir(w.dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			text, _ := os.ReadFile(path)
			all[path] = string(text)
		}
		return err
	})
	return all
}
