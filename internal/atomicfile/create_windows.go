package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
)

// create is plain CreateTemp and Rename: renameio has no Windows build, and os.Rename replaces there too.
func create(name string) (*File, error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return nil, err
	}
	committed := false
	return &File{
		File: f,
		commit: func() error {
			if err := errors.Join(f.Sync(), f.Close()); err != nil {
				return err
			}
			if err := os.Rename(f.Name(), name); err != nil {
				return err
			}
			committed = true
			return nil
		},
		cleanup: func() error {
			if committed {
				return nil
			}
			return errors.Join(ignoreClosed(f.Close()), os.Remove(f.Name()))
		},
	}, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
