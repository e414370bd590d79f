//go:build unix

package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestSilentPipes wants every command to end with its context where a pipe that it should read has no writer.
func TestSilentPipes(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	pipe := filepath.Join(w.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	if err := os.Symlink("pipe", filepath.Join(w.dir, "pipe.yaml")); err != nil {
		t.Fatal(err)
	}
	w.file("over.yaml", "extends: pipe.yaml\n")
	for _, args := range []string{
		"docs --check pipe", "eval --list pipe", "classify a.png --labels pipe", "trace 20 --shapes -f @pipe",
		"trace ./pipe --shapes", "models check pipe", "summary 18 ./pipe", "draw ./pipe", "models check over.yaml",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		f := &factory{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, dir: w.dir, getenv: func(string) string { return "" }}
		if code := run(ctx, f, strings.Fields(args)); code != exitInterrupted {
			t.Errorf("%s: exit code %d, want %d", args, code, exitInterrupted)
		}
	}
	// What must be sought in is refused by name.
	w.expect(2, "", "/pipe: not a regular file but a named pipe\n", "classify", "a.png", "--weights", "pipe")
}

// TestPipedLabels: a list of labels may come from a pipe.
func TestPipedLabels(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	if err := syscall.Mkfifo(filepath.Join(w.dir, "pipe"), 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	go func() { _ = os.WriteFile(filepath.Join(w.dir, "pipe"), []byte(strings.Repeat("mine\n", 200)), 0o600) }()
	w.expect(0, ",mine,", "", "classify", "a.png", "--labels", "pipe", "-f", "csv")
}

// TestPipedYAML: a network may come from a pipe; what its YAML names is relative to the working directory.
func TestPipedYAML(t *testing.T) {
	w := newWorld(t)
	w.file("base.yaml", "extends: 20\nnum_classes: 7\n")
	w.file("names.txt", strings.Repeat("mine\n", 7))
	if err := os.MkdirAll(filepath.Join(w.dir, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(w.dir, "below", "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	t.Chdir(w.dir)
	for _, test := range []struct{ text, args, want string }{
		{"extends: 20\n", "trace below/pipe --shapes --rows stages", "269,722"},
		{"extends: base.yaml\nlabels: names.txt\n", "models check below/pipe", "below/pipe: BasicBlock [3, 3, 3], 20 weighted layers, 269,527 parameters"},
		{"extends: 20\n", "summary 20 below/pipe", "269,722"},
	} {
		go func() { _ = os.WriteFile(pipe, []byte(test.text), 0o600) }()
		w.expect(0, test.want, "", strings.Fields(test.args)...)
	}
	go func() { _ = os.WriteFile(pipe, []byte("extends: 20\nblok: 1\n"), 0o600) }()
	w.expect(1, "", "below/pipe:2:1: ", "models", "check", "below/pipe")
}
