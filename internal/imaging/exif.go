package imaging

import (
	"bytes"
	"regexp"

	"resnet/internal/imaging/tiff"
)

// exifOrientation reads the orientation from a block of EXIF with or without its mark; 0 where there is none or the block
// makes no sense.
func exifOrientation(block []byte) int {
	for bytes.HasPrefix(block, []byte("Exif\x00\x00")) {
		block = block[6:]
	}
	return tiff.Orientation(block)
}

var xmpPattern = regexp.MustCompile(`tiff:Orientation(?:="|>)([0-9])`)

// xmpOrientation is what Pillow falls back on where EXIF has no orientation.
func xmpOrientation(xmp []byte) int {
	if m := xmpPattern.FindSubmatch(xmp); m != nil && m[1][0] <= '8' {
		return int(m[1][0] - '0')
	}
	return 0
}
