package train

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"resnet/internal/imaging"
	"resnet/internal/nets"
)

// The sets that photos are found in.
const (
	setTrain = iota
	setTest
	setValid
)

// setFolders are the names of their folders.
var setFolders = map[string]byte{"train": setTrain, "test": setTest, "val": setValid, "valid": setValid}

// found is what a source tells of a photo beside its bytes.
type found struct {
	class string
	set   byte
}

// The files of CIFAR-10's binary version: records of a label and 3×1024 bytes.
const (
	cifarSide   = 32
	cifarRecord = 1 + 3*cifarSide*cifarSide
	cifarTest   = "test_batch.bin"
	cifarNames  = "batches.meta.txt"
)

// walker lists the photos of a folder, or of an archive of one.
type walker struct {
	path   string // as it is opened
	name   string // as it is shown
	limits imaging.Limits
	names  []string // of CIFAR-10's classes, where a file has them
	binary bool     // there are files of CIFAR-10's binary version
}

// each yields one photo after the other; its Class and Rel hold what is known of it.
func (w *walker) each(ctx context.Context, yield func(*nets.Image, found) error) error {
	info, err := os.Stat(w.path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return w.folder(ctx, yield)
	case info.Mode().IsRegular():
		return w.archive(ctx, yield)
	}
	return errors.New("is neither a folder nor a file")
}

func (w *walker) folder(ctx context.Context, yield func(*nets.Image, found) error) error {
	return filepath.WalkDir(w.path, func(file string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && file != w.path
		switch {
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir() || hidden:
			return nil
		}
		below, err := filepath.Rel(w.path, file)
		if err != nil {
			return err
		}
		below = filepath.ToSlash(below)
		if nets.IsImageName(below) {
			what, ok := placeOf(below)
			if !ok {
				return nil
			}
			return yield(&nets.Image{Name: filepath.Join(w.name, filepath.FromSlash(below)), Path: file}, what)
		}
		if !isCIFAR(below) {
			return nil
		}
		opened, err := os.Open(file)
		if err != nil {
			return err
		}
		defer opened.Close()
		return w.cifar(ctx, below, opened, yield)
	})
}

// archive reads a tar, packed by gzip or not.
func (w *walker) archive(ctx context.Context, yield func(*nets.Image, found) error) error {
	file, err := os.Open(w.path)
	if err != nil {
		return err
	}
	defer file.Close()
	packed := bufio.NewReaderSize(file, 1<<20)
	r := io.Reader(packed)
	if head, _ := packed.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(packed)
		if err != nil {
			return err
		}
		defer unpacked.Close()
		r = unpacked
	}
	for entries, first := tar.NewReader(r), true; ; first = false {
		entry, err := entries.Next()
		switch {
		case err == io.EOF:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, tar.ErrHeader), first && errors.Is(err, io.ErrUnexpectedEOF): // no header of an entry
			return errors.New("is neither a folder nor an archive: want a folder of classes, a .tar or .tar.gz of one, or CIFAR-10's binary files")
		case err != nil:
			return fmt.Errorf("the archive is damaged: %w", err)
		}
		name := path.Clean(entry.Name)
		if entry.Typeflag != tar.TypeReg || strings.HasPrefix(path.Base(name), ".") {
			continue
		}
		if err := w.entry(ctx, name, entries, yield); err != nil {
			return err
		}
	}
}

// entry is one file of an archive.
func (w *walker) entry(ctx context.Context, name string, r io.Reader, yield func(*nets.Image, found) error) error {
	if isCIFAR(name) {
		return w.cifar(ctx, name, r, yield)
	}
	if !nets.IsImageName(name) {
		return nil
	}
	what, ok := placeOf(name)
	if !ok {
		return nil
	}
	im := &nets.Image{Name: w.name + ":" + name}
	im.Data, im.Fault = imaging.ReadAll(ctx, r, w.limits)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return yield(im, what)
}

// placeOf tells set and class of a photo by its path: train/CLASS/…, test/CLASS/…, or the folder that it is in.
func placeOf(name string) (what found, ok bool) {
	parts := strings.Split(name, "/")
	for i, part := range parts[:max(0, len(parts)-2)] {
		if set, ok := setFolders[part]; ok {
			return found{parts[i+1], set}, true
		}
	}
	if len(parts) < 2 {
		return found{}, false
	}
	return found{parts[len(parts)-2], setTrain}, true
}

// isCIFAR tells the files of CIFAR-10's binary version by their names.
func isCIFAR(name string) bool {
	base := path.Base(name)
	return base == cifarTest || base == cifarNames || strings.HasPrefix(base, "data_batch_") && strings.HasSuffix(base, ".bin")
}

// cifar yields the photos of a binary file, or keeps the names of the classes.
func (w *walker) cifar(ctx context.Context, name string, r io.Reader, yield func(*nets.Image, found) error) error {
	if path.Base(name) == cifarNames {
		text, err := io.ReadAll(io.LimitReader(r, 1<<16))
		w.names = strings.Fields(string(text))
		return err
	}
	w.binary = true
	set := byte(setTrain)
	if path.Base(name) == cifarTest {
		set = setTest
	}
	in := bufio.NewReaderSize(r, 1<<16)
	for n := 0; ; n++ {
		record := make([]byte, cifarRecord)
		switch _, err := io.ReadFull(in, record); {
		case err == io.EOF:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("%s: photo %d: %w", name, n, err)
		case record[0] > 9:
			return fmt.Errorf("%s: photo %d is of class %d, want one of CIFAR-10's 0 to 9", name, n, record[0])
		}
		picture := imaging.NewImage(cifarSide, cifarSide)
		for i := range cifarSide * cifarSide {
			for c := range 3 {
				picture.Pix[3*i+c] = record[1+c*cifarSide*cifarSide+i]
			}
		}
		var png bytes.Buffer
		if err := picture.EncodePNG(&png); err != nil {
			return err
		}
		im := &nets.Image{Name: fmt.Sprintf("%s:%s, photo %d", w.name, name, n), Data: png.Bytes()}
		if err := yield(im, found{strconv.Itoa(int(record[0])), set}); err != nil {
			return err
		}
	}
}
