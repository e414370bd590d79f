package imaging

import (
	"errors"

	"resnet/internal/imaging/jpeg"
)

// isUnsupported tells a library's "I do not do that" from "this file is broken".
func isUnsupported(err error) bool {
	var ofJPEG jpeg.UnsupportedError
	return errors.As(err, &ofJPEG)
}
