package draw

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// Every picture says who has made it, so that it may be made again in its place: see IsOurs.
const (
	maker   = "resnet"
	svgMark = "<!-- drawn by " + maker + " -->"
	pdfMark = "/Creator (" + maker + ")"
)

// pngMark is a chunk of text as PNG (third edition, section 11.3.3) has it for the software that made a picture.
var pngMark = func() []byte {
	text := "Software\x00" + maker
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	chunk = append(chunk, "tEXt"+text...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}()

// withPNGMark puts the mark behind the header, which has 33 bytes with the signature.
func withPNGMark(picture []byte) []byte { return slices.Insert(picture, 33, pngMark...) }

// IsOurs tells whether a file is an SVG, PNG or PDF that this program has drawn.
func IsOurs(file []byte) bool {
	head := file[:min(len(file), 1024)]
	switch {
	case bytes.HasPrefix(head, []byte("<svg ")):
		return bytes.Contains(head, []byte(svgMark))
	case bytes.HasPrefix(head, []byte("\x89PNG")):
		return bytes.Contains(head, pngMark)
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return bytes.Contains(file, []byte(pdfMark))
	}
	return false
}
