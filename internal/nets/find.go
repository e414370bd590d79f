package nets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"resnet/internal/number"
	"resnet/internal/printable"
)

// Skipped counts what directories hold beside images, by kind: ".heic", "hidden", "other".
type Skipped map[string]int

// Add counts one that is skipped.
func (s Skipped) Add(name string) {
	kind := strings.ToLower(filepath.Ext(name))
	switch {
	case strings.HasPrefix(name, "."):
		kind = "hidden"
	case kind == "" || len(kind) > 6:
		kind = "other"
	}
	s[kind]++
}

// String is "37 skipped (31 .heic, 6 other)", or "" for none. The three most frequent kinds are named.
func (s Skipped) String() string {
	total, other := 0, s["other"]
	var kinds []string
	for kind, n := range s {
		total += n
		if kind != "other" {
			kinds = append(kinds, kind)
		}
	}
	if total == 0 {
		return ""
	}
	slices.SortFunc(kinds, func(a, b string) int { return cmp.Or(cmp.Compare(s[b], s[a]), cmp.Compare(a, b)) })
	var parts []string
	for i, kind := range kinds {
		if i < 3 {
			parts = append(parts, fmt.Sprintf("%s %s", number.Thousands(int64(s[kind])), kind))
		} else {
			other += s[kind]
		}
	}
	if other > 0 {
		parts = append(parts, fmt.Sprintf("%s other", number.Thousands(int64(other))))
	}
	return fmt.Sprintf("%s skipped (%s)", number.Thousands(int64(total)), strings.Join(parts, ", "))
}

// NoImage says that what is named holds nothing but that. The first names are told.
func (s Skipped) NoImage(names []string) string {
	const most = 3
	where := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		where += fmt.Sprintf(" and %s more", number.Thousands(int64(more)))
	}
	text := "no image found in " + printable.Name(where)
	if len(s) > 0 {
		text += " (" + s.String() + ")"
	}
	return text
}

// IsImageName tells whether a file is tried where it is found in a directory.
func IsImageName(name string) bool { return imageExtensions[strings.ToLower(filepath.Ext(name))] }

// imageExtensions are those of files that are tried when they are found in a directory. What a file is its content
// tells; a file that is named is tried whatever its name.
var imageExtensions = map[string]bool{
	".jpg": true, ".jpeg": true, ".jpe": true, ".jfif": true, ".png": true, ".gif": true, ".webp": true, ".bmp": true,
	".tif": true, ".tiff": true,
}

// Finder finds the images that a user names: files, patterns, "-" for a stream, and directories, each in the order of
// names.
type Finder struct {
	Names     []string
	Recursive bool      // with what is below directories
	Stream    io.Reader // that "-" stands for
	Skipped   Skipped   // what the last walk left out

	opener *Opener
}

// Find makes a finder; nothing is looked for yet.
func (o *Opener) Find(names []string, recursive bool, stream io.Reader) *Finder {
	return &Finder{Names: names, Recursive: recursive, Stream: stream, opener: o}
}

// One tells whether the names can be of no more than one image.
func (f *Finder) One() bool {
	if len(f.Names) != 1 {
		return false
	}
	if f.Names[0] == "-" {
		return true
	}
	info, err := os.Stat(f.opener.Path(f.Names[0]))
	if err != nil {
		return !strings.ContainsAny(f.Names[0], "*?[{") || !errors.Is(err, os.ErrNotExist)
	}
	return !info.IsDir()
}

// Each calls yield with one image after the other until it returns an error.
func (f *Finder) Each(ctx context.Context, yield func(*Image) error) error {
	f.Skipped = Skipped{}
	for _, arg := range f.Names {
		if err := f.arg(ctx, arg, yield); err != nil {
			return err
		}
	}
	return nil
}

