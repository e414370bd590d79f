// Package checkpoint opens trained weights, whatever program wrote them: safetensors, PyTorch's zip files and its older
// pickles, Keras's HDF5 files and archives, ONNX. A file is recognised by its content, never by its name. Nothing in it is
// executed or trusted: opening reads the header alone, tensors are read one at a time, and nothing is allocated on the
// word of a number that only the file vouches for.
package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"resnet/internal/checkpoint/format"
	"resnet/internal/checkpoint/keras"
	"resnet/internal/checkpoint/onnx"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/checkpoint/torchfile"
	"resnet/internal/tensor"
)

// FormatError says which rule of its format a file breaks, and at which byte.
type FormatError = format.Error

// ForeignError is a file of another program, which a line of Python makes safetensors of.
type ForeignError = format.Foreign

// NoChecksums is the warning of a file in which damage to the weights cannot be noticed.
const NoChecksums = "the file has no checksums: damage to the weights cannot be noticed"

// A reader is what a format implements. Stream writes a tensor's elements to w, row-major and little-endian, in chunks
// of whole elements; where there are checksums, damage is an error at the end at the latest.
type reader interface {
	Names() []string
	Info(name string) (tensor.Info, bool)
	Stream(name string, w io.Writer) error
	Metadata() map[string]string
	Checksums() bool
	Warnings() []string
}

// formats are tried in order; a format is recognised by the first bytes and the size of the file.
var formats = []struct {
	name  string
	sniff func(head []byte, size int64) bool
	open  func(r io.ReaderAt, size int64) (reader, error)
}{
	{safetensors.Name, safetensors.Sniff, func(r io.ReaderAt, size int64) (reader, error) { return safetensors.Open(r, size) }},
	{keras.Name, keras.Sniff, func(r io.ReaderAt, size int64) (reader, error) { return keras.Open(r, size) }},
	{torchfile.ZipName, torchfile.SniffZip, func(r io.ReaderAt, size int64) (reader, error) { return torchfile.OpenZip(r, size) }},
	{onnx.Name, onnx.Sniff, func(r io.ReaderAt, size int64) (reader, error) { return onnx.Open(r, size) }},
	{torchfile.LegacyName, torchfile.SniffLegacy, func(r io.ReaderAt, size int64) (reader, error) { return torchfile.OpenLegacy(r, size) }},
}

// A File is an opened checkpoint. It may be used by several goroutines at the same time.
type File struct {
	reader
	path   string
	size   int64
	format string
	file   *os.File // nil where the caller owns the data
	mtime  time.Time
}

// Open opens a checkpoint file, or the index of one in several files (model.safetensors.index.json). It reads headers
// only. A file that breaks the rules of its format is refused with a *FormatError.
func Open(path string) (*File, error) { return openFile(path, true) }

