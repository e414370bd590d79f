package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"resnet/internal/atomicfile"
	"resnet/internal/docs"
	"resnet/internal/wholefile"
)

type docsOptions struct {
	f *factory

	files     []string
	write     bool
	check     bool
	allowNone bool

	pictures map[string]*documentPicture // those of this run, by path
}

func newDocsCmd(f *factory) *cobra.Command {
	opts := &docsOptions{f: f}
	cmd := &cobra.Command{
		Use:   "docs --write|--check [FILE]...",
		Short: "Keep the tables in Markdown documents true",
		Long: `Keep the tables in Markdown documents true.

Between two marks, each on a line of its own, stands the output of a command:

  <!-- resnet: summary --arch 34 -->
  <!-- /resnet -->

or, in MDX, {/* resnet: summary --arch 34 */} and {/* /resnet */}.

--write puts it there, --check compares. The commands are trace (shapes alone, no arithmetic), summary,
diff, draw (as Mermaid, which GitHub shows as a figure, or with -o FILE.svg, .png or .pdf as a picture
that is kept true with its link) and models, without other flags that read or write files; a network
of one's own is a YAML file of the same repository. Output is Markdown, or with --format in a code
block. It depends on nothing but document and YAML: no settings, environment, terminal or locale.
Marks inside code blocks and front matter are text. One file is one picture: two marks that draw
different ones into it are refused.

Without FILE it is every .md, .markdown and .mdx file that Git tracks in this repository; those without
marks pass then.

Exit code of --check: 0 all current, 1 something is stale (the difference is printed, on GitHub also as
an annotation), 2 something could not be checked.`,
		Example: `  resnet docs --write README.md docs/*.md
  resnet docs --check                        in CI`,
		GroupID: groupDocuments,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.files = args
			return runDocs(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.write, "write", false, "bring the documents up to date")
	cmd.Flags().BoolVar(&opts.check, "check", false, "compare, and change nothing")
	cmd.Flags().BoolVar(&opts.allowNone, "allow-none", false, "a document may be without marks")
	return cmd
}

func runDocs(ctx context.Context, opts *docsOptions) error {
	if opts.write == opts.check {
		return usagef("give one of --write and --check")
	}
	if len(opts.files) == 0 {
		var err error
		if opts.files, err = trackedDocuments(ctx, opts.f); err != nil {
			return err
		}
		opts.allowNone = true
	}
	opts.pictures = map[string]*documentPicture{}
	var stale []string
	unchecked := false
	for _, name := range opts.files {
		changed, err := runDocument(ctx, opts, name)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err != nil {
			opts.f.printError(err)
		}
		unchecked = unchecked || err != nil
		if changed {
			stale = append(stale, shellWord(name))
		}
	}
	if opts.check && len(stale) > 0 {
		opts.f.hintf("resnet docs --write %s brings them up to date", strings.Join(stale, " "))
	}
	switch {
	case unchecked:
		return errNothing
	case len(stale) > 0 && opts.check:
		return errFailed
	}
	return nil
}

// trackedDocuments lists the repository's documents.
func trackedDocuments(ctx context.Context, f *factory) ([]string, error) {
	root := repository(f.path("."))
	git := exec.CommandContext(ctx, "git", "ls-files", "-z", "--", "*.md", "*.markdown", "*.mdx")
	git.Dir = root
	var stderr strings.Builder
	git.Stderr = &stderr
	listed, err := git.Output()
	if err != nil {
		return nil, usagef("which documents? Git can't tell (%s): give them", cmp.Or(strings.TrimSpace(stderr.String()), err.Error()))
	}
	here, err := filepath.Abs(f.path("."))
	if err != nil {
		return nil, err
	}
	var files []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		if relative, err := filepath.Rel(here, filepath.Join(root, name)); err == nil && name != "" {
			files = append(files, relative)
		}
	}
	if len(files) == 0 {
		return nil, usagef("Git tracks no .md, .markdown or .mdx file in %s", root)
	}
	return files, nil
}

// maxDocument bounds a document.
const maxDocument = 64 << 20

