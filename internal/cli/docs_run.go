package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/config"
	"resnet/internal/docs"
	"resnet/internal/paths"
)

// documentCommand is what a mark in a document may say of a command.
type documentCommand struct {
	flags   []string // allowed ones; --arch and arguments name networks
	given   []string // flags that are always there
	fenced  string   // the language of an output that has no Markdown form
	formats []string // allowed ones, the default first; nil: all, and Markdown
}

// documentCommands are the commands that a mark may run. They read nothing but a network's YAML.
var documentCommands = map[string]documentCommand{
	"trace": {
		flags: []string{"arch", "shapes", "rows", "columns", "layers", "anatomy", "batch", "size", "format", "width"},
		given: []string{"--shapes"},
	},
	"summary": {flags: []string{"arch", "blocks", "explain-flops", "batch", "size", "format", "width"}},
	"diff":    {flags: []string{"shapes", "size", "format", "width"}, given: []string{"--shapes"}},
	"draw": {
		flags:   []string{"arch", "size", "expand", "block", "format", "width", "output", "theme", "scale"},
		formats: []string{"mermaid", "text", "dot"},
	},
	"models":      {flags: []string{"format", "width"}},
	"models show": {fenced: "yaml"},
}

// fenceLanguages are the languages of code blocks, by format; others are text.
var fenceLanguages = map[string]string{"json": "json", "ndjson": "json", "csv": "csv", "latex": "latex", "mermaid": "mermaid", "dot": "dot"}

// documentOutput runs a block's command, for a document in dir, where nothing of the machine and the user shows. The
// picture that it draws, if any, is not written yet.
func documentOutput(ctx context.Context, dir string, block docs.Block) (body string, picture *documentPicture, err error) {
	body, picture, err = runBlock(ctx, dir, block)
	if err != nil {
		err = fmt.Errorf("%s: %w", block.Command, err)
	}
	return body, picture, err
}

func runBlock(ctx context.Context, dir string, block docs.Block) (string, *documentPicture, error) {
	words, err := docs.Words(block.Command)
	if err != nil {
		return "", nil, err
	}
	var out bytes.Buffer
	f := &factory{
		In: strings.NewReader(""), Out: &out, Err: io.Discard,
		getenv: func(string) string { return "" },
		dir:    dir,
		quiet:  true,
	}
	run, err := documentArgs(f, words)
	if err != nil {
		return "", nil, err
	}
	root := newRootCmd(f)
	root.SetArgs(run.args)
	if err := root.ExecuteContext(ctx); err != nil {
		return "", nil, err
	}
	switch language := run.language; {
	case run.picture != nil:
		run.picture.data = out.Bytes()
		link, err := pictureLink(ctx, f, run.picture.name, run.networks)
		return link, run.picture, err
	case language == "":
		return out.String(), nil, nil
	case language == "json" || language == "yaml": // Prettier would lay out the code of languages that it knows
		return block.Syntax.Comment("prettier-ignore") + "\n" + docs.Fence(language, out.String()), nil, nil
	default:
		return docs.Fence(language, out.String()), nil, nil
	}
}

// documentRun is what a mark's command comes to.
type documentRun struct {
	args     []string
	language string           // of the code block that the output goes into; "" for none
	picture  *documentPicture // what the output is; nil for none
	networks []string
}