func openFile(path string, index bool) (*File, error) {
	file, info, err := openRegular(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	f, err := open(file, info.Size(), path, index)
	if err != nil {
		file.Close()
		return nil, err
	}
	f.file, f.mtime = file, info.ModTime()
	return f, nil
}

// openRegular refuses what is not a regular file before it opens it: opening a FIFO would wait for a writer.
func openRegular(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, format.Errorf(format.Unrecognized, -1, "not a regular file but a %s", kind(info.Mode()))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	opened, err := file.Stat()
	if err == nil && !os.SameFile(info, opened) {
		err = format.Errorf(format.Unrecognized, -1, "the file was replaced while it was opened")
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, opened, nil
}

func kind(mode os.FileMode) string {
	switch {
	case mode.IsDir():
		return "directory"
	case mode&os.ModeNamedPipe != 0:
		return "named pipe"
	case mode&os.ModeSocket != 0:
		return "socket"
	}
	return "device"
}

// OpenReaderAt opens a checkpoint of size bytes that the caller owns; name is for errors.
func OpenReaderAt(r io.ReaderAt, size int64, name string) (*File, error) {
	return open(r, size, name, false)
}

// open recognises the format. Only where index is true, what r holds may name other files.
func open(r io.ReaderAt, size int64, name string, index bool) (f *File, err error) {
	defer func() {
		if err != nil {
			if foreign, ok := errors.AsType[*format.Foreign](err); ok {
				foreign.File = name
			}
			f, err = nil, fmt.Errorf("checkpoint %s: %w", name, err)
		}
	}()
	defer format.Recover(&err, "checkpoint")
	head := make([]byte, min(size, 512))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	for _, known := range formats {
		if !known.sniff(head, size) {
			continue
		}
		opened, err := known.open(r, size)
		if err != nil {
			return nil, err
		}
		if o, ok := opened.(*onnx.Reader); ok && len(o.Locations()) > 0 {
			if opened, err = openOutside(o, name, index); err != nil {
				return nil, err
			}
		}
		return &File{reader: opened, path: name, size: size, format: known.name}, nil
	}
	if index && safetensors.SniffIndex(head) {
		all, err := openShards(r, size, name)
		if err != nil {
			return nil, err
		}
		return &File{reader: all, path: name, size: size, format: safetensors.IndexName}, nil
	}
	return nil, unknown(r, head, size, name)
}

// Path is the path or name that the file was opened by.
func (f *File) Path() string { return f.path }

// Files are the paths of all files that it reads: itself, and those that an index or a model names.
func (f *File) Files() []string {
	files := []string{f.path}
	if several, ok := f.reader.(interface{ paths() []string }); ok {
		files = append(files, several.paths()...)
	}
	return files
}

// Size is the size of the file in bytes.
func (f *File) Size() int64 { return f.size }

// Format names the format: "safetensors", "PyTorch zip", "PyTorch legacy", "Keras" or "ONNX".
func (f *File) Format() string { return f.format }

// Config describes the network that was saved with its weights, in the words of its format: JSON for
// Keras, the graph as JSON for ONNX. It is "" for
// weights alone.
func (f *File) Config() string {
	if c, ok := f.reader.(interface{ Config() string }); ok {
		return c.Config()
	}
	return ""
}

// Warnings are things that a user should know of a file that can be read; NoChecksums is one.
func (f *File) Warnings() []string {
	warnings := slices.Clone(f.reader.Warnings())
	if !f.Checksums() {
		warnings = append(warnings, NoChecksums)
	}
	return warnings
}

// Read converts a tensor to float32, row-major, into dst, which has exactly as many elements. After an error the
// content of dst is undefined.
func (f *File) Read(name string, dst []float32) error {
	info, ok := f.Info(name)
	if !ok {
		return fmt.Errorf("checkpoint %s: no tensor %q", f.path, name)
	}
	if info.DType.Size() == 0 {
		return fmt.Errorf("checkpoint %s: tensor %q: elements of type %s cannot be read", f.path, name, info.DType)
	}
	if n := info.Shape.Elements(); n != len(dst) {
		return fmt.Errorf("checkpoint %s: tensor %q: shape %v has %d elements, want %d", f.path, name, info.Shape, n, len(dst))
	}
	return f.Stream(name, format.NewDecoder(info.DType, dst))
}

// Stream writes a tensor's bytes to w as they are stored, but always row-major, little-endian and in chunks of whole
// elements. It returns an error where the file has checksums and they do not agree, and where the file has changed
// since it was opened; w has then seen data that is not to be trusted.
func (f *File) Stream(name string, w io.Writer) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("checkpoint %s: tensor %q: %w", f.path, name, err)
		}
	}()
	defer format.Recover(&err, f.format)
	err = f.reader.Stream(name, w)
	if changed := f.changed(); changed != nil {
		return changed
	}
	return err
}

// changed reports whether the file is another than the one that was opened.
func (f *File) changed() error {
	if f.file == nil {
		return nil
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != f.size || !info.ModTime().Equal(f.mtime) {
		return format.Errorf(f.format, -1, "the file changed while it was read; try again once nothing writes to it")
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error {
	var err error
	if several, ok := f.reader.(interface{ close() error }); ok {
		err = several.close()
	}
	if f.file != nil {
		err = errors.Join(err, f.file.Close())
	}
	return err
}
