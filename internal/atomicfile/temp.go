package atomicfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// slots is how many processes may write the same target at a time before names are drawn at random.
const slots = 16

// createTemp makes a new file beside target, open and held.
func createTemp(target string) (*os.File, error) {
	return claim(target, removeAbandoned, func(name string) (*os.File, error) {
		return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	})
}

// claim makes something new beside target, open and held. All of it is called .NAME.N.partial: a later run finds what a
// killed one has left without reading the directory, and removes what no living process holds.
func claim(target string, removeAbandoned func(name string), start func(name string) (*os.File, error)) (*os.File, error) {
	for slot := range 3 * slots {
		number := fmt.Sprint(slot)
		if slot >= slots {
			number = rand.Text()[:8]
		}
		name := tempName(target, number)
		removeAbandoned(name)
		f, err := start(name)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = &fs.PathError{Op: "create", Path: target, Err: noFolderError(filepath.Dir(target))}
		}
		if err != nil {
			return nil, err
		}
		if err := hold(f); !errors.Is(err, errHeld) && isAt(f, name) {
			return f, nil
		}
		f.Close() // another process took it for abandoned before it was held
	}
	return nil, &fs.PathError{Op: "create", Path: target, Err: errors.New("many processes are writing it")}
}

// noFolderError is the folder that something was to be made in, which is not there.
type noFolderError string

func (e noFolderError) Error() string { return "there is no folder " + string(e) + "; make it first" }
func (e noFolderError) Unwrap() error { return fs.ErrNotExist }

// errHeld is a file that another process is writing.
var errHeld = errors.New("held by another process")

// tempName leaves room for its own parts where a name is as long as file systems allow.
func tempName(target, number string) string {
	base := filepath.Base(target)
	return filepath.Join(filepath.Dir(target), fmt.Sprintf(".%.200s.%s.partial", base, number))
}

// removeAbandoned removes a temporary file that no living process holds.
func removeAbandoned(name string) {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	f, err := os.Open(name)
	if err != nil {
		return
	}
	if hold(f) == nil && isAt(f, name) {
		_ = release(f, func() error { return os.Remove(name) })
		return
	}
	f.Close()
}

// isAt tells whether name still leads to f.
func isAt(f *os.File, name string) bool {
	here, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(name)
	return err == nil && os.SameFile(here, there)
}

// Temp starts a file beside target that is gone after Cleanup, unless CommitNew gives it that name.
func Temp(target string) (*File, error) {
	f, err := createTemp(target)
	if err != nil {
		return nil, err
	}
	return &File{File: f, target: target, temporary: true}, nil
}

// create starts a file that takes the place of target, with the permissions and, where that is allowed, the owner of what
// is there.
func create(target string) (*File, error) {
	f, err := Temp(target)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(target)
	if err != nil {
		return f, nil // nothing to inherit
	}
	if err := f.Chmod(info.Mode().Perm()); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, errors.Join(err, f.Cleanup())
	}
	f.lost = inherit(f.File, info)
	return f, nil
}

// named gives an error the name that the user asked for.
func (f *File) named(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case f.target == "":
		return err
	case errors.As(err, &path):
		return &fs.PathError{Op: path.Op, Path: f.target, Err: path.Err}
	case errors.As(err, &link):
		return &fs.PathError{Op: link.Op, Path: f.target, Err: link.Err}
	}
	return err
}

// Write is os.File's, whose errors name the target.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.named(err)
}

// WriteAt is os.File's, whose errors name the target.
func (f *File) WriteAt(p []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(p, at)
	return n, f.named(err)
}

// WriteString is Write of a text.
func (f *File) WriteString(s string) (int, error) { return f.Write([]byte(s)) }

// ReadFrom is Write of all that a reader has.
func (f *File) ReadFrom(r io.Reader) (int64, error) {
	n, err := f.File.ReadFrom(r)
	return n, f.named(err)
}

// finish does what gives the temporary file its name, or takes it away.
func (f *File) finish(do func() error) error {
	f.done = true
	return release(f.File, do)
}

func (f *File) remove() error { return os.Remove(f.Name()) }

// Commit gives the file its name. Nothing may be written after it.
func (f *File) Commit() error {
	if !f.temporary {
		f.done = true
		return f.Close()
	}
	if err := f.Sync(); err != nil {
		return f.named(err)
	}
	if err := f.finish(func() error { return os.Rename(f.Name(), f.target) }); err != nil {
		_ = f.remove() // there is no better error than the first
		return f.named(err)
	}
	return syncDir(filepath.Dir(f.target))
}

// CommitAs is Commit by another name, in the same directory.
func (f *File) CommitAs(name string) error {
	f.target = name
	return f.Commit()
}

// CommitNew is Commit where the name must be free; else it is fs.ErrExist.
func (f *File) CommitNew() error {
	err := f.finish(func() error { return os.Link(f.Name(), f.target) })
	if err == nil || errors.Is(err, fs.ErrExist) {
		return errors.Join(err, f.remove())
	}
	if _, err := os.Lstat(f.target); err == nil {
		return errors.Join(fs.ErrExist, f.remove())
	}
	return os.Rename(f.Name(), f.target) // a file system without links
}

// Cleanup removes what was not committed. After Commit it does nothing.
func (f *File) Cleanup() error {
	switch {
	case f.done:
		return nil
	case !f.temporary:
		f.done = true
		return f.Close()
	}
	return f.finish(f.remove)
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
