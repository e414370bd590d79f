package safetensors

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
	"resnet/internal/tensor"
)

func spec(name string, dtype tensor.DType, shape ...int) Spec {
	return Spec{Name: name, Info: tensor.Info{Shape: shape, DType: dtype}}
}

// left lists the files of a directory.
func left(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.safetensors")
	w, err := Create(path, []Spec{
		spec("half", tensor.Float16, 3),
		spec("brain", tensor.BFloat16, 1, 2),
		spec("float", tensor.Float32, 2),
		spec("double", tensor.Float64),
		spec("count", tensor.Int64),
		spec("mask", tensor.Bool, 3),
		spec("none", tensor.Float32, 0, 7),
	}, map[string]string{"b": "\"quoted\"\n", "a": "é"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	raw := func(b ...byte) func(io.Writer) error {
		return func(w io.Writer) error {
			for _, x := range b { // in small pieces
				if _, err := w.Write([]byte{x}); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, err := range []error{
		w.Write("float", []float32{1, -2}),
		w.Write("none", nil),
		w.WriteFrom("count", raw(9, 0, 0, 0, 0, 0, 0, 0)),
		w.Write("half", []float32{1, 65520, 0x1p-25 * 1.5}),
		w.Write("brain", []float32{1, 0x1.01p0}),
		w.Write("double", []float32{0.5}),
		w.WriteFrom("mask", raw(1, 0, 1)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := left(t, dir); !slices.Equal(got, []string{".a.safetensors.0.partial"}) {
		t.Errorf("before Close the directory holds %q", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := left(t, dir); !slices.Equal(got, []string{"a.safetensors"}) {
		t.Errorf("after Close the directory holds %q", got)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"half", "brain", "float", "double", "count", "mask", "none"}; !slices.Equal(f.Names(), want) {
		t.Errorf("Names() = %q, want the specs' order", f.Names())
	}
	if m := f.Metadata(); m["a"] != "é" || m["b"] != "\"quoted\"\n" {
		t.Errorf("Metadata() = %q", m)
	}
	got, err := ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{
		"half":   {0x00, 0x3c, 0x00, 0x7c, 0x01, 0x00},
		"brain":  {0x80, 0x3f, 0x80, 0x3f},
		"float":  Floats(1, -2),
		"double": {0, 0, 0, 0, 0, 0, 0xe0, 0x3f},
		"count":  {9, 0, 0, 0, 0, 0, 0, 0},
		"mask":   {1, 0, 1},
		"none":   nil,
	} {
		if !bytes.Equal(got[name], want) {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
		if e := f.header.entries[f.header.index[name]]; (f.data+e.start)%max(1, e.bits/8) != 0 {
			t.Errorf("%s is not aligned: byte %d", name, f.data+e.start)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	one := []Spec{spec("a", tensor.Float32, 2)}
	ints := []Spec{spec("a", tensor.Int32, 2)}
	var large []Spec // each can be counted, their sum can not
	for i := range 9 {
		large = append(large, spec(string(rune('a'+i)), tensor.Int8, math.MaxInt64/8))
	}
	for _, c := range []struct {
		name  string
		specs []Spec
		use   func(w *Writer) error
		want  string
	}{
		{"name twice", []Spec{one[0], one[0]}, nil, "taken or reserved"},
		{"reserved name", []Spec{spec("__metadata__", tensor.Float32)}, nil, "taken or reserved"},
		{"name with NUL", []Spec{spec("a\x00", tensor.Float32)}, nil, "not text"},
		{"name not UTF-8", []Spec{spec("\xff", tensor.Float32)}, nil, "not text"},
		{"unknown dtype", []Spec{spec("a", "complex64")}, nil, `dtype "complex64" cannot be written`},
		{"shape too large", []Spec{spec("a", tensor.Float32, math.MaxInt, 2)}, nil, "too large"},
		{"shapes too large together", large, nil, "too large"},
		{"shape negative", []Spec{spec("a", tensor.Float32, -1)}, nil, "too large"},
		{"nothing written", one, func(w *Writer) error { return nil }, "1 of 1 tensors were not written"},
		{"tensor unknown", one, func(w *Writer) error { return w.Write("b", nil) }, `"b" was not declared`},
		{"too few values", one, func(w *Writer) error { return w.Write("a", []float32{1}) }, "1 values for shape [2]"},
		{"too many values", one, func(w *Writer) error { return w.Write("a", []float32{1, 2, 3}) }, "3 values for shape [2]"},
		{"written twice", one, func(w *Writer) error {
			return errors.Join(w.Write("a", []float32{1, 2}), w.Write("a", []float32{1, 2}))
		}, "written twice"},
		{"values as integers", ints, func(w *Writer) error { return w.Write("a", []float32{1, 2}) }, "cannot be written as int32"},
		{"too few bytes", one, func(w *Writer) error {
			return w.WriteFrom("a", func(w io.Writer) error { _, err := w.Write([]byte{1}); return err })
		}, "7 bytes are missing"},
		{"too many bytes", one, func(w *Writer) error {
			return w.WriteFrom("a", func(w io.Writer) error { _, err := w.Write(make([]byte, 9)); return err })
		}, "more bytes than the tensor has"},
		{"source fails", one, func(w *Writer) error {
			return w.WriteFrom("a", func(w io.Writer) error { return errors.New("source is damaged") })
		}, "source is damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			w, err := Create(filepath.Join(dir, "a.safetensors"), c.specs, nil)
			if err == nil && c.use == nil {
				w.Abort()
			}
			if err == nil && c.use != nil {
				c.use(w)
				err = w.Close()
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
			if got := left(t, dir); len(got) > 0 {
				t.Errorf("the directory still holds %q", got)
			}
		})
	}
}

func TestWriterKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.safetensors")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	w, err := Create(path, []Spec{spec("a", tensor.Float32, 1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("after Abort the file is %q", got)
	}
	if got := left(t, dir); len(got) != 1 {
		t.Errorf("the directory holds %q", got)
	}
	if _, err := Create(path, nil, map[string]string{"k": "\xff"}); err == nil {
		t.Error("metadata that is not UTF-8 is written")
	}
	if _, err := Create(filepath.Join(dir, "none", "a.safetensors"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a directory that does not exist: %v", err)
	}
}

// fullDisk takes so many bytes and then fails, as a full disk does: at a write, or at the flush.
type fullDisk struct {
	left    int
	flush   error
	aborted bool
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) WriteAt(p []byte, _ int64) (int, error) {
	if len(p) > d.left {
		return d.left, errFull
	}
	d.left -= len(p)
	return len(p), nil
}

func (d *fullDisk) Commit() error  { return d.flush }
func (d *fullDisk) Cleanup() error { d.aborted = true; return nil }

func TestWriterOnAFullDisk(t *testing.T) {
	text, entries, err := layout([]Spec{spec("a", tensor.Float32, 4), spec("b", tensor.Float32, 4)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	values := []float32{1, 2, 3, 4}
	for space := range 8 + len(text) + 32 {
		disk := &fullDisk{left: space}
		w, err := start(disk, text, entries)
		if err == nil {
			err = errors.Join(w.Write("a", values), w.Write("b", values))
			if closed := w.Close(); !errors.Is(closed, errFull) {
				t.Fatalf("space for %d bytes: Close says %v", space, closed)
			}
		}
		if !errors.Is(err, errFull) || !disk.aborted {
			t.Fatalf("space for %d bytes: error is %v, file removed: %v", space, err, disk.aborted)
		}
	}
	w, err := start(&fullDisk{left: 1000, flush: errFull}, text, entries)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write("a", values), w.Write("b", values)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("disk full at the flush: Close says %v", err)
	}
}
