package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"resnet/internal/number"
	"resnet/internal/render"
)

// input is one image that a command line asks for.
type input struct {
	name string // as shown: the path as given, or the directory as given and what is below it; "-" for stdin
	path string // to open
	// rel is the path for copies: a file that was named goes by its base name, one found in a directory by its path
	// relative to that directory.
	rel   string
	class string // that it is known to have; "" for most
	err   error  // the input could not be looked at; there is nothing to open
}

// skipped counts what directories hold beside images, by kind: ".heic", "hidden", "other".
type skipped map[string]int

func (s skipped) add(name string) {
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
func (s skipped) String() string {
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

// imageExtensions are those of files that are tried when they are found in a directory. What a file is its content
// tells; a file that is named is tried whatever its name.
var imageExtensions = map[string]bool{
	".jpg": true, ".jpeg": true, ".jpe": true, ".jfif": true, ".png": true, ".gif": true, ".webp": true, ".bmp": true,
	".tif": true, ".tiff": true,
}

// inputs walks the images that args name: files, patterns, "-" for stdin, and directories (with what is below them where
// recursive is set), each directory in the order of names.
type inputs struct {
	f         *factory
	args      []string
	recursive bool
	skipped   skipped
}

// one tells whether args can name no more than one image.
func (in *inputs) one() bool {
	if len(in.args) != 1 {
		return false
	}
	if in.args[0] == "-" {
		return true
	}
	info, err := os.Stat(in.f.path(in.args[0]))
	if err != nil {
		return !strings.ContainsAny(in.args[0], "*?[{") || !errors.Is(err, os.ErrNotExist)
	}
	return !info.IsDir()
}

// nameWidth is that of the longest of the first names, in columns: a table that is written as results come can't wait
// for all of them.
func (in *inputs) nameWidth(ctx context.Context) int {
	width, left := 0, 1000
	_ = in.each(ctx, func(i input) error { // what fails will be told when its turn comes
		width = max(width, render.TextWidth(i.name))
		if left--; left == 0 {
			return errEnough
		}
		return nil
	})
	return width
}

// each calls yield with one image after the other until it returns an error.
func (in *inputs) each(ctx context.Context, yield func(input) error) error {
	in.skipped = skipped{}
	for _, arg := range in.args {
		if err := in.arg(ctx, arg, yield); err != nil {
			return err
		}
	}
	return nil
}

func (in *inputs) arg(ctx context.Context, arg string, yield func(input) error) error {
	if arg == "-" {
		return yield(input{name: "-", rel: "stdin"})
	}
	info, err := os.Stat(in.f.path(arg))
	switch {
	case err == nil && info.IsDir():
		return in.directory(ctx, arg, "", yield)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?[{"):
		return in.pattern(ctx, arg, yield)
	}
	return yield(input{name: arg, path: in.f.path(arg), rel: filepath.Base(arg)})
}

// pattern expands what the shell did not.
func (in *inputs) pattern(ctx context.Context, pattern string, yield func(input) error) error {
	names, err := doublestar.FilepathGlob(in.f.path(pattern))
	if err == nil && len(names) == 0 {
		err = errors.New("no file matches")
	}
	if err != nil {
		return yield(input{name: pattern, err: err})
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
		if in.f.dir != "" && !filepath.IsAbs(pattern) {
			if relative, err := filepath.Rel(in.f.dir, name); err == nil {
				shown = relative
			}
		}
		if err := yield(input{name: shown, path: name, rel: base}); err != nil {
			return err
		}
	}
	return nil
}

// directory yields the images of root/below. Links to directories are not followed, so that no cycle is.
func (in *inputs) directory(ctx context.Context, root, below string, yield func(input) error) error {
	dir := filepath.Join(root, below)
	entries, err := os.ReadDir(in.f.path(dir))
	if err != nil {
		return yield(input{name: dir, err: err})
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := entry.Name()
		switch {
		case entry.IsDir():
			if !in.recursive || strings.HasPrefix(name, ".") {
				continue
			}
			if err := in.directory(ctx, root, filepath.Join(below, name), yield); err != nil {
				return err
			}
		case strings.HasPrefix(name, ".") || !imageExtensions[strings.ToLower(filepath.Ext(name))]:
			in.skipped.add(name)
		default:
			path := filepath.Join(dir, name)
			if err := yield(input{name: path, path: in.f.path(path), rel: filepath.Join(below, name)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// failures counts what went wrong, by class.
type failures map[string]int

func (f failures) total() int {
	total := 0
	for _, n := range f {
		total += n
	}
	return total
}

// String is "2 failed (1 corrupt, 1 truncated)", or "" for none.
func (f failures) String() string {
	total := f.total()
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, fmt.Sprintf("%s %s", number.Thousands(int64(f[class])), class))
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%s failed (%s)", number.Thousands(int64(total)), strings.Join(parts, ", "))
}
