package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"resnet/internal/number"
)

const (
	exitOK          = 0
	exitFailed      = 1 // something failed, is stale or differs
	exitNothing     = 2 // usage, or nothing could be done at all
	exitInterrupted = 130
)

// usageError is a command line that cannot be right; the report adds where the help is.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usagef makes a usageError.
func usagef(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }

// failedError makes the exit code 1: a part was done, or what was asked about is stale or differs. Without an error inside
// it says nothing more, as everything was said already.
type failedError struct{ err error }

func (e failedError) Error() string {
	if e.err == nil {
		return "something failed"
	}
	return e.err.Error()
}
func (e failedError) Unwrap() error { return e.err }

// errFailed ends a command with exit code 1 that has reported what failed itself.
var errFailed error = failedError{}

// errNothing ends a command with exit code 2 that has reported itself why nothing could be done.
var errNothing = errors.New("nothing could be done")

// failed marks err for exit code 1. Any other error that a command returns means that nothing was done: 2.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return failedError{err}
}

// outputError is an output that can't be written: its exit code is 2, however much was done.
type outputError struct {
	name string
	err  error
}

func (e *outputError) Error() string { return e.name + ": " + bare(e.err).Error() }
func (e *outputError) Unwrap() error { return e.err }

// bare is an error of a file without its path, which was named.
func bare(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// report prints err once and returns its exit code.
func (f *factory) report(cmd *cobra.Command, err error) int {
	if readerGone(err) {
		return exitOK // whoever read our output has seen enough
	}
	code := exitNothing
	if _, unwritten := errors.AsType[*outputError](err); unwritten {
		f.printError(err)
		return code
	}
	if _, partly := errors.AsType[failedError](err); partly {
		code = exitFailed
	}
	if errors.Is(err, errFailed) || errors.Is(err, errNothing) {
		return code
	}
	f.printError(err)

	if _, usage := errors.AsType[usageError](err); usage && cmd != nil {
		fmt.Fprintf(f.Err, "See: %s --help\n", cmd.CommandPath())
	}
	return code
}

// mostErrors is how many lines of one error are shown.
const mostErrors = 20

// printError writes err to stderr; where it is several, each on a line.
func (f *factory) printError(err error) {
	for _, line := range f.errorLines(err) {
		if !strings.HasPrefix(line, " ") {
			line = f.program() + ": " + line
		}
		fmt.Fprintln(f.Err, line)
	}
}

// interruptedBy tells an error that the interrupt of the run has made: nothing is said of it, as who interrupts knows.
func (f *factory) interruptedBy(err error) bool {
	select {
	case <-f.interrupt:
		return errors.Is(err, context.Canceled)
	default:
		return false
	}
}

// errorLines are the lines of err, where they are many the first of them and a count; none of an interrupt.
func (f *factory) errorLines(err error) []string {
	if f.interruptedBy(err) {
		return nil
	}
	lines := strings.Split(f.errorText(err), "\n")
	if more := len(lines) - mostErrors; more > 4 { // some errors count themselves
		lines = append(lines[:mostErrors], fmt.Sprintf("and %s more", number.Thousands(int64(more))))
	}
	return lines
}

// errorText is err as people read it: "no such file" without the system call's name before it, in the same words on every
// system, and what to do behind it.
func (f *factory) errorText(err error) string {
	text, more := err.Error(), f.hint(err)
	if advice, first := strings.CutPrefix(more, "\n"); first { // a line of its own, before all that is wrong
		text = advice + "\n" + text
	} else {
		text += more
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		text = strings.Replace(text, wrong.Error(), jsonText(wrong), 1)
	}
	for _, path := range pathErrors(err) {
		text = strings.Replace(text, path.Error(), path.Path+": "+path.Err.Error(), 1)
		for kind, words := range systemWords {
			if is[syscall.Errno](path.Err) && errors.Is(path.Err, kind) || path.Err == kind {
				text = strings.Replace(text, path.Err.Error(), words, 1)
			}
		}
	}
	return text
}

// jsonText is a value of another type than its key's, in words that are not Go's.
func jsonText(e *json.UnmarshalTypeError) string {
	found, _, _ := strings.Cut(e.Value, " ") // "number 0.5"
	found = cmp.Or(map[string]string{"array": "a list", "object": "keys and values", "string": "text", "bool": "true or false"}[found], "a "+found)
	want := "text"
	switch e.Type.Kind() {
	case reflect.Struct, reflect.Map:
		want = "keys and values"
	case reflect.Slice, reflect.Array:
		want = "a list"
	case reflect.Bool:
		want = "true or false"
	case reflect.Int, reflect.Int64:
		want = "a whole number"
	case reflect.Float32, reflect.Float64:
		want = "a number"
	}
	if e.Field == "" {
		return fmt.Sprintf("want %s, found %s", want, found)
	}
	return fmt.Sprintf("%s: want %s, found %s", e.Field, want, found)
}

// pathErrors are those in err, several where it joins several.
func pathErrors(err error) []*fs.PathError {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*fs.PathError
		for _, part := range joined.Unwrap() {
			all = append(all, pathErrors(part)...)
		}
		return all
	}
	if path, ok := err.(*fs.PathError); ok {
		return []*fs.PathError{path}
	}
	if err = errors.Unwrap(err); err == nil {
		return nil
	}
	return pathErrors(err)
}

// systemWords are Unix's for what systems call differently.
var systemWords = map[error]string{
	fs.ErrNotExist:   "no such file or directory",
	fs.ErrPermission: "permission denied",
	fs.ErrExist:      "file exists",
}
