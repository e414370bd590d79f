package batch

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"

	"resnet/internal/nets"
)

// content is the bytes of an input. It opens the file when it is first read, wants it as it was when the job was planned,
// and hashes what it gives.
type content struct {
	in   Input
	at   int    // number of the image in its shard
	path string // of the file, or of the tar
	of   *shardRun
	err  error // instead of reading

	file *os.File
	from io.Reader
	sum  hash.Hash
}

var errChanged = errors.New("the file has another size or time than when the job was planned")

// image is the input as nets takes it.
func (c *content) image() *nets.Image {
	return &nets.Image{Name: c.in.Name, Rel: c.in.Name, Stream: c}
}

// Read gives the bytes of the image.
func (c *content) Read(p []byte) (int, error) {
	if c.err == nil && c.from == nil {
		c.err = c.open()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.from.Read(p)
	c.sum.Write(p[:n])
	return n, err
}

func (c *content) open() error {
	f, info, err := openRegular(c.path)
	if err != nil {
		return err
	}
	c.file, c.sum = f, sha256.New()
	if info.ModTime().UnixNano() != c.in.Time || c.in.Offset < 0 && info.Size() != c.in.Size {
		return errChanged
	}
	c.from = io.NewSectionReader(f, max(0, c.in.Offset), c.in.Size)
	return nil
}

func (c *content) close() {
	if c.file != nil {
		c.file.Close()
	}
}

// fileOf is the file that holds an input: of a tar's member it is what its name begins with, up to the first part that is no
// folder.
func fileOf(in Input, path func(string) string) string {
	for i := range len(in.Name) {
		if c := in.Name[i]; in.Offset < 0 || c != '/' && c != os.PathSeparator || !isTar(in.Name[:i]) {
			continue
		}
		tar := path(in.Name[:i])
		if info, err := os.Stat(tar); err != nil || !info.IsDir() {
			return tar
		}
	}
	return path(in.Name)
}
