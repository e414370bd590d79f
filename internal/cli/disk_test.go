package cli

import (
	"context"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"resnet/internal/nets"
)

// TestDiskFull: a full disk is no image's fault, ends a run at the first one, and the exit code is 2.
func TestDiskFull(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a.png", "b.png"} {
		w.image(name, 64, 64, 1)
	}
	for _, test := range []struct {
		err   error
		tries int
		code  int
	}{
		{&fs.PathError{Op: "write", Path: "out/a.png", Err: syscall.ENOSPC}, 1, exitNothing},
		{&fs.PathError{Op: "open", Path: "out/a.png", Err: os.ErrPermission}, 2, exitNothing},
	} {
		var stderr strings.Builder
		f := &factory{In: strings.NewReader(""), Out: io.Discard, Err: &stderr, dir: w.dir, getenv: func(string) string { return "" }}
		run := newImageRun(f, &imageFlags{}, []string{"a.png", "b.png"}, "")
		tries := 0
		err := each(t.Context(), run, 1,
			func(context.Context, *nets.Image) (int, error) { return 0, nil },
			func(*nets.Done[int]) error { tries++; return test.err }, nil)
		if err == nil {
			err = run.sumUp("written")
		}
		if code := f.report(nil, err); code != test.code || tries != test.tries || !strings.Contains(stderr.String(), "out/a.png: ") {
			t.Errorf("%v: exit code %d after %d images, want %d after %d; stderr %q", test.err, code, tries, test.code, test.tries, stderr.String())
		}
	}
}
