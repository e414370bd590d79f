//go:build !windows

package cli

import (
	"errors"
	"syscall"
)

// readerGone tells that whoever read our output has closed the pipe.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
