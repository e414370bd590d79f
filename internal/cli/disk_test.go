package cli

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"resnet/internal/nets"
)

// TestDiskFullKeepsRows: what was written before the disk was full stays, where it is lines, up to the last whole one.
func TestDiskFullKeepsRows(t *testing.T) {
	for format, want := range map[string]string{"csv": "file\na.png\n", "ndjson": "file\na.png\n", "json": "", "table": ""} {
		var stderr strings.Builder
		dir := t.TempDir()
		f := &factory{Out: io.Discard, Err: &stderr, dir: dir, getenv: func(string) string { return "" }}
		full := &outputError{"out", &fs.PathError{Op: "write", Path: "out", Err: syscall.ENOSPC}}
		err := f.writeOutput("out", func(w io.Writer) error {
			for _, text := range []string{"file\n", "a.png\n"} {
				if _, err := io.WriteString(w, text); err != nil {
					return err
				}
				if err := flush(w); err != nil {
					return err
				}
			}
			_, _ = io.WriteString(w, strings.Repeat("b", 1<<16)) // more than the buffer holds
			return failed(keepLines(full, format))
		})
		if code := f.report(nil, err); code != exitNothing {
			t.Errorf("%s: exit code %d", format, code)
		}
		kept, _ := os.ReadFile(filepath.Join(dir, "out.partial"))
		if said := strings.Contains(stderr.String(), "what was done is in out.partial\n"); string(kept) != want || said != (want != "") {
			t.Errorf("%s: kept %q, said %q", format, kept, stderr.String())
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
			t.Errorf("%s: out is there", format)
		}
	}
}

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
