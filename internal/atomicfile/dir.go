package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is a folder being written. It takes its name when it is committed; until then whatever had that name stays.
type Dir struct {
	Path   string // where its files are written
	target string
	lock   *os.File // nil once it is done
}

// CreateDir starts a folder that Commit will call name. Call Cleanup when done, best in a defer.
func CreateDir(name string) (*Dir, error) {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // the link stays
	}
	name = filepath.Clean(name)
	lock, err := claim(name, removeAbandonedDir, func(path string) (*os.File, error) {
		if err := os.Mkdir(path, 0o777); err != nil {
			return nil, err
		}
		lock, err := os.Open(path)
		if err != nil {
			return nil, errors.Join(err, os.Remove(path))
		}
		return lock, nil
	})
	if err != nil {
		return nil, err
	}
	return &Dir{Path: lock.Name(), target: name, lock: lock}, nil
}

// removeAbandonedDir removes a folder that a killed process has left.
func removeAbandonedDir(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || !tellsHeldDirs {
		return
	}
	lock, err := os.Open(path)
	if err != nil {
		return
	}
	defer lock.Close()
	if hold(lock) == nil && isAt(lock, path) {
		_ = os.RemoveAll(path) // what stays is in nobody's way
	}
}

// Commit gives the folder its name. A folder that had it is removed. Nothing may be written after it.
func (d *Dir) Commit() error {
	if _, err := os.Lstat(d.target); errors.Is(err, fs.ErrNotExist) {
		return d.finish(func() error { return os.Rename(d.Path, d.target) })
	}
	return d.finish(func() error {
		if err := exchange(d.Path, d.target); err != nil {
			return err
		}
		return os.RemoveAll(d.Path)
	})
}

// Cleanup removes what was not committed. After Commit it does nothing.
func (d *Dir) Cleanup() error {
	if d.lock == nil {
		return nil
	}
	return d.finish(func() error { return os.RemoveAll(d.Path) })
}

func (d *Dir) finish(do func() error) error {
	lock := d.lock
	d.lock = nil
	if err := release(lock, do); err != nil {
		return errors.Join(err, os.RemoveAll(d.Path))
	}
	return syncDir(filepath.Dir(d.target))
}

// exchangeByNames is exchange where no system call does it: for a moment there is neither.
func exchangeByNames(a, b string) error {
	aside := a + ".old"
	return errors.Join(os.Rename(b, aside), os.Rename(a, b), os.Rename(aside, a))
}
