//go:build unix

package imaging

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNamedPipes reads one that is written to, and does not wait for a writer who never comes.
func TestNamedPipes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, err := whole.LoadFile(ctx, path, Options{}); ClassOf(err) != IO || err.Error() != "is a named pipe that nobody writes to" {
		t.Errorf("without a writer: %v (%s), want io", err, ClassOf(err))
	}
	both, err := os.OpenFile(path, os.O_RDWR, 0) // keeps the pipe open while the reader starts
	if err != nil {
		t.Fatal(err)
	}
	if _, err := both.Write(bombPNG(1, 1, 2, nil, 0, 1, 2, 3)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := whole.LoadFile(ctx, path, Options{})
		done <- err
	}()
	both.Close()
	if err := <-done; err != nil && ClassOf(err) != IO { // closed before the reader came
		t.Errorf("with a writer: %v", err)
	}
}
