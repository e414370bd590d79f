package checkpoint

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "resnet/internal/checkpoint/checkpointtest"
)

func TestUnknownFormats(t *testing.T) {
	tar := make([]byte, 512)
	copy(tar[257:], "ustar\x0000")
	for _, c := range []struct{ name, path, content, want string }{
		{"empty", "x.pth", "", "the file is empty"},
		{"7z with another name", "x.pth", "7z\xbc\xaf\x27\x1c\x00\x04", "7z archive"},
		{"RAR with another name", "x.pth", "Rar!\x1a\x07\x01\x00", "RAR archive"},
		{"gzip", "x.pth.gz", "\x1f\x8b\x08\x00", "unpack it first"},
		{"Keras", "x.h5", "\x89HDF\r\n\x1a\n", "HDF5"},
		{"TensorFlow Lite", "x.tflite", "\x1c\x00\x00\x00TFL3", "TensorFlow Lite"},
		{"Paddle", "x.pdparams", "\x80\x02}q\x00.", "PaddlePaddle"},
		{"npz", "x.npz", string(Zip{Entries: []ZipEntry{{Name: "conv1.weight.npy"}}}.Bytes()), "NumPy's .npz"},
		{"torch.export", "x.pt2", string(Zip{Entries: []ZipEntry{{Name: "m/archive_format"}}}.Bytes()), "torch.export"},
		{"GGUF", "x.gguf", "GGUF\x03\x00\x00\x00", "GGUF"},
		{"error page", "x.pth", "<!DOCTYPE html><html>", "web page"},
		{"error page after blanks", "x.pth", "\ufeff\r\n  <html>", "web page"},
		{"Git LFS", "x.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:", "git lfs pull"},
		{"image", "x.png", "\x89PNG\r\n\x1a\n", "an image"},
		{"plain pickle", "x.pth", "\x80\x02}q\x00.", "a Python pickle, but no PyTorch checkpoint"},
		{"pickle of protocol 4", "x.pth", "\x80\x04\x95\x00\x00", "a Python pickle, but no PyTorch checkpoint"},
		{"Caffe", "x.caffemodel", "\x0a\x09ResNet-50", "Caffe's"},
		{"MXNet", "x.params", "\x12\x01\x00\x00\x00\x00\x00\x00\x00", "MXNet's"},
		{"Flax", "x.msgpack", "\x81\xa6params\x82", "Flax"},
		{"Flax, of many parameters", "x.msgpack", "\xde\x00\x20\xa4conv\x82", "Flax"},
		{"TensorFlow's index", "x.ckpt.index", "\x00\x00\x10\x00\x00" + "\x57\xfb\x80\x8b\x24\x75\x47\xdb", "a checkpoint of TensorFlow"},
		{"TensorFlow's values", "x.ckpt.data-00000-of-00001", "\x00\x01\x02\x03", "a checkpoint of TensorFlow"},
		{"legacy tar", "x.pth", string(tar), "tar archive"},
		{"text", "x.txt", "hello", "unknown format"},
		{"one byte", "x", "x", "unknown format"},
		{"NULs", "x.pth", string(make([]byte, 100)), "unknown format"},
		{"safetensors cut off", "x.safetensors", "\x10\x00\x00\x00\x00\x00\x00\x00{", "truncated download?"},
		{"safetensors of seven bytes", "x.SAFETENSORS", "\x10\x00\x00\x00\x00\x00\x00", "has 7 bytes"},
		{"JSON", "config.json", `{"architectures":[]}`, "unknown format"},
		{"zip that is no checkpoint", "x.docx", string(Zip{Entries: []ZipEntry{{Name: "word/document.xml"}}}.Bytes()), "no data.pkl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenReaderAt(strings.NewReader(c.content), int64(len(c.content)), c.path)
			var broken *FormatError
			if !errors.As(err, &broken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want a *FormatError with %q", err, c.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "checkpoint "+c.path+": ") {
				t.Errorf("the error %q does not begin with the file", err)
			}
		})
	}
}

