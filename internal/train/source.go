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
	"slices"
	"strconv"
	"strings"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/tarlinks"
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
	at    string // its path, so that paths are in the order of a folder's walk
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
	lost   int      // links of an archive that lead to no file of it

	skipped nets.Skipped    // files that are not looked at
	folders map[string]bool // that are there
	holds   map[string]bool // those with a folder or a photo
}

// folder notes one by its path.
func (w *walker) folder(name string) {
	w.folders[name], w.holds[path.Dir(name)] = true, true
}

// photo tells set and class of a photo by its path. One that has none is skipped.
func (w *walker) photo(name string) (what found, ok bool) {
	if what, ok = placeOf(name); !ok {
		w.skipped[nets.OutsideOfClass]++
		return what, false
	}
	w.holds[path.Dir(name)] = true
	what.at = inOrder(name)
	return what, true
}

// inOrder is a path that compares as a folder's walk has it: folder by folder.
func inOrder(name string) string { return strings.ReplaceAll(name, "/", "\x00") }

// empty are the folders without a folder or a photo.
func (w *walker) empty() (names []string) {
	for name := range w.folders {
		if !w.holds[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// each yields one photo after the other; its Class and Rel hold what is known of it.
func (w *walker) each(ctx context.Context, yield func(*nets.Image, found) error) error {
	info, err := os.Stat(w.path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return w.walk(ctx, yield)
	case info.Mode().IsRegular():
		return w.archive(ctx, yield)
	}
	return errors.New("is neither a folder nor a file")
}

func (w *walker) walk(ctx context.Context, yield func(*nets.Image, found) error) error {
	return filepath.WalkDir(w.path, func(file string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && file != w.path
		switch {
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case hidden || file == w.path:
			return nil
		}
		below, err := filepath.Rel(w.path, file)
		if err != nil {
			return err
		}
		below = filepath.ToSlash(below)
		switch {
		case entry.IsDir():
			w.folder(below)
			return nil
		case nets.IsImageName(below):
			if what, ok := w.photo(below); ok {
				return yield(&nets.Image{Name: filepath.Join(w.name, filepath.FromSlash(below)), Path: file}, what)
			}
			return nil
		case !isCIFAR(below):
			w.skipped.Add(entry.Name())
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

// archive reads a tar, packed by gzip or not: the files that are there once it is unpacked.
func (w *walker) archive(ctx context.Context, yield func(*nets.Image, found) error) error {
	var links tarlinks.Links
	times := map[string]int{} // a file is in the archive: the last one counts
	err := w.entries(ctx, func(entry *tar.Header, _ io.Reader) error {
		links.Note(entry)
		switch name := path.Clean(entry.Name); {
		case entry.Typeflag == tar.TypeReg:
			times[entry.Name]++
		case entry.Typeflag == tar.TypeDir && name != "." && !hidden(name):
			w.folder(name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = w.entries(ctx, func(entry *tar.Header, r io.Reader) error {
		if entry.Typeflag != tar.TypeReg {
			return nil
		}
		if times[entry.Name]--; times[entry.Name] > 0 {
			return nil
		}
		return w.entry(ctx, links.Names(entry), r, yield)
	})
	w.lost = links.Lost()
	return err
}

// entries calls take with the entries of an archive, and their bytes.
func (w *walker) entries(ctx context.Context, take func(*tar.Header, io.Reader) error) error {
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
		if err := take(entry, entries); err != nil {
			return err
		}
	}
}

// hidden tells a path below a folder, or of a file, that begins with a dot.
func hidden(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
		return strings.HasPrefix(part, ".") && part != "." && part != ".."
	})
}

// entry is one file of an archive, by the names that it has.
func (w *walker) entry(ctx context.Context, names []string, r io.Reader, yield func(*nets.Image, found) error) error {
	var data []byte
	var fault error
	read := false
	for _, name := range names {
		switch {
		case hidden(name):
			continue
		case isCIFAR(name):
			return w.cifar(ctx, name, r, yield)
		case !nets.IsImageName(name):
			w.skipped.Add(path.Base(name))
			continue
		}
		what, ok := w.photo(name)
		if !ok {
			continue
		}
		if !read {
			data, fault = imaging.ReadAll(ctx, r, w.limits)
			read = true
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := yield(&nets.Image{Name: w.name + ":" + name, Data: data, Fault: fault}, what); err != nil {
			return err
		}
	}
	return nil
}

// placeOf tells set and class of a photo by its path: train/CLASS/…, test/CLASS/…, or the folder that it is in.
func placeOf(name string) (what found, ok bool) {
	parts := strings.Split(name, "/")
	for i, part := range parts[:max(0, len(parts)-2)] {
		if set, ok := setFolders[part]; ok {
			return found{class: parts[i+1], set: set}, true
		}
	}
	if len(parts) < 2 {
		return found{}, false
	}
	return found{class: parts[len(parts)-2], set: setTrain}, true
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
	w.binary, w.holds[path.Dir(name)] = true, true
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
		if err := yield(im, found{strconv.Itoa(int(record[0])), set, inOrder(name)}); err != nil {
			return err
		}
	}
}
