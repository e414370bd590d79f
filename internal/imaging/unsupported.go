package imaging

import (
	"errors"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"resnet/internal/imaging/jpeg"
)

// isUnsupported tells a library's "I do not do that" from "this file is broken".
func isUnsupported(err error) bool {
	var (
		ofJPEG jpeg.UnsupportedError
		ofPNG  png.UnsupportedError
		ofTIFF tiff.UnsupportedError
	)
	return errors.As(err, &ofJPEG) || errors.As(err, &ofPNG) || errors.As(err, &ofTIFF) || errors.Is(err, bmp.ErrUnsupported)
}