// documentArgs checks the words of a mark's command.
func documentArgs(f *factory, words []string) (*documentRun, error) {
	cmd, rest, err := newRootCmd(f).Find(words)
	if err != nil {
		return nil, err
	}
	name := strings.TrimPrefix(cmd.CommandPath(), "resnet ")
	allowed, ok := documentCommands[name]
	if !ok {
		known := slices.Sorted(maps.Keys(documentCommands))
		return nil, fmt.Errorf("no command for documents; those are %s", strings.Join(known, ", "))
	}
	if err := cmd.ParseFlags(rest); errors.Is(err, pflag.ErrHelp) {
		return nil, errors.New("--help is not for documents")
	} else if err != nil {
		return nil, err
	}
	networks, err := checkDocumentFlags(f, cmd, allowed)
	if err != nil {
		return nil, err
	}

	run := &documentRun{args: append(strings.Fields(name), allowed.given...), networks: networks}
	if allowed.fenced != "" {
		run.args, run.language = append(run.args, rest...), allowed.fenced
		return run, nil
	}
	picture, err := pictureOf(f, cmd)
	if err != nil {
		return nil, err
	}
	if picture != nil { // the later flag counts
		run.picture, run.args = picture, append(append(run.args, rest...), "--output=-", "--format="+picture.format)
		return run, nil
	}
	format, given := allowed.format(cmd)
	if !given {
		run.args = append(run.args, "--format="+format)
	}
	if allowed.formats != nil && !slices.Contains(allowed.formats, format) {
		return nil, fmt.Errorf("--format %s is not for documents; %s are, and -o FILE.svg draws a picture", format, strings.Join(allowed.formats, ", "))
	}
	if format != "markdown" {
		run.language = cmp.Or(fenceLanguages[format], "text")
	}
	run.args = append(run.args, rest...)
	return run, nil
}

// format is that of a mark's command, and whether the mark itself chose it.
func (d documentCommand) format(cmd *cobra.Command) (format string, given bool) {
	switch flag := cmd.Flag("format"); {
	case flag.Changed:
		return flag.Value.String(), true
	case d.formats != nil:
		return d.formats[0], false
	}
	return "markdown", false
}

// checkDocumentFlags wants allowed flags alone, and networks that are built in or described beside the document.
func checkDocumentFlags(f *factory, cmd *cobra.Command, allowed documentCommand) (names []string, err error) {
	var errs []error
	networks := cmd.Flags().Args()
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		switch {
		case !slices.Contains(allowed.flags, flag.Name):
			errs = append(errs, fmt.Errorf("--%s is not for documents", flag.Name))
		case flag.Name == "arch":
			if several, ok := flag.Value.(pflag.SliceValue); ok {
				networks = append(networks, several.GetSlice()...)
			} else {
				networks = append(networks, flag.Value.String())
			}
		case flag.Name == "shapes" && flag.Value.String() != "true":
			errs = append(errs, errors.New("a document shows shapes alone"))
		case flag.Name == "format" && strings.HasPrefix(flag.Value.String(), "@"):
			errs = append(errs, errors.New("--format @FILE is not for documents; write the template into the mark"))
		}
	})
	names, err = f.splitAll(networks)
	errs = append(errs, err)
	for _, net := range names {
		errs = append(errs, checkDocumentNetwork(f, net))
	}
	return names, errors.Join(errs...)
}

func checkDocumentNetwork(f *factory, net string) error {
	if _, builtin := config.Lookup(net); builtin {
		return nil
	}
	extension := filepath.Ext(net)
	if extension != ".yaml" && extension != ".yml" || filepath.IsAbs(net) {
		return fmt.Errorf("network %q: want a built-in one, or a YAML file of the document's repository", net)
	}
	path, err := filepath.Abs(f.path(net))
	if err != nil {
		return err
	}
	targets := []string{path}
	if target, err := filepath.EvalSymlinks(path); err == nil { // what is not there is said by the command itself
		targets = append(targets, target)
	}
	for _, target := range targets {
		if !paths.SameOrBelow(repository(f.dir), target) {
			return fmt.Errorf("network %q: outside of the document's repository", net)
		}
	}
	return nil
}

// repository is the directory at or above dir that Git keeps; dir itself where there is none.
func repository(dir string) string {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	for above := absolute; ; above = filepath.Dir(above) {
		if _, err := os.Lstat(filepath.Join(above, ".git")); err == nil {
			return above
		}
		if above == filepath.Dir(above) {
			return absolute
		}
	}
}
