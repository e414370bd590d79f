package cli

import (
	"errors"

	"golang.org/x/sys/windows"
)

// readerGone tells that whoever read our output has closed the pipe: what Windows says depends on when it was closed.
func readerGone(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA) || errors.Is(err, windows.ERROR_PIPE_NOT_CONNECTED)
}
