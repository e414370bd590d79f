//go:build !windows

package cli

import (
	"errors"
	"syscall"
)

// diskFull tells an error of writing that the next write will meet too.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// readerGone tells that whoever read our output has closed the pipe.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
