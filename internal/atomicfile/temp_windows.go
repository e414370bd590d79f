package atomicfile

import (
	"errors"
	"os"
)

// hold has nothing to do: Windows removes no file that is open.
func hold(*os.File) error { return nil }

// tellsHeldDirs: hold says nothing, so a folder that a killed process has left stays.
const tellsHeldDirs = false

// release closes f first: Windows gives and takes no names of open files.
func release(f *os.File, do func() error) error {
	return errors.Join(ignoreClosed(f.Close()), do())
}

func inherit(*os.File, os.FileInfo) []string { return nil }

// access has nothing to do: Windows itself replaces no file that may not be written.
func access(string) error { return nil }

func syncDir(string) error { return nil }

// RemoveAll is os.RemoveAll, which asks for a way of removal that not every file system has (Go 1.26), and Wine 8 has not.
func RemoveAll(path string) error {
	if os.RemoveAll(path) == nil {
		return nil
	}
	return removeAllByNames(path)
}