func (f *Finder) arg(ctx context.Context, arg string, yield func(*Image) error) error {
	if arg == "-" {
		return yield(&Image{Name: "-", Rel: "stdin", Stream: f.Stream})
	}
	info, err := os.Stat(f.opener.Path(arg))
	switch {
	case err == nil && info.IsDir():
		return f.directory(ctx, arg, "", yield)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?[{"):
		return f.pattern(ctx, arg, yield)
	}
	return yield(&Image{Name: arg, Path: f.opener.Path(arg), Rel: filepath.Base(arg)})
}

// pattern expands what the shell did not.
func (f *Finder) pattern(ctx context.Context, pattern string, yield func(*Image) error) error {
	names, err := doublestar.FilepathGlob(f.opener.Path(pattern))
	if err == nil && len(names) == 0 {
		err = errors.New("no file matches")
	}
	if err != nil {
		return yield(&Image{Name: pattern, Fault: err})
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		base := filepath.Base(name)
		hidden := strings.HasPrefix(base, ".") && !strings.HasPrefix(filepath.Base(pattern), ".")
		if info, err := os.Stat(name); hidden || err == nil && info.IsDir() {
			continue
		}
		shown := name
		if f.opener.Dir != "" && !filepath.IsAbs(pattern) {
			if relative, err := filepath.Rel(f.opener.Dir, name); err == nil {
				shown = relative
			}
		}
		if err := yield(&Image{Name: shown, Path: name, Rel: base}); err != nil {
			return err
		}
	}
	return nil
}

// directory yields the images of root/below. Links to directories are not followed, so that no cycle is.
func (f *Finder) directory(ctx context.Context, root, below string, yield func(*Image) error) error {
	dir := filepath.Join(root, below)
	entries, err := os.ReadDir(f.opener.Path(dir))
	if err != nil {
		return yield(&Image{Name: dir, Fault: err})
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := entry.Name()
		switch kindOf(entry, f.Skipped) {
		case aFolder:
			if !f.Recursive {
				continue
			}
			if err := f.directory(ctx, root, filepath.Join(below, name), yield); err != nil {
				return err
			}
		case anImage:
			path := filepath.Join(dir, name)
			if err := yield(&Image{Name: path, Path: f.opener.Path(path), Rel: filepath.Join(below, name)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// The kinds of what is in a directory.
const (
	neither = iota
	aFolder
	anImage
)

// kindOf tells whether an entry of a directory is looked into or looked at; what is skipped is counted.
func kindOf(entry fs.DirEntry, skipped Skipped) int {
	name := entry.Name()
	hidden := strings.HasPrefix(name, ".")
	switch {
	case entry.IsDir() && hidden:
		return neither
	case entry.IsDir():
		return aFolder
	case hidden || !IsImageName(name):
		skipped.Add(name)
		return neither
	}
	return anImage
}

// Walk calls yield with the names of all images below a directory, in no order: directories are read in pieces, so that
// memory does not grow with them. Links to directories are not followed.
func (o *Opener) Walk(ctx context.Context, root string, skipped Skipped, yield func(name string) error) error {
	for folders := []string{root}; len(folders) > 0; {
		last := len(folders) - 1
		folder := folders[last]
		below, err := o.walkOne(ctx, folder, skipped, yield)
		if err != nil {
			return err
		}
		folders = append(folders[:last], below...)
	}
	return nil
}

// entriesAtOnce is how many entries of a directory are in memory.
const entriesAtOnce = 1024

func (o *Opener) walkOne(ctx context.Context, folder string, skipped Skipped, yield func(name string) error) (folders []string, err error) {
	dir, err := os.Open(o.Path(folder))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(entriesAtOnce)
		for _, entry := range entries {
			name := filepath.Join(folder, entry.Name())
			switch kindOf(entry, skipped) {
			case aFolder:
				folders = append(folders, name)
			case anImage:
				if err := yield(name); err != nil {
					return nil, err
				}
			}
		}
		if err == nil {
			err = ctx.Err()
		}
		if errors.Is(err, io.EOF) {
			return folders, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// OutsideOfClass is the kind of images that EachOfClass skips.
const OutsideOfClass = "outside of a class folder"

// EachOfClass is Each for images whose first folder is their class; others are skipped.
func (f *Finder) EachOfClass(ctx context.Context, yield func(*Image) error) error {
	return f.Each(ctx, func(im *Image) error {
		folder, _, ok := strings.Cut(filepath.ToSlash(im.Rel), "/")
		if !ok && im.Fault == nil {
			f.Skipped[OutsideOfClass]++
			return nil
		}
		im.Class = folder
		return yield(im)
	})
}

// Sets are the folders of a folder that holds a set to train on, as ImageNet and PyTorch's tutorials have them, and one to
// validate on, or to test. Both are "" where there is no such train; valid is where nothing but a test is beside it.
func (o *Opener) Sets(dir string) (train, valid string) {
	is := func(name string) bool {
		info, err := os.Stat(o.Path(filepath.Join(dir, name)))
		return err == nil && info.IsDir()
	}
	if !is("train") {
		return "", ""
	}
	train = filepath.Join(dir, "train")
	for _, name := range []string{"val", "valid"} {
		if is(name) {
			return train, filepath.Join(dir, name)
		}
	}
	if is("test") {
		return train, ""
	}
	return "", ""
}

// SameTargetError is two images that copies would have the same place for.
type SameTargetError struct{ A, B, Rel string }

func (e *SameTargetError) Error() string {
	return fmt.Sprintf("%s and %s would both be written as %s", e.A, e.B, e.Rel)
}

// UniqueTargets is a *SameTargetError where two images have one Rel.
func (f *Finder) UniqueTargets(ctx context.Context) error {
	from := map[string]string{}
	return f.Each(ctx, func(im *Image) error {
		if other, taken := from[im.Rel]; taken {
			return &SameTargetError{other, im.Name, im.Rel}
		}
		from[im.Rel] = im.Name
		return nil
	})
}
