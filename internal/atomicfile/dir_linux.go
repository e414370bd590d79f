package atomicfile

import (
	"errors"

	"golang.org/x/sys/unix"
)

// replace gives a folder the name of another one, which is removed.
func replace(path, target string) error {
	err := unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, target, unix.RENAME_EXCHANGE)
	switch {
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS): // not on every file system
		return replaceByNames(path, target)
	case err != nil:
		return err
	}
	return RemoveAll(path)
}
