package imaging

import (
	"context"
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	_, err := ImageNet.LoadFile(ctx, filepath.Join(dir, "missing.jpg"), Options{})
	if ClassOf(err) != IO || !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), dir) {
		t.Errorf("missing file: %v (%s)", err, ClassOf(err))
	}
	if _, err := whole.LoadFile(ctx, dir, Options{}); ClassOf(err) != IO {
		t.Errorf("directory: %v (%s)", err, ClassOf(err))
	}
	long := filepath.Join(dir, "long.png")
	if err := os.WriteFile(long, bombPNG(1, 1, 2, nil, 0, 1, 2, 3), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := whole.LoadFile(ctx, long, Options{Limits: Limits{MaxBytes: 20}}); ClassOf(err) != TooLarge {
		t.Errorf("a file over the limit of bytes: %v (%s)", err, ClassOf(err))
	}
	im, err := whole.LoadFile(ctx, long, Options{})
	if err != nil || string(im.Pix) != "\x01\x02\x03" {
		t.Errorf("a good file: %v, %v", im, err)
	}
	want := Steps{Format: PNG, Stored: image.Pt(1, 1), Orientation: 1, Decoded: image.Pt(1, 1), Resized: image.Pt(1, 1), Crop: image.Rect(0, 0, 1, 1)}
	if err == nil && im.Steps != want {
		t.Errorf("its steps: %+v, want %+v", im.Steps, want)
	}
}

// endless gives bytes for ever.
type endless struct{ head string }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.head)
	e.head = e.head[n:]
	return max(n, len(p)), nil
}

func TestStreams(t *testing.T) {
	ctx := context.Background()
	limits := Limits{MaxBytes: 1 << 20}
	for _, c := range []struct {
		name  string
		head  string
		class Class
	}{
		{"no picture", "hello", UnknownFormat},
		{"no end", "\x89PNG\r\n\x1a\n", TooLarge},
	} {
		if _, err := ReadAll(ctx, &endless{c.head}, limits); ClassOf(err) != c.class {
			t.Errorf("%s: %v (%s), want %s", c.name, err, ClassOf(err), c.class)
		}
	}
	short := bombPNG(1, 1, 2, nil, 0, 1, 2, 3)
	data, err := ReadAll(ctx, strings.NewReader(string(short)), limits)
	if err != nil || string(data) != string(short) {
		t.Errorf("a stream of %d bytes: %d bytes, %v", len(short), len(data), err)
	}

	r, w, err := os.Pipe() // nobody writes, nobody closes
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := ReadAll(ctx, r, limits); ClassOf(err) != Timeout {
		t.Errorf("a silent pipe: %v (%s), want timeout", err, ClassOf(err))
	}
}
