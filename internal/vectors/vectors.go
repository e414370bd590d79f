// Package vectors reads files of feature vectors, a row an image, and finds the rows that are nearest to others.
package vectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"resnet/internal/npy"
)

// Rows calls yield with one vector after the other, which it lends, and the name of its image, until yield returns an error.
type Rows func(ctx context.Context, yield func(name string, vector []float32) error) error

// File is an open file of vectors.
type File struct {
	Files []string // the paths of all that is read
	Width int      // numbers of a vector
	// Metadata is what a safetensors file says of how its vectors were made; nil of others, which have no place for it.
	Metadata map[string]string
	Rows     Rows // may be called once

	closers []io.Closer
}

// Open opens what resnet features writes: .npy with the names beside it in .npy.txt, .safetensors, or .csv, told apart by
// content.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := open(file, info.Size(), path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", filepath.Base(path), err), file.Close())
	}
	f.Files = append(f.Files, path)
	f.closers = append(f.closers, file)
	return f, nil
}

func open(file *os.File, size int64, path string) (*File, error) {
	head := make([]byte, 16)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch head = head[:n]; {
	case len(head) >= len(npy.Magic) && string(head[:len(npy.Magic)]) == npy.Magic:
		return openNPY(file, size, path+".txt")
	case len(head) > 8 && head[8] == '{':
		return openSafetensors(path)
	}
	return openCSV(file)
}

// Close closes the file.
func (f *File) Close() error {
	var errs []error
	for _, c := range f.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
