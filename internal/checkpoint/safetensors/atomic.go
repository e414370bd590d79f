package safetensors

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// atomicFile is written under a temporary name in the same directory and renamed when it is complete.
type atomicFile struct {
	*os.File
	path string
}

func createAtomic(path string) (*atomicFile, error) {
	dir, base := filepath.Split(path)
	for {
		temp := dir + "." + base + ".tmp-" + strconv.FormatUint(rand.Uint64(), 36)
		// Not os.CreateTemp: the finished file shall have the permissions that the umask gives.
		f, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &atomicFile{File: f, path: path}, nil
	}
}

// Commit brings the data to the disk before the name, so that a crash leaves the old file or the new one.
func (f *atomicFile) Commit() error {
	err := f.Sync()
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(f.path))
}

// Abort removes the temporary file.
func (f *atomicFile) Abort() error {
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// syncDir makes a rename last; Windows has no such call.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
