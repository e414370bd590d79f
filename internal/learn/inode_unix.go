//go:build unix

package learn

import (
	"os"
	"syscall"
)

// inode tells a file from another that took its name; 0 where the system does not.
func inode(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Ino)
	}
	return 0
}
