//go:build !windows

package atomicfile

import (
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
	return &File{File: f.File, commit: f.CloseAtomicallyReplace, cleanup: f.Cleanup}, nil
}
