package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOthersFile: who may not write a file may not replace it either, be the directory everybody's.
func TestOthersFile(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else for a while")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "out.txt")
	write(t, name, "theirs", true)
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its changed user
		if _, _, errno := unix.RawSyscall(unix.SYS_SETREUID, 65534, 65534, 0); errno != 0 {
			done <- errno
			return
		}
		_, err := Create(name)
		done <- err
	}()
	if err := <-done; !errors.Is(err, fs.ErrPermission) {
		t.Errorf("created: %v", err)
	}
	wantFile(t, name, "theirs")
}
