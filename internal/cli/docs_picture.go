package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/docs"
	"resnet/internal/draw"
	"resnet/internal/paths"
	"resnet/internal/printable"
)

// documentPicture is a picture that a mark's command draws beside the document.
type documentPicture struct {
	name   string // as the mark has it
	path   string // absolute, without links on the way
	format string
	data   []byte
	mark   string // document and line
	block  docs.Block
}

// pictureFormats are those that a document shows by a link.
var pictureFormats = []string{"svg", "png", "pdf"}

// pictureOf checks the file that a mark's command names for its output; nil where it names none.
func pictureOf(f *factory, cmd *cobra.Command) (*documentPicture, error) {
	flag := cmd.Flag("output")
	if flag == nil || !flag.Changed {
		return nil, nil
	}
	file := flag.Value.String()
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), ".")
	switch {
	case cmd.Name() != "draw":
		return nil, errors.New("--output is not for documents; draw alone makes pictures")
	case !slices.Contains(pictureFormats, format):
		return nil, fmt.Errorf("--output %s: a document shows %s", file, strings.Join(pictureFormats, ", "))
	case cmd.Flag("format").Changed:
		return nil, errors.New("--output and --format: the extension chooses the format")
	}
	path, err := filepath.Abs(f.path(file))
	if err != nil {
		return nil, err
	}
	if filepath.IsAbs(file) || !paths.SameOrBelow(repository(f.dir), path) {
		return nil, fmt.Errorf("--output %s: outside of the document's repository", file)
	}
	path = paths.WithoutLinks(path)
	if isGits(path) {
		return nil, fmt.Errorf("--output %s: what is in .git is Git's own", file)
	}
	return &documentPicture{name: file, path: path, format: format}, nil
}

// isGits tells a path of Git's own directory, in any case, as file systems have it that keep no case apart.
func isGits(path string) bool {
	return slices.ContainsFunc(strings.Split(path, string(filepath.Separator)), func(part string) bool {
		return strings.EqualFold(part, ".git")
	})
}

// claim refuses a picture that another mark draws otherwise: one of the two would always be out of date.
func (opts *docsOptions) claim(picture *documentPicture) error {
	earlier := opts.pictures[picture.path]
	switch {
	case earlier == nil:
		opts.pictures[picture.path] = picture
	case !bytes.Equal(earlier.data, picture.data):
		return fmt.Errorf("%s is another picture at %s; give one of them another name", picture.name, earlier.mark)
	}
	return nil
}

// pictureLink is a picture in Markdown, with the networks' titles for who cannot see it.
func pictureLink(ctx context.Context, f *factory, file string, networks []string) (string, error) {
	var titles []string
	for _, name := range networks {
		arch, err := f.nets().Arch(ctx, name)
		if err != nil {
			return "", err
		}
		titles = append(titles, altText.Replace(printable.Name(arch.Spec.Title())))
	}
	return fmt.Sprintf("![Layers and shortcuts of %s](%s)", strings.Join(titles, " and "), filepath.ToSlash(file)), nil
}

// altText keeps a title from ending the words of a picture, and from being more than words.
var altText = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "<", `\<`, "`", "\\`", "*", `\*`)

// stale tells whether the file is another than the picture, and refuses to replace what this program has not drawn.
func (p *documentPicture) stale() (bool, error) {
	info, err := os.Lstat(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s: not a regular file", p.name)
	}
	old, err := os.ReadFile(p.path)
	if err != nil {
		return false, err
	}
	if !draw.IsOurs(old) {
		return false, fmt.Errorf("%s: not drawn by this program, so it stays; take it away or give another name", p.name)
	}
	return !bytes.Equal(old, p.data), nil
}
