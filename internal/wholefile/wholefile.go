// Package wholefile reads files whole that are small: lists, labels, documents, templates.
package wholefile

import (
	"context"
	"fmt"
	"io"
	"os"
)

// Read reads a file of at most limit bytes. A named pipe or a device is read too, so that a shell's <(…) works; where
// nothing comes from it, Read ends with ctx.
func Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() {
		return read(path, limit)
	}
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() { // it outlives the call where nobody ever writes to a pipe
		data, err := read(path, limit)
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		return r.data, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Head is how a regular file begins: up to n bytes, fewer of a shorter one; nil where it can't be read.
func Head(path string, n int) []byte {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	head := make([]byte, n)
	n, _ = io.ReadFull(f, head)
	return head[:n]
}

func read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s: more than %d bytes, which is too many for such a file", path, limit)
	}
	return data, err
}
