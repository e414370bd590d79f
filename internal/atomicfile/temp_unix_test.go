//go:build !windows

package atomicfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOwnerStays(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give a file to somebody else")
	}
	name := filepath.Join(t.TempDir(), "out.txt")
	write(t, name, "old", true)
	if err := os.Chown(name, 1234, 2345); err != nil {
		t.Skip("this file system gives no file away:", err)
	}
	write(t, name, "new", true)
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if own := info.Sys().(*syscall.Stat_t); own.Uid != 1234 || own.Gid != 2345 {
		t.Errorf("owner %d, group %d, want 1234, 2345", own.Uid, own.Gid)
	}
}
