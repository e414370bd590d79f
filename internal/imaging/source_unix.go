//go:build unix

package imaging

import "syscall"

// openNonblock lets the opening of a pipe return before somebody writes to it.
const openNonblock = syscall.O_NONBLOCK
