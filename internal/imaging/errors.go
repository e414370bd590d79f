package imaging

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"runtime/debug"

	"resnet/internal/imaging/jpeg"
	"resnet/internal/imaging/tiff"
	"resnet/internal/number"
)

// Class says what kind of failure a picture met; a record of a failed file carries it.
type Class string

// The classes.
const (
	UnknownFormat Class = "unknown_format" // no picture at all, by its first bytes
	Unsupported   Class = "unsupported"    // a known format or feature that is not decoded here
	Truncated     Class = "truncated"      // the file ends before the picture does
	Corrupt       Class = "corrupt"        // the bytes contradict the format
	TooLarge      Class = "too_large"      // over a limit of pixels, bytes or memory
	Timeout       Class = "timeout"        // the context's deadline passed
	IO            Class = "io"             // the file could not be read
	Internal      Class = "internal"       // a bug here, caught before it could end the process
)

// Error is a failure of one picture. Message is for people and names no file: the caller knows its name.
type Error struct {
	Class   Class
	Message string
	Err     error // the cause, where another package reported it
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

func errorf(class Class, format string, args ...any) *Error {
	return &Error{Class: class, Message: fmt.Sprintf(format, args...)}
}

// The limits that a caller of this package sets, as causes of errors that are TooLarge.
var (
	ErrPixels = errors.New("over the limit of pixels")        // Limits.MaxPixels
	ErrMemory = errors.New("over the budget of the decoders") // Budget
)

// ForeignError is the cause of the error for a format that is recognized and not decoded.
type ForeignError Format

func (e ForeignError) Error() string { return "a picture in " + string(e) }

// over is a picture that is over one of the limits.
func over(limit error, format string, args ...any) *Error {
	return &Error{Class: TooLarge, Message: fmt.Sprintf(format, args...), Err: limit}
}

// ClassOf is the class of any error that came out of this package, wrapped or not.
func ClassOf(err error) Class {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Class
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	}
	return IO
}

// classify gives the error of a library's decoder its class. size is the file's length in bytes.
func classify(err error, format Format, size int64) error {
	var e *Error
	switch {
	case err == nil || errors.As(err, &e) || errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return timeout(err)
	case isEOF(err):
		return &Error{Truncated, fmt.Sprintf("truncated %s (%s bytes)", format, number.Thousands(size)), err}
	}
	_, inJPEG := errors.AsType[jpeg.UnsupportedError](err)
	_, inTIFF := errors.AsType[tiff.UnsupportedError](err)
	if inJPEG || inTIFF {
		return &Error{Unsupported, fmt.Sprintf("unsupported %s: %v", format, err), err}
	}
	return &Error{Corrupt, fmt.Sprintf("corrupt %s: %v", format, err), err}
}

// isEOF reports an end of file, expected or not.
func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

func timeout(err error) *Error {
	return &Error{Timeout, "decoding took longer than allowed", err}
}

// checkContext is nil while ctx lives, the classed error afterwards.
func checkContext(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return timeout(err)
	}
	return err
}

// recoverInternal makes an error of a panic in a decoder, with a hash of the stack that tells one bug from another.
func recoverInternal(err *error) {
	if r := recover(); r != nil {
		h := fnv.New32a()
		h.Write(debug.Stack())
		*err = errorf(Internal, "internal error: %v (stack %08x)", r, h.Sum32())
	}
}
