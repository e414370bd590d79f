package config

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestKeys(t *testing.T) {
	arch, err := Load("50d")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := Keys(arch)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Key{
		{"block", "bottleneck"},
		{"layers", "[3, 4, 6, 3]"},
		{"shortcut", "avgpool_projection"},
		{"replace_stride_with_dilation", "[false, false, false]"},
		{"stem.conv", "[{kernel: 3, planes: 32, stride: 2, padding: 1}, {kernel: 3, planes: 32, stride: 1, padding: 1}, {kernel: 3, planes: 64, stride: 1, padding: 1}]"},
		{"stem.pool", "{kernel: 3, stride: 2, padding: 1}"},
		{"labels", "imagenet"},
		{"preprocess.mean", "[0.485, 0.456, 0.406]"},
	} {
		if !slices.Contains(keys, want) {
			t.Errorf("no %v among %v", want, keys)
		}
	}
	if keys[0].Name != "block" || slices.ContainsFunc(keys, func(k Key) bool { return k.Name == "description" }) {
		t.Errorf("keys are %v", keys)
	}
}

// Where a file lies does not matter.
func TestKeysOfFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "my.yaml")
	if err := os.WriteFile(file, []byte("extends: resnet18\nlabels: sub/names.txt\nweights: w.safetensors\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	arch, err := LoadFile(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := Keys(arch)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Key{{"labels", filepath.Join("sub", "names.txt")}, {"weights", "w.safetensors"}} {
		if !slices.Contains(keys, want) {
			t.Errorf("no %v among %v", want, keys)
		}
	}
}
