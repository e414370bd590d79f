//go:build !windows

package atomicfile

import (
	"errors"
	"syscall"
)

// DiskFull tells an error of writing that the next write will meet too: there is no room, or none for this user.
func DiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
