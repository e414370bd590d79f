package batch

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"resnet/internal/nets"
	"resnet/internal/paths"
	"resnet/internal/tarlinks"
	"resnet/internal/wholefile"
)

// Sources are where the images of a job are: directories, with all below; tars, as webdataset has them; images; and files
// that list any of the last two, a name a line.
type Sources struct {
	Names   []string
	Opener  *nets.Opener
	Skipped nets.Skipped // what directories and tars hold beside images
}

// each calls yield with all inputs, in no order, and some of them more than once where they are named so.
func (s *Sources) each(ctx context.Context, yield func(Input) error) error {
	s.Skipped = nets.Skipped{}
	for _, name := range s.Names {
		if err := s.source(ctx, name, yield); err != nil {
			return err
		}
	}
	return nil
}

// around is the source that is a folder which a path is in, or is; "": none is.
func (s *Sources) around(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	for _, name := range s.Names {
		folder, err := filepath.Abs(s.Opener.Path(name))
		if err != nil {
			continue
		}
		if info, err := os.Stat(folder); err == nil && info.IsDir() && paths.Within(path, folder) {
			return name
		}
	}
	return ""
}

func (s *Sources) source(ctx context.Context, name string, yield func(Input) error) error {
	info, err := os.Stat(s.Opener.Path(name))
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return s.Opener.Walk(ctx, name, s.Skipped, func(name string) error { return s.file(name, yield) })
	case isTar(name):
		return s.tar(ctx, name, yield)
	case nets.IsImageName(name):
		return s.file(name, yield)
	}
	return s.list(ctx, name, yield)
}

func isTar(name string) bool { return strings.EqualFold(filepath.Ext(name), ".tar") }

// file yields an image of its own. One that can't be looked at is an input too: that is found when its turn comes.
func (s *Sources) file(name string, yield func(Input) error) error {
	in := Input{Name: name, Offset: -1}
	if info, err := os.Stat(s.Opener.Path(name)); err == nil {
		in.Size, in.Time = info.Size(), info.ModTime().UnixNano()
	}
	return yield(in)
}

// list yields what a file names, a line each.
func (s *Sources) list(ctx context.Context, name string, yield func(Input) error) error {
	path := s.Opener.Path(name)
	if bytes.IndexByte(wholefile.Head(path, 512), 0) >= 0 {
		return usagef("%s: neither a folder, a .tar, an image by its name, nor a list of names", name)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for number := 1; lines.Scan(); number++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		named := lines.Text()
		switch {
		case named == "":
			continue
		case isTar(named):
			err = s.tar(ctx, named, yield)
		default:
			err = s.file(filepath.Clean(named), yield)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", name, number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// tar yields the images in a tar, with the names that they have where it is unpacked.
func (s *Sources) tar(ctx context.Context, name string, yield func(Input) error) error {
	f, info, err := openRegular(s.Opener.Path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	var links tarlinks.Links
	if err := eachEntry(ctx, name, f, func(h *tar.Header, _ int64) error { links.Note(h); return nil }); err != nil {
		return err
	}
	err = eachEntry(ctx, name, f, func(h *tar.Header, offset int64) error {
		if h.Typeflag != tar.TypeReg {
			return nil
		}
		for _, below := range links.Names(h) {
			if !isMember(h, path.Base(below)) {
				s.Skipped.Add(path.Base(below))
				continue
			}
			in := Input{Name: filepath.Join(name, filepath.FromSlash(below)), Size: h.Size, Time: info.ModTime().UnixNano(), Offset: offset}
			if err := yield(in); err != nil {
				return err
			}
		}
		return nil
	})
	if lost := links.Lost(); lost > 0 {
		s.Skipped[linksElsewhere] += lost
	}
	return err
}

// linksElsewhere are the links of tars that lead to no file of theirs.
const linksElsewhere = "linked elsewhere"

// eachEntry calls take with the entries of a tar, and where their bytes begin.
func eachEntry(ctx context.Context, name string, f *os.File, take func(h *tar.Header, offset int64) error) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for r := tar.NewReader(f); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%s: %w; mend it, or leave it out", name, err)
		}
		offset, err := f.Seek(0, io.SeekCurrent) // the reader reads whole blocks, and nothing beyond the header
		if err == nil {
			err = take(header, offset)
		}
		if err != nil {
			return err
		}
	}
}

// isMember tells an image by its name, whose bytes stand in the tar one after the other, as those of a sparse file do not.
func isMember(h *tar.Header, base string) bool {
	if strings.HasPrefix(base, ".") || !nets.IsImageName(base) {
		return false
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return false
		}
	}
	return true
}
