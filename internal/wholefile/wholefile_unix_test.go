//go:build unix

package wholefile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	return path
}

func TestPipes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, pipe(t), 10); !errors.Is(err, context.Canceled) {
		t.Errorf("a pipe that nobody writes to: %v", err)
	}
	path := pipe(t)
	go func() { _ = os.WriteFile(path, []byte("cat\n"), 0o600) }()
	if data, err := Read(t.Context(), path, 10); err != nil || string(data) != "cat\n" {
		t.Errorf("a pipe: %q, %v", data, err)
	}
}
