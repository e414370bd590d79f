package onnx

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

func openReader(r io.ReaderAt, size int64) (Opened, error) {
	o, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	for _, location := range o.Locations() {
		if err := o.Attach(location, External{Data: r, Size: size}); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func FuzzOpen(f *testing.F) {
	files, err := filepath.Glob("testdata/*.onnx")
	if err != nil || len(files) == 0 {
		f.Fatal("no fixtures", err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { Fuzz(t, openReader, file) })
}
