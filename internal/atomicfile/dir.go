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
		_ = RemoveAll(path) // what stays is in nobody's way
	}
}

// Commit gives the folder its name. A folder that had it is removed. Nothing may be written after it.
func (d *Dir) Commit() error {
	return d.finish(func() error {
		if _, err := os.Lstat(d.target); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(d.Path, d.target)
		}
		return replace(d.Path, d.target)
	})
}

// Cleanup removes what was not committed. After Commit it does nothing.
func (d *Dir) Cleanup() error {
	if d.lock == nil {
		return nil
	}
	return d.finish(func() error { return RemoveAll(d.Path) })
}

func (d *Dir) finish(do func() error) error {
	lock := d.lock
	d.lock = nil
	if err := release(lock, do); err != nil {
		return errors.Join(err, RemoveAll(d.Path))
	}
	return errors.Join(RemoveAll(aside(d.Path)), syncDir(filepath.Dir(d.target)))
}

// aside is where a folder is for the moment in which another one takes its name; one of a killed process stays there until
// the next folder of that name is written.
func aside(path string) string { return path + ".old" }

// replaceByNames is replace where no system call does it: for a moment there is neither, and where the new folder can't
// take the name, the old one gets it back.
func replaceByNames(path, target string) error {
	old := aside(path)
	if err := errors.Join(RemoveAll(old), os.Rename(target, old)); err != nil {
		return err
	}
	if err := os.Rename(path, target); err != nil {
		return errors.Join(err, os.Rename(old, target))
	}
	return RemoveAll(old)
}

// removeAllByNames removes a folder and what is in it, one after the other. What is not there is no error.
func removeAllByNames(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, entry := range entries {
		remove := os.Remove
		if entry.IsDir() {
			remove = removeAllByNames
		}
		errs = append(errs, remove(filepath.Join(path, entry.Name())))
	}
	return errors.Join(append(errs, os.Remove(path))...)
}
