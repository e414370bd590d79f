// Package format holds what every checkpoint format shares: the error of a file that breaks the rules, the limits, and
// the conversion of stored elements to float32 and back.
package format

import (
	"errors"
	"fmt"
	"io"
)

// Error says which rule a checkpoint file breaks, and where. Every file that is refused for its content is refused with
// this type; errors of the operating system stay what they are.
type Error struct {
	Format string // "safetensors", "PyTorch zip", …; Unrecognized
	Offset int64  // byte in the file, or in the unpacked entry for a compressed one; -1: the file as a whole
	Rule   string // what is wrong, and what to do where something can be done
}

// Unrecognized is the format of a file that is of none of them.
const Unrecognized = "checkpoint"

func (e *Error) Error() string {
	if e.Format == Unrecognized {
		return e.Rule // whoever opens the file says that it should be a checkpoint
	}
	if e.Offset < 0 {
		return e.Format + ": " + e.Rule
	}
	return fmt.Sprintf("%s, byte %d: %s", e.Format, e.Offset, e.Rule)
}

// A Foreign is the error of a file that is another program's, out of which a line of Python makes safetensors.
type Foreign struct {
	Err    *Error
	Python string // a program that reads its first argument and writes its second; it has no single quotes
	File   string // the name that the file was opened by
}

func (f *Foreign) Error() string { return f.Err.Error() }
func (f *Foreign) Unwrap() error { return f.Err }

// Errorf makes an Error. Long words, which a hostile file may hold, are cut.
func Errorf(format string, offset int64, rule string, args ...any) *Error {
	for i, arg := range args {
		if word, ok := arg.(string); ok && len(word) > maxWord {
			args[i] = word[:maxWord] + "…"
		}
	}
	return &Error{Format: format, Offset: offset, Rule: fmt.Sprintf(rule, args...)}
}

// maxWord is how much of a name an error shows, in bytes.
const maxWord = 200

// Truncated turns an unexpected end of data into an Error; any other error is returned as it is.
func Truncated(err error, format string, offset int64, what string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Errorf(format, offset, "the file ends inside %s (truncated download?)", what)
	}
	return err
}

// Recover is deferred around a parser: a panic that a hostile file provokes becomes an Error instead of the end of the
// process.
func Recover(err *error, format string) {
	if r := recover(); r != nil {
		*err = Errorf(format, -1, "internal error while reading: %v", r)
	}
}

// Limits that no residual network comes near. ResNet-1202 with its optimizer's state has about 15,000 tensors.
const (
	MaxTensors = 32_768
	MaxDims    = 8
)
