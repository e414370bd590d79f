package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// TestDiskFull: the numbers are those of the system's own errno.h or winerror.h.
func TestDiskFull(t *testing.T) {
	full := []error{syscall.ENOSPC, syscall.EDQUOT}
	if runtime.GOOS == "windows" {
		full = []error{syscall.Errno(39), syscall.Errno(112), syscall.Errno(1295)} // HANDLE_DISK_FULL, DISK_FULL, DISK_QUOTA_EXCEEDED
	}
	for _, err := range full {
		if !DiskFull(fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: "x", Err: err})) {
			t.Errorf("%v: no full disk", err)
		}
	}
	for _, err := range []error{nil, os.ErrPermission, syscall.EIO} {
		if DiskFull(err) {
			t.Errorf("%v: a full disk", err)
		}
	}
}
