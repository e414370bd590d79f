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
	for _, args := range []string{
		"docs --check pipe", "eval --list pipe", "classify a.png --labels pipe", "trace 20 --shapes -f @pipe",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		f := &factory{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, dir: w.dir, getenv: func(string) string { return "" }}
		if code := run(ctx, f, strings.Fields(args)); code != exitInterrupted {
			t.Errorf("%s: exit code %d, want %d", args, code, exitInterrupted)
		}
	}
	// What must be sought in is refused by name.
	w.expect(2, "", "named pipe", "classify", "a.png", "--weights", "pipe")
	w.expect(2, "", "not a regular file", "trace", "./pipe", "--shapes")
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
