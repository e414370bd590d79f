package imaging

import (
	"bytes"
	"encoding/binary"
	"regexp"
)

const orientationTag = 0x0112

// exifOrientation reads the orientation from a block of EXIF; 0 where there is none or the block makes no sense.
func exifOrientation(block []byte) int {
	for bytes.HasPrefix(block, []byte("Exif\x00\x00")) {
		block = block[6:]
	}
	return tiffOrientation(bytesSource(block))
}

// tiffOrientation looks for the tag in the first directory of a TIFF, which a block of EXIF is too.
func tiffOrientation(s source) int {
	orientation := 0
	walkTIFF(s, func(order binary.ByteOrder, entry []byte) {
		if order.Uint16(entry) != orientationTag || order.Uint32(entry[4:]) != 1 {
			return
		}
		switch order.Uint16(entry[2:]) {
		case 3: // SHORT
			orientation = int(order.Uint16(entry[8:]))
		case 4: // LONG
			orientation = int(order.Uint32(entry[8:]))
		}
	})
	if orientation > 8 {
		return 0
	}
	return orientation
}

// walkTIFF calls visit with each entry (12 bytes) of the first directory, as far as there is one.
func walkTIFF(s source, visit func(order binary.ByteOrder, entry []byte)) {
	head, err := s.read(0, 8)
	if err != nil {
		return
	}
	var order binary.ByteOrder
	switch string(head[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
		order = binary.BigEndian
	default:
		return
	}
	offset := int64(order.Uint32(head[4:]))
	count, err := s.read(offset, 2)
	if err != nil {
		return
	}
	for i := range int(order.Uint16(count)) {
		entry, err := s.read(offset+2+12*int64(i), 12)
		if err != nil {
			return
		}
		visit(order, entry)
	}
}

var xmpPattern = regexp.MustCompile(`tiff:Orientation(?:="|>)([0-9])`)

// xmpOrientation is what Pillow falls back on where EXIF has no orientation.
func xmpOrientation(xmp []byte) int {
	if m := xmpPattern.FindSubmatch(xmp); m != nil && m[1][0] <= '8' {
		return int(m[1][0] - '0')
	}
	return 0
}
