package atomicfile

import (
	"errors"

	"golang.org/x/sys/windows"
)

// DiskFull tells an error of writing that the next write will meet too: there is no room, or none for this user.
func DiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}
