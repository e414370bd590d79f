// Package torchfile reads what torch.save writes: zip files since PyTorch 1.6, and the series of pickles before it. The
// pickles are interpreted by an allow-list of opcodes and globals (see unpickler); no code of a file ever runs. Beyond
// that it is stricter than torch.load, which accepts wrong checksums, duplicate keys and trailing bytes.
package torchfile

import (
	"io"
	"maps"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// A File is an opened checkpoint. It may be used by several goroutines.
type File struct {
	format    string
	tree      *tree
	checksums bool
	bigEndian bool
}

// Names lists all tensors by their path in the saved object, in its order. The slice is the caller's to read only.
func (f *File) Names() []string { return f.tree.names }

// Info is a tensor's shape and element type.
func (f *File) Info(name string) (tensor.Info, bool) {
	t, ok := f.tree.tensors[name]
	if !ok {
		return tensor.Info{}, false
	}
	return t.info(), true
}

// Metadata are the numbers and short strings that stand beside the tensors, such as "epoch" and "arch".
func (f *File) Metadata() map[string]string { return maps.Clone(f.tree.metadata) }

// Checksums reports whether damage to the data is noticed.
func (f *File) Checksums() bool { return f.checksums }

// Warnings says what was left out.
func (f *File) Warnings() []string { return f.tree.warnings }

// Stream writes a tensor's elements to w, row-major and little-endian, in chunks of whole elements.
func (f *File) Stream(name string, w io.Writer) error {
	t, ok := f.tree.tensors[name]
	if !ok {
		return format.Errorf(f.format, -1, "no tensor %q", name)
	}
	size := t.storage.dtype.Size()
	if t.storage.dtype == tensor.Bool {
		w = &format.BoolChecker{W: w, Format: f.format, Offset: -1}
	}
	if f.bigEndian && size > 1 {
		w = swapper{w, size}
	}
	return t.copyTo(w)
}

// swapper turns every element round.
type swapper struct {
	w    io.Writer
	size int
}

func (s swapper) Write(chunk []byte) (int, error) {
	for e := chunk; len(e) >= s.size; e = e[s.size:] {
		for i, j := 0, s.size-1; i < j; i, j = i+1, j-1 {
			e[i], e[j] = e[j], e[i]
		}
	}
	return s.w.Write(chunk)
}
