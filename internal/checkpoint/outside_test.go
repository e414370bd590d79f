package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "resnet/internal/checkpoint/checkpointtest"
)

// beside writes a model whose tensor of two float32 lies where outside says, and in its directory w.data, of 16 bytes. A
// directory above has a file too, which no model may name.
func beside(t *testing.T, outside ...string) (path string) {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "model")
	path = filepath.Join(dir, "net.onnx")
	if err := errors.Join(
		os.MkdirAll(filepath.Join(dir, "below"), 0o755),
		os.WriteFile(path, ONNX(ONNXTensor("w", 2, Outside(outside...))), 0o644),
		os.WriteFile(filepath.Join(dir, "w.data"), Floats(1, 2, 3, 4), 0o644),
		os.WriteFile(filepath.Join(dir, "below", "w.data"), Floats(1, 2, 3, 4), 0o644),
		os.WriteFile(filepath.Join(root, "w.data"), Floats(1, 2, 3, 4), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOutside reads tensors that lie beside an ONNX model.
func TestOutside(t *testing.T) {
	for _, c := range []struct {
		pairs string
		want  float32
	}{{"location w.data", 1}, {"location w.data offset 8 length 8", 3}, {"location w.data offset 4", 2}} {
		f, err := Open(beside(t, strings.Fields(c.pairs)...))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 2)
		if err := f.Read("w", got); err != nil || got[0] != c.want || got[1] != c.want+1 {
			t.Errorf("%s: %v, %v", c.pairs, got, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err := f.Read("w", got); err == nil {
			t.Error("Read after Close is no error")
		}
	}
}

// TestOutsideRefuses: no file but one that lies beside the model is opened, and it must hold what the model says.
func TestOutsideRefuses(t *testing.T) {
	const elsewhere = "is not one that lies beside the model"
	for _, c := range []struct {
		name  string
		pairs []string
		want  string
	}{
		{"above", []string{"location", "../w.data"}, elsewhere},
		{"above and back", []string{"location", "../model/w.data"}, elsewhere},
		{"absolute", []string{"location", "/etc/hostname"}, elsewhere},
		{"below", []string{"location", "below/w.data"}, elsewhere},
		{"not canonical", []string{"location", "./w.data"}, elsewhere},
		{"with a drive", []string{"location", "C:w.data"}, elsewhere},
		{"with a backslash", []string{"location", `..\w.data`}, elsewhere},
		{"the directory", []string{"location", "."}, elsewhere},
		{"the one above", []string{"location", ".."}, elsewhere},
		{"with NUL", []string{"location", "w.data\x00"}, elsewhere},
		{"nowhere", []string{"location", ""}, "does not say in which file"},
		{"a directory", []string{"location", "below"}, `the file "below", which holds tensors: not a regular file but a directory`},
		{"not there", []string{"location", "v.data"}, `"v.data", which is not beside the model: put it there`},
		{"offset at the end", []string{"location", "w.data", "offset", "16"}, "has 8 bytes at 16"},
		{"offset beyond", []string{"location", "w.data", "offset", "4096"}, `has 8 bytes at 4096 of "w.data", which ends at 16`},
		{"offset that overflows", []string{"location", "w.data", "offset", "9223372036854775807"}, "which ends at 16"},
		{"half beyond", []string{"location", "w.data", "offset", "12"}, "has 8 bytes at 12"},
		{"offset below 0", []string{"location", "w.data", "offset", "-4"}, `the offset "-4"`},
		{"length of the file's own", []string{"location", "w.data", "length", "16"}, `the length "16"`},
	} {
		_, err := Open(beside(t, c.pairs...))
		var broken *FormatError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want a *FormatError with %q", c.name, err, c.want)
		}
	}
}

// TestOutsideLinks: a link may lead anywhere, so that none is followed.
func TestOutsideLinks(t *testing.T) {
	path := beside(t, "location", "link.data")
	link := filepath.Join(filepath.Dir(path), "link.data")
	for _, to := range []string{"../w.data", "w.data", "none", "link.data"} {
		os.Remove(link)
		if err := os.Symlink(to, link); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), `the file "link.data", which holds tensors, is a link`) {
			t.Errorf("a link to %s: %v", to, err)
		}
	}
}

// TestOutsideOf: what is no file of its own names no others, and a model names no more than exporters write.
func TestOutsideOf(t *testing.T) {
	model := ONNX(ONNXTensor("w", 2, Outside("location", "w.data")))
	if _, err := OpenReaderAt(bytes.NewReader(model), int64(len(model)), "net.onnx"); err == nil || !strings.Contains(err.Error(), "tensors in 1 other files") {
		t.Error(err)
	}
	var many [][]byte
	for i := range maxOutside + 1 {
		many = append(many, ONNXTensor(fmt.Sprint("w", i), 2, Outside("location", fmt.Sprint(i, ".data"))))
	}
	if _, err := Open(write(t, "net.onnx", ONNX(many...))); err == nil || !strings.Contains(err.Error(), "tensors in 65 other files") {
		t.Error(err)
	}
}

// TestOutsideChanges changes the file of the tensors between opening and reading it.
func TestOutsideChanges(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"shrinks": func(path string) error { return os.Truncate(path, 4) },
		"shrinks in its time": func(path string) error {
			info, err := os.Stat(path)
			return errors.Join(err, os.Truncate(path, 12), os.Chtimes(path, time.Time{}, info.ModTime()))
		},
		"grows":         func(path string) error { return os.Truncate(path, 1<<20) },
		"is written to": func(path string) error { return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) },
	} {
		path := beside(t, "location", "w.data")
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := change(filepath.Join(filepath.Dir(path), "w.data")); err != nil {
			t.Fatal(err)
		}
		if err := f.Read("w", make([]float32, 2)); err == nil || !strings.Contains(err.Error(), "w.data changed while it was read") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
