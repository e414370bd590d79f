package cli

import (
	"bufio"
	"cmp"
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
	"resnet/internal/printable"
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

// writeRows is writeOutput for what grows row by row: what was written until an interrupt, or until the disk was full, stays
// under another name.
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
	done := f.blockable(path)
	file, err := until(done, func() (*atomicfile.File, error) { return atomicfile.Create(path) })
	if err != nil {
		return fmt.Errorf("write %w", err)
	}
	defer file.Cleanup()
	to := &fileWriter{w: file, name: name, done: done}
	out := &rowWriter{Writer: bufio.NewWriter(to), to: to}
	err = write(out)
	if _, whole := errors.AsType[*wholeRowsError](err); whole && out.whole > 0 {
		partial := f.partialName(name)
		kept := cmp.Or(file.Truncate(out.whole), file.CommitAs(f.path(partial)))
		if kept == nil {
			f.warnf("what was done is in %s", printable.Name(partial))
		}
		return errors.Join(err, kept)
	}
	if errors.Is(err, errPartial) {
		partial := f.partialName(name)
		return errors.Join(&partialError{partial}, err, out.Flush(), file.CommitAs(f.path(partial)))
	}
	if err := errorOr(err, out.Flush); err != nil {
		return err
	}
	if _, err := f.target(name); err != nil { // what was read since is known now
		return err
	}
	if err := file.Commit(); err != nil {
		return &outputError{name, err}
	}
	return nil
}

// rowWriter is the buffer of an output. Flush marks the end of a row.
type rowWriter struct {
	*bufio.Writer
	to    *fileWriter
	whole int64 // bytes of the rows that are written whole
}

func (r *rowWriter) Flush() error {
	if err := r.Writer.Flush(); err != nil {
		return err
	}
	r.whole = r.to.written
	return nil
}

// fileWriter is a file whose errors name what the user asked for, not the temporary file.
type fileWriter struct {
	w       io.Writer
	name    string
	written int64
	done    <-chan struct{} // closed where a write that waits is to be given up; nil: none waits
}

func (f *fileWriter) Write(p []byte) (int, error) {
	n, err := writeUntil(f.done, f.w, p)
	f.written += int64(n)
	if err != nil && !errors.Is(err, context.Canceled) {
		err = &outputError{f.name, err}
	}
	return n, err
}

// partialExtension is that of what is left of an output that could not be finished.
const partialExtension = ".partial"

// partialName is a free name for what is left of an output: no earlier run's is replaced.
func (f *factory) partialName(name string) string {
	partial := name + partialExtension
	for n := 2; ; n++ {
		if _, err := os.Lstat(f.path(partial)); err != nil {
			return partial
		}
		partial = fmt.Sprintf("%s.%d%s", name, n, partialExtension)
	}
}

// errPartial is an interrupt after which what was written is worth keeping.
var errPartial = fmt.Errorf("interrupted: %w", context.Canceled)

// partialError is errPartial with the name of what was kept.
type partialError struct{ name string }

func (e *partialError) Error() string { return errPartial.Error() }
func (e *partialError) Unwrap() error { return errPartial }

// wholeRowsError is an error of writing lines: those before it are worth keeping.
type wholeRowsError struct{ err error }

func (e *wholeRowsError) Error() string { return e.err.Error() }
func (e *wholeRowsError) Unwrap() error { return e.err }

// keepLines makes an error of a full disk one that keeps the rows of an output that is lines.
func keepLines(err error, format string) error {
	if err != nil && atomicfile.DiskFull(err) && (format == "csv" || format == "ndjson") {
		return &wholeRowsError{err}
	}
	return err
}

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
