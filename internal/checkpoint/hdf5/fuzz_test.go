package hdf5

import (
	"bytes"
	"io"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

// opened shows a file's datasets as a checkpoint's tensors.
type opened struct {
	file     *File
	datasets map[string]*Dataset
	names    []string
}

func openTensors(r io.ReaderAt, size int64) (Opened, error) {
	f, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	o := opened{file: f, datasets: map[string]*Dataset{}}
	_, datasets := all(f.Root)
	for _, d := range datasets {
		o.datasets[d.Path] = d
		o.names = append(o.names, d.Path)
	}
	return o, nil
}

func (o opened) Names() []string { return o.names }

func (o opened) Stream(name string, w io.Writer) error { return o.file.Stream(o.datasets[name], w) }

func FuzzOpen(f *testing.F) {
	e := fixtures(f)
	for name := range e.Read {
		f.Add(fixture(f, name))
	}
	for name := range e.Refused {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if !bytes.HasPrefix(file, []byte(Signature)) {
			return
		}
		Fuzz(t, openTensors, file)
	})
}
