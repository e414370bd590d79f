package tiff

import "fmt"

// UnsupportedError names a valid feature of TIFF that is not decoded.
type UnsupportedError string

func (e UnsupportedError) Error() string { return string(e) }

// FormatError says how the bytes contradict the format.
type FormatError string

func (e FormatError) Error() string { return string(e) }

func unsupported(format string, args ...any) error {
	return UnsupportedError(fmt.Sprintf(format, args...) + "; convert to PNG")
}

func corrupt(format string, args ...any) error { return FormatError(fmt.Sprintf(format, args...)) }
