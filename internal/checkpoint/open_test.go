package checkpoint

import (
	"path/filepath"
	"slices"
	"testing"

	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/tensor"
)

func TestWriteAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	w, err := safetensors.Create(path, []safetensors.Spec{
		{Name: "half", Info: tensor.Info{Shape: tensor.Shape{3}, DType: tensor.Float16}},
		{Name: "full", Info: tensor.Info{Shape: tensor.Shape{2, 2}, DType: tensor.Float32}},
	}, map[string]string{"arch": "resnet18"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := w.Write("full", []float32{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write("half", []float32{0.5, -1, 65504}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Names(); !slices.Equal(got, []string{"half", "full"}) {
		t.Errorf("Names() = %v", got)
	}
	got := make([]float32, 3)
	if err := f.Read("half", got); err != nil || !slices.Equal(got, []float32{0.5, -1, 65504}) {
		t.Errorf("Read = %v, %v", got, err)
	}
	if f.Metadata()["arch"] != "resnet18" {
		t.Errorf("Metadata() = %v", f.Metadata())
	}
}
