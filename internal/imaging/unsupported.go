package imaging

import (
	"errors"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"resnet/internal/imaging/jpeg"
)

// isUnsupported tells a library's "I do not do that" from "this file is broken".
func isUnsupported(err error) bool {
	var (
		ofJPEG  jpeg.UnsupportedError
		ofTIFF  tiff.UnsupportedError
		badTIFF tiff.FormatError
	)
	return errors.As(err, &ofJPEG) || errors.As(err, &ofTIFF) || errors.Is(err, bmp.ErrUnsupported) ||
		errors.As(err, &badTIFF) && strings.HasPrefix(string(badTIFF), "wrong number of samples")
}
