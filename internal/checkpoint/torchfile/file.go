// Package torchfile reads what torch.save writes: zip files since PyTorch 1.6, and the series of pickles before it. The
// pickles are interpreted by an allow-list of opcodes and globals (see unpickler); no code of a file ever runs.
//
// Every tensor that is read has the bits that torch.load gives it; what cannot be read (float8, uint16, complex, quantized,
// sparse and meta tensors, negated views) is listed by its type. Beyond that the package is stricter. torch.load(…,
// weights_only=True) of PyTorch 2.15 accepts, and this package refuses:
//
//   - wrong checksums, and local headers of a zip file that disagree with its directory
//   - entries, dict keys, storages and protocol marks that stand twice, and bytes after the end of a zip file, of a pickle or
//     of the last storage
//   - storages that are missing in a legacy file (torch.load leaves the memory as it was), and bools other than 0 and 1
//   - views with many more elements than their storage (expand), and nested containers without end
//   - more than 65,536 entries, 32,768 tensors, 8 dimensions, and pickles whose objects take more than 8 MiB and four times their length
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
	if t.storage == nil {
		return format.Errorf(f.format, -1, "elements of type %s cannot be read", t.dtype)
	}
	size := t.dtype.Size()
	if t.dtype == tensor.Bool {
		w = &format.BoolChecker{W: w, Format: f.format, Offset: -1}
	}
	if f.bigEndian && size > 1 {
		w = swapper{w, size}
	}
	return format.Truncated(t.copyTo(w), f.format, -1, "the tensor")
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