// runDocument brings one document up to date or shows how it differs.
func runDocument(ctx context.Context, opts *docsOptions, name string) (changed bool, err error) {
	path := opts.f.path(name)
	document, err := wholefile.Read(ctx, path, maxDocument)
	if err != nil {
		return false, err
	}
	blocks, err := docs.Parse(name, document)
	if err != nil {
		return false, err
	}
	if len(blocks) == 0 && !opts.allowNone {
		return false, fmt.Errorf("%s: no mark such as %s (--allow-none lets that pass)", name, docs.HTML.Comment("resnet: summary 50"))
	}

	bodies := make([]string, len(blocks))
	var pictures []*documentPicture // those that are stale
	var errs []error
	for i, block := range blocks {
		body, picture, err := documentOutput(ctx, filepath.Dir(path), block)
		stale := false
		if err == nil && picture != nil {
			picture.mark, picture.block = fmt.Sprintf("%s:%d", name, block.Line), block
			if err = opts.claim(picture); err == nil {
				stale, err = picture.stale()
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", name, block.Line, err))
		}
		if stale && !slices.ContainsFunc(pictures, func(p *documentPicture) bool { return p.path == picture.path }) {
			pictures = append(pictures, picture)
		}
		bodies[i] = body
	}
	if err := errors.Join(errs...); err != nil {
		return false, err
	}
	changed, err = opts.settle(ctx, name, document, blocks, bodies)
	return changed || len(pictures) > 0, errors.Join(err, opts.settlePictures(name, pictures))
}

// settlePictures writes or reports the pictures that have changed.
func (opts *docsOptions) settlePictures(name string, stale []*documentPicture) error {
	for _, picture := range stale {
		if !opts.write {
			fmt.Fprintf(opts.f.Out, "%s: %s is out of date; run resnet docs --write %s\n", name, picture.name, name)
			opts.annotate(name, picture.block)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(opts.f.path(picture.path)), 0o777); err != nil {
			return err
		}
		if err := opts.f.writeRows(picture.path, func(w io.Writer) error { _, err := w.Write(picture.data); return err }); err != nil {
			return err
		}
		opts.f.warnf("%s: drew %s", name, picture.name)
	}
	return nil
}

// settle writes or reports what has changed.
func (opts *docsOptions) settle(ctx context.Context, name string, document []byte, blocks []docs.Block, bodies []string) (changed bool, err error) {
	want := docs.Replace(document, blocks, bodies)
	if bytes.Equal(document, want) {
		return false, nil
	}
	if opts.write {
		if err := opts.replace(ctx, name, document, want); err != nil {
			return true, err
		}
		opts.f.warnf("%s: brought up to date", name)
		return true, nil
	}
	_, lines, _ := bytes.Cut(diff.Diff(name+"\tin the file", document, name+"\tas it should be", want), []byte("\n"))
	head := fmt.Sprintf("%s is out of date; run resnet docs --write %s\n", name, shellWord(name))
	if err := opts.showDiff(append([]byte(head), lines...)); err != nil {
		return true, failed(err)
	}
	for i, block := range blocks {
		if one := docs.Replace(document, blocks[i:i+1], bodies[i:i+1]); !bytes.Equal(document, one) {
			opts.annotate(name, block)
		}
	}
	return true, nil
}

// showDiff writes a unified difference, in the usual colours where there are any.
func (opts *docsOptions) showDiff(text []byte) error {
	if !opts.f.look("", "text").Color {
		_, err := opts.f.Out.Write(text)
		return err
	}
	colors := map[byte]string{'-': "31", '+': "32", '@': "36"}
	plain := guard{terminal: true}
	for line := range strings.Lines(string(plain.escape(text))) {
		if color, ok := colors[line[0]]; ok {
			line = "\x1b[" + color + "m" + strings.TrimSuffix(line, "\n") + "\x1b[m\n"
		}
		if _, err := io.WriteString(opts.f.Out, line); err != nil {
			return err
		}
	}
	return nil
}

// annotate makes GitHub show a stale block where it stands.
func (opts *docsOptions) annotate(name string, block docs.Block) {
	if opts.f.getenv("GITHUB_ACTIONS") != "true" {
		return
	}
	message := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	fmt.Fprintf(opts.f.commands(), "::error file=%s,line=%d::%s\n", property.Replace(filepath.ToSlash(name)), block.Line,
		message.Replace(fmt.Sprintf("The output of resnet %s has changed; run resnet docs --write %s", block.Command, name)))
}

// replace writes a document, unless somebody has changed it since it was read, and says what could not be kept of the file
// that it was.
func (opts *docsOptions) replace(ctx context.Context, name string, read, data []byte) error {
	now, err := wholefile.Read(ctx, opts.f.path(name), maxDocument)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, read) {
		return fmt.Errorf("%s: changed while its tables were made, so it stays; run this again", name)
	}
	file, err := atomicfile.Create(opts.f.path(name))
	if err != nil {
		return err
	}
	defer file.Cleanup()
	for _, lost := range file.Lost() {
		opts.f.warnf("%s: %s", name, lost)
	}
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.Commit()
}
