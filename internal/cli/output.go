package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/atomicfile"
	"resnet/internal/format"
)

// outputFlags are -o/--output and -f/--format, the same on every command that shows something.
type outputFlags struct {
	file    string // "" and "-" are stdout
	format  formatValue
	command *cobra.Command
}

// formatValue is the flag --format.
type formatValue struct {
	name  string
	known []string
	free  func(string) bool // other values that the command takes: templates
}

func (v *formatValue) String() string { return v.name }
func (v *formatValue) Type() string   { return "FORMAT" }

func (v *formatValue) Set(s string) error {
	s = format.Canonical(s)
	if !slices.Contains(v.known, s) && (v.free == nil || !v.free(s)) {
		return usagef("not one of %s", strings.Join(v.known, ", "))
	}
	v.name = s
	return nil
}

var _ pflag.Value = (*formatValue)(nil)

// add gives cmd the flags; the first of formats is the default.
func (o *outputFlags) add(cmd *cobra.Command, formats ...string) {
	o.command = cmd
	o.format = formatValue{name: formats[0], known: formats}
	cmd.Flags().StringVarP(&o.file, "output", "o", "", "write to `FILE`; its extension chooses the format")
	cmd.Flags().VarP(&o.format, "format", "f", strings.Join(formats, ", "))
	completeWords(cmd, "format", formats)
}

// formatName is the format to write: --format, else what the extension of --output stands for, else the default.
func (o *outputFlags) formatName() (string, error) {
	if o.command.Flags().Changed("format") || o.file == "" || o.file == "-" {
		return o.format.name, nil
	}
	extension := strings.ToLower(filepath.Ext(o.file))
	if extension == "" {
		return o.format.name, nil
	}
	name := format.ByExtension(extension, o.format.known)
	if name == "" {
		return "", usagef("--output %s: %s has no format with the extension %s; choose with --format: %s",
			o.file, o.command.CommandPath(), extension, strings.Join(o.format.known, ", "))
	}
	return name, nil
}

// isStdout tells whether an output goes there.
func isStdout(name string) bool { return name == "" || name == "-" }

// writeOutput calls write with stdout, or with the file called name, which is there whole afterwards or, where write
// returns an error, as it was before. People are told.
func (f *factory) writeOutput(name string, write func(io.Writer) error) error {
	if err := f.writeRows(name, write); err != nil || isStdout(name) {
		return err
	}
	f.wrote(name)
	return nil
}

// writeRows is writeOutput for what grows row by row: what was written until an interrupt stays, as name.partial.
func (f *factory) writeRows(name string, write func(io.Writer) error) error {
	if isStdout(name) {
		out := bufio.NewWriter(f.Out)
		err := write(out)
		if errors.Is(err, context.Canceled) {
			return errors.Join(err, out.Flush())
		}
		return errorOr(err, out.Flush)
	}
	path, err := f.target(name)
	if err != nil {
		return err
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return fmt.Errorf("write %w", err)
	}
	defer file.Cleanup()
	out := bufio.NewWriter(fileWriter{file, name})
	err = write(out)
	if errors.Is(err, errPartial) {
		return errors.Join(err, out.Flush(), file.CommitAs(path+partialExtension))
	}
	if err := errorOr(err, out.Flush); err != nil {
		return err
	}
	if _, err := f.target(name); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return &outputError{name, err}
	}
	return nil
}

// fileWriter is a file whose errors name what the user asked for, not the temporary file.
type fileWriter struct {
	w    io.Writer
	name string
}

func (f fileWriter) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err != nil {
		err = &outputError{f.name, err}
	}
	return n, err
}

// partialExtension is that of what an interrupt left of an output.
const partialExtension = ".partial"

// errPartial is an interrupt after which what was written is worth keeping.
var errPartial = fmt.Errorf("interrupted: %w", context.Canceled)

// writeBelow writes a file of several, whose directory may have to be made.
func (f *factory) writeBelow(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o777); err != nil {
		return err
	}
	return f.writeOutput(name, write)
}

// errorOr is err, else what flush returns, as a failure.
func errorOr(err error, flush func() error) error {
	if err != nil {
		return err
	}
	return failed(flush())
}
