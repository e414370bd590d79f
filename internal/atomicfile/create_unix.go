//go:build !windows

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

func create(name string) (*File, error) {
	f, err := renameio.NewPendingFile(name,
		renameio.WithTempDir(filepath.Dir(name)), // the same file system, found without a trial rename
		renameio.WithPermissions(0o666), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
	}
	commit := func() error {
		if err := f.CloseAtomicallyReplace(); err != nil {
			return err
		}
		return syncDir(filepath.Dir(name))
	}
	return &File{File: f.File, commit: commit, cleanup: f.Cleanup}, nil
}

// syncDir makes a rename last through a crash.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
