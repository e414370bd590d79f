package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/checkpoint"
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

// TestOutputIsPart wants what a network is made of to survive: all files that opening it read, under any of their names.
func TestOutputIsPart(t *testing.T) {
	w := newWorld(t)
	w.image("photos/me.png", 64, 64, 1)
	w.image("outside.png", 64, 64, 2)
	w.file("names.txt", strings.Repeat("name\n", 200))
	w.tiny("w.safetensors")
	w.file("folder/config.json", `{"architecture": "resnet18", "num_classes": 200}`)
	w.file("folder/model.safetensors.index.json", w.index("w.safetensors", "model-00001-of-00001.safetensors"))
	w.tiny("folder/model-00001-of-00001.safetensors")
	w.expect(0, "", "", "weights", "inspect", "w.safetensors", "--config", "-o", "parent.yaml")
	w.file("net.yaml", "extends: parent.yaml\nlabels: names.txt\nweights: w.safetensors\n")
	for link, to := range map[string]string{"link.safetensors": "w.safetensors", "photos/link.png": "../outside.png"} {
		if err := os.Symlink(to, filepath.Join(w.dir, link)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	if err := os.Link(filepath.Join(w.dir, "names.txt"), filepath.Join(w.dir, "hard.txt")); err != nil {
		t.Skip("no hard links here:", err)
	}
	const quantize, shard = " --calibrate photos", "folder/model-00001-of-00001.safetensors"
	for _, args := range []string{
		"weights quantize w.safetensors w.safetensors" + quantize,
		"weights quantize w.safetensors link.safetensors" + quantize,
		"weights quantize link.safetensors w.safetensors" + quantize,
		"weights quantize folder " + shard + quantize,
		"weights convert folder " + shard,
		"features photos/me.png -o " + shard + " --weights folder",
		"trace w.safetensors --weights folder --save " + shard,
		"features photos/me.png -f csv -o folder/config.json --weights folder",
		"features photos/me.png -f csv -o folder/model.safetensors.index.json --weights folder",
		"trace folder/model.safetensors.index.json --rows stages -f csv -o folder/config.json",
		"weights inspect folder -f csv -o folder/config.json",
		"classify photos/me.png --arch net.yaml -f csv -o names.txt",
		"classify photos/me.png --arch net.yaml -f csv -o hard.txt",
		"classify photos/me.png --arch net.yaml -f csv -o parent.yaml",
		"classify photos/me.png --arch net.yaml -f csv -o net.yaml",
		"classify photos/me.png --labels names.txt -f csv -o names.txt",
		"trace net.yaml --rows stages -f csv -o parent.yaml",
		"draw net.yaml -f mermaid -o parent.yaml",
		"summary net.yaml -f csv -o parent.yaml",
		"classify photos -f csv -o outside.png",
		"classify photos/*.png -f csv -o photos/me.png",
		"classify photos -f csv -o photos/link.png",
	} {
		before := w.contents()
		w.expect(2, "", "give another name", strings.Fields(args)...)
		for name, text := range w.contents() {
			if before[name] != text {
				t.Errorf("%s: %s is another", args, name)
			}
		}
	}
}

// index is that of a checkpoint whose tensors all lie in one file.
func (w *world) index(checkpointName, file string) string {
	w.t.Helper()
	f, err := checkpoint.Open(filepath.Join(w.dir, checkpointName))
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	where := map[string]string{}
	for _, name := range f.Names() {
		where[name] = file
	}
	text, err := json.Marshal(map[string]any{"metadata": map[string]any{}, "weight_map": where})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
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
