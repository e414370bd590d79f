// Package atomicfile writes files that are there whole or not at all.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file being written. It takes its name when it is committed; until then whatever had that name stays.
type File struct {
	*os.File
	target    string
	temporary bool // else it is written to directly
	done      bool // committed or removed
	lost      []string
}

// Lost says, in a few words each, what of the file that is replaced will not be kept.
func (f *File) Lost() []string { return f.lost }

// Create starts a file that Commit will call name. A name that is there already and is not a regular file (/dev/null, a
// named pipe) cannot be replaced and is written to directly. A file that may not be written is not replaced either, though
// its directory would allow that. Call Cleanup when done, best in a defer.
func Create(name string) (*File, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, &fs.PathError{Op: "create", Path: name, Err: errors.New("is a directory")}
	case err == nil && !info.Mode().IsRegular():
		return direct(name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err == nil {
		if err := mayWrite(name, info); err != nil {
			return nil, &fs.PathError{Op: "replace", Path: name, Err: err}
		}
	}
	f, err := create(followed(name))
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = &fs.PathError{Op: path.Op, Path: name, Err: path.Err} // not the name of a temporary file
	}
	return f, err
}

// WriteFile makes a file of some parts, whole or not at all.
func WriteFile(name string, parts ...[]byte) error {
	f, err := Create(name)
	if err != nil {
		return err
	}
	defer f.Cleanup()
	for _, part := range parts {
		if _, err := f.Write(part); err != nil {
			return err
		}
	}
	return f.Commit()
}

// followed is what a link leads to, be it there or not: the link stays, and what it points at is replaced or made.
func followed(name string) string {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		return target
	}
	for { // to an end: Stat has found no loop
		target, err := os.Readlink(name)
		if err != nil {
			return name
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		name = target
	}
}

// mayWrite is an error for a file that is write-protected, or another user's.
func mayWrite(name string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o222 == 0 { // which root may write all the same
		return errors.New("is write-protected")
	}
	return access(name)
}

func direct(name string) (*File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	return &File{File: f}, nil
}