// TestForeign: files that other programs wrote (testdata/make_fixtures.py) are recognised, and bring the Python that makes
// safetensors of them.
func TestForeign(t *testing.T) {
	for name, want := range map[string][2]string{
		"numpy.npz":  {"NumPy's .npz", "numpy.load("},
		"export.pt2": {"torch.export", "torch.export.load("}, "paddle.pdparams": {"PaddlePaddle", "paddle.load("},
	} {
		path := filepath.Join("testdata", "foreign", name)
		_, err := Open(path)
		foreign, ok := errors.AsType[*ForeignError](err)
		if !ok || foreign.File != path || !strings.Contains(err.Error(), want[0]) || !strings.Contains(foreign.Python, want[1]) || strings.Contains(foreign.Python, "'") {
			t.Errorf("%s: %v, %+v", name, err, foreign)
		}
	}
}

// TestNameDoesNotMatter opens every format under the names of the others.
func TestNameDoesNotMatter(t *testing.T) {
	for name, file := range sample() {
		for _, path := range []string{"x.pth", "x.th", "x.bin", "x.safetensors", "x.zip", "x"} {
			if _, err := OpenReaderAt(bytes.NewReader(file), int64(len(file)), path); err != nil {
				t.Errorf("%s as %s: %v", name, path, err)
			}
		}
	}
}

// TestPolyglots gives a safetensors file a header whose length spells the first bytes of another format.
func TestPolyglots(t *testing.T) {
	for _, prefix := range []string{"PK\x03\x00", "\x80\x02\x00\x00"} {
		n := int(prefix[0]) | int(prefix[1])<<8 | int(prefix[2])<<16
		header := "{}" + strings.Repeat(" ", n-2)
		file := Safetensors(header, nil)
		f, err := OpenReaderAt(bytes.NewReader(file), int64(len(file)), "x.pth")
		if err != nil || f.Format() != "safetensors" {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	var broken *FormatError
	if _, err := Open(dir); !errors.As(err, &broken) || !strings.Contains(err.Error(), "not a regular file but a directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Open(loop); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a loop of links: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that does not exist: %v", err)
	}
}

// TestFileChanges changes a file between opening and reading it.
func TestFileChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(path string) error
		want   string
	}{
		{"shrinks", func(path string) error { return os.Truncate(path, 100) }, "changed while it was read"},
		{"vanishes", func(path string) error { return os.Truncate(path, 0) }, "changed while it was read"},
		{"grows", func(path string) error { return os.Truncate(path, 1<<20) }, "changed while it was read"},
		{"is written to", func(path string) error {
			return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour))
		}, "changed while it was read"},
		{"is replaced", func(path string) error {
			if err := os.WriteFile(path+".new", []byte("other"), 0o644); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, ""}, // what was opened is still there
	} {
		for format, file := range sample() {
			t.Run(c.name+"/"+format, func(t *testing.T) {
				path := write(t, "x.pth", file)
				f, err := Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if err := c.change(path); err != nil {
					t.Fatal(err)
				}
				err = f.Read("mean", make([]float32, 2))
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("Read: %v, want %q", err, c.want)
				}
			})
		}
	}
}

func TestCloseTwice(t *testing.T) {
	f, err := Open(write(t, "x.pth", sample()["zip"]))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Read("mean", make([]float32, 2)); err == nil {
		t.Error("Read after Close is no error")
	}
}

// TestFlippedBits flips random bits anywhere in a zip file: the weights that are read are the right ones, or there is an
// error.
func TestFlippedBits(t *testing.T) {
	const seed = 7
	file := StateDictZip(Vector("a", "0", 1, 2, 3), Vector("b", "1", 4, 5)).Bytes()
	random := rand.New(rand.NewPCG(seed, seed))
	noticed := 0
	for range 3000 {
		damaged := slices.Clone(file)
		bit := random.IntN(8 * len(file))
		damaged[bit/8] ^= 1 << (bit % 8)
		f, err := OpenReaderAt(bytes.NewReader(damaged), int64(len(damaged)), "x.pth")
		if err == nil {
			a, b := make([]float32, 3), make([]float32, 2)
			err = errors.Join(f.Read("a", a), f.Read("b", b))
			if err == nil && (!slices.Equal(a, []float32{1, 2, 3}) || !slices.Equal(b, []float32{4, 5})) {
				t.Fatalf("seed %d: bit %d flipped: read %v and %v without an error", seed, bit, a, b)
			}
		}
		if err != nil {
			noticed++
		}
	}
	if noticed < 1500 { // what is not noticed lies in padding, descriptors and dates
		t.Errorf("only %d of 3000 flipped bits were noticed", noticed)
	}
}
