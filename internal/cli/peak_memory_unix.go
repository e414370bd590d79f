//go:build unix

package cli

import (
	"runtime"
	"syscall"
)

// peakMemory is the most memory that the process has had, in bytes; 0 where the system does not tell.
func peakMemory() int64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss) //nolint:unconvert // of 32 bits on some systems
	}
	return int64(usage.Maxrss) * 1024 //nolint:unconvert // of 32 bits on some systems
}
