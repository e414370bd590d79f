package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"resnet/internal/atomicfile"
	"resnet/internal/imaging"
	"resnet/internal/nets"
)

// unsureDir holds what --min-probability finds no label sure enough for.
const unsureDir = "_unsure"

// copyInto copies an image into dir/label/. What is there is never overwritten: a file of the same bytes is left as it
// is, and beside another one the copy gets a number.
func (f *factory) copyInto(dir, label string, im *nets.Image, format imaging.Format) error {
	dir = filepath.Join(dir, label)
	target := f.path(dir)
	if err := os.MkdirAll(target, 0o777); err != nil {
		return err
	}
	name := filepath.Base(im.Rel)
	if im.Name == "-" {
		name = "stdin." + strings.ToLower(string(format))
	}
	extension := filepath.Ext(name)
	base := strings.TrimSuffix(name, extension)
	for n := 2; ; n++ {
		err := copyNew(im, filepath.Join(target, name))
		if err == nil {
			f.wrote(filepath.Join(dir, name))
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if same, err := sameContent(im, filepath.Join(target, name)); same || err != nil {
			return err
		}
		name = fmt.Sprintf("%s-%d%s", base, n, extension)
	}
}

// copyNew writes a file that must not be there yet. It appears whole or not at all.
func copyNew(im *nets.Image, target string) error {
	if _, err := os.Lstat(target); err == nil {
		return fs.ErrExist
	}
	src, err := im.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	temp, err := atomicfile.Temp(target)
	if err != nil {
		return err
	}
	defer temp.Cleanup()
	if _, err = io.Copy(temp, src); err != nil {
		return err
	}
	return temp.CommitNew()
}

func sameContent(im *nets.Image, path string) (bool, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return false, nil // a pipe would wait for its writer
	}
	src, err := im.Open()
	if err != nil {
		return false, err
	}
	defer src.Close()
	old, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer old.Close()
	a, b := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(src, a)
		m, errB := io.ReadFull(old, b)
		if !bytes.Equal(a[:n], b[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			return ended(errA) && ended(errB), nil
		}
	}
}

// ended tells that a reader has no more from that it can't be read.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// directoryName makes a label, which a user's file may have named, safe as the name of one directory.
func directoryName(label string) string {
	name := strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, label)
	name = strings.TrimRight(name, ". ")
	if name == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		name = "class " + name
	}
	return name
}
