//go:build !windows

package atomicfile

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// hold marks f as in use for as long as it is open; errHeld says that somebody else did. Any other error is of a file
// system without locks: there nobody takes a file for abandoned.
func hold(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errHeld
	}
	return err
}

// tellsHeldDirs: a lock on a folder shows that its process lives.
const tellsHeldDirs = true

// release closes f once do has given or taken its name: until then it is held.
func release(f *os.File, do func() error) error {
	return errors.Join(do(), ignoreClosed(f.Close()))
}

// RemoveAll is os.RemoveAll, which is all it takes here.
func RemoveAll(path string) error { return os.RemoveAll(path) }

// inherit gives f the owner of what it will replace, and says what it cannot keep.
func inherit(f *os.File, replaced os.FileInfo) (lost []string) {
	old, ok := replaced.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if old.Nlink > 1 {
		lost = append(lost, "its other hard links keep the old content")
	}
	info, err := f.Stat()
	if err != nil {
		return lost
	}
	own, ok := info.Sys().(*syscall.Stat_t)
	if !ok || own.Uid == old.Uid && own.Gid == old.Gid {
		return lost
	}
	if err := f.Chown(int(old.Uid), int(old.Gid)); err != nil {
		return append(lost, "it has another owner or group now")
	}
	_ = f.Chmod(replaced.Mode().Perm()) // a new owner may have cost bits
	return lost
}

// access asks whether this user may write a file, without opening it: others may be watching that.
func access(name string) error {
	return unix.Faccessat(unix.AT_FDCWD, name, unix.W_OK, unix.AT_EACCESS)
}

// syncDir makes a rename last through a crash.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
