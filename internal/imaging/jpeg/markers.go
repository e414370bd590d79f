package jpeg

import (
	"encoding/binary"
	"fmt"
	"io"
)

// The markers that are told apart (T.81, table B.1).
const (
	markerTEM   = 0x01
	markerSOF0  = 0xC0
	markerSOF1  = 0xC1
	markerSOF2  = 0xC2
	markerDHT   = 0xC4
	markerJPG   = 0xC8
	markerSOF9  = 0xC9
	markerSOF10 = 0xCA
	markerDAC   = 0xCC
	markerSOF15 = 0xCF
	markerRST0  = 0xD0
	markerRST7  = 0xD7
	markerSOI   = 0xD8
	markerEOI   = 0xD9
	markerSOS   = 0xDA
	markerDQT   = 0xDB
	markerDNL   = 0xDC
	markerDRI   = 0xDD
	markerAPP0  = 0xE0
	markerAPP14 = 0xEE
	markerAPP15 = 0xEF
	markerCOM   = 0xFE
)

// readMarkers processes segments up to a start of scan or the end of the image, and says which.
func (d *Decoder) readMarkers() (byte, error) {
	for {
		if err := d.bits.nextMarker(); err != nil {
			return 0, err
		}
		marker := d.bits.marker
		d.bits.marker = 0
		if marker == markerEOI {
			return marker, nil
		}
		if marker == markerTEM || marker >= markerRST0 && marker <= markerRST7 {
			continue
		}
		if err := d.segment(marker); err != nil {
			return 0, err
		}
		if marker == markerSOS {
			return marker, nil
		}
	}
}

// segment processes the segment of a marker. Lengths are held against what a segment is made of, as libjpeg does.
func (d *Decoder) segment(marker byte) error {
	switch {
	case marker == markerSOF0 || marker == markerSOF1 || marker == markerSOF2:
		return d.readFrame(marker)
	case marker == markerDHT:
		return d.readHuffman()
	case marker == markerSOF9 || marker == markerSOF10 || marker == markerDAC:
		return UnsupportedError("arithmetic coding")
	case marker == markerJPG:
		return UnsupportedError("a JPG extension")
	case marker > markerSOF2 && marker <= markerSOF15:
		return UnsupportedError(fmt.Sprintf("lossless or hierarchical coding (marker FF%02X)", marker))
	case marker == markerSOI:
		return FormatError("a second start of image")
	case marker == markerSOS:
		return d.readScan()
	case marker == markerDQT:
		return d.readQuant()
	case marker == markerDRI:
		return d.readRestartInterval()
	case marker >= markerAPP0 && marker <= markerAPP15, marker == markerCOM, marker == markerDNL:
		return d.readApplication(marker)
	}
	return FormatError(fmt.Sprintf("unknown marker FF%02X", marker))
}

// bytes takes the next n bytes.
func (d *Decoder) bytes(n int) ([]byte, error) {
	b := &d.bits
	if n > len(b.data)-b.pos {
		return nil, io.ErrUnexpectedEOF
	}
	b.pos += n
	return b.data[b.pos-n : b.pos], nil
}

// length reads the length of a segment, less its own two bytes; it may be negative.
func (d *Decoder) length() (int, error) {
	b, err := d.bytes(2)
	if err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint16(b)) - 2, nil
}

func errLength(name string) error {
	return FormatError("the length of a " + name + " segment is wrong")
}

func (d *Decoder) readFrame(marker byte) error {
	n, err := d.length()
	if err != nil {
		return err
	}
	b, err := d.bytes(6)
	if err != nil {
		return err
	}
	d.progressive = marker == markerSOF2
	precision, components := b[0], int(b[5])
	d.height, d.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	switch {
	case d.components != nil:
		return FormatError("a second frame")
	case d.height == 0 || d.width == 0 || components == 0:
		return FormatError(fmt.Sprintf("%d×%d pixels of %d components", d.width, d.height, components))
	case n != 6+3*components:
		return errLength("frame")
	case precision != 8:
		return UnsupportedError(fmt.Sprintf("%d bits a sample", precision))
	case components > maxComponents || components == 2 && !d.abbreviated:
		return UnsupportedError(fmt.Sprintf("%d components", components))
	case d.width > maxDimension || d.height > maxDimension:
		return UnsupportedError(fmt.Sprintf("%d×%d pixels: no side may be longer than %d", d.width, d.height, maxDimension))
	}
	if b, err = d.bytes(3 * components); err != nil {
		return err
	}
	d.components = make([]component, components)
	for i := range d.components {
		s := b[3*i:]
		d.components[i] = component{id: s[0], h: int(s[1] >> 4), v: int(s[1] & 15), quantIndex: s[2]}
	}
	return nil
}

func (d *Decoder) readQuant() error {
	n, err := d.length()
	if err != nil {
		return err
	}
	for n > 0 {
		head, err := d.bytes(1)
		if err != nil {
			return err
		}
		size := 1 // of an entry, in bytes
		if head[0]>>4 != 0 {
			size = 2
		}
		index := head[0] & 15
		if index > 3 {
			return FormatError("a quantisation table beyond the fourth")
		}
		b, err := d.bytes(64 * size)
		if err != nil {
			return err
		}
		table := new([64]uint16)
		for i := range table {
			v := uint16(b[i*size])
			if size == 2 {
				v = binary.BigEndian.Uint16(b[2*i:])
			}
			table[natural[i]] = v
		}
		d.quant[index] = table
		n -= 1 + 64*size
	}
	if n != 0 {
		return errLength("quantisation table")
	}
	return nil
}

func (d *Decoder) readHuffman() error {
	n, err := d.length()
	if err != nil {
		return err
	}
	for n > 16 {
		head, err := d.bytes(17)
		if err != nil {
			return err
		}
		n -= 17
		t := &huffmanTable{}
		copy(t.counts[1:], head[1:])
		total := 0
		for _, c := range t.counts {
			total += int(c)
		}
		if total > 256 || total > n {
			return FormatError("a Huffman table has too many codes")
		}
		symbols, err := d.bytes(total)
		if err != nil {
			return err
		}
		copy(t.symbols[:], symbols)
		n -= total
		class, index := head[0]>>4&1, head[0]&^0x10
		if index > 3 {
			return FormatError("a Huffman table beyond the fourth")
		}
		d.huffman[class][index] = t
	}
	if n != 0 {
		return errLength("Huffman table")
	}
	return nil
}

func (d *Decoder) readRestartInterval() error {
	n, err := d.length()
	if err != nil {
		return err
	}
	if n != 2 {
		return errLength("restart interval")
	}
	b, err := d.bytes(2)
	if err != nil {
		return err
	}
	d.restartInterval = int(binary.BigEndian.Uint16(b))
	return nil
}

// readApplication skips a segment, after a look at those that tell the colour space.
func (d *Decoder) readApplication(marker byte) error {
	n, err := d.length()
	if err != nil {
		return err
	}
	b, err := d.bytes(max(n, 0))
	if err != nil {
		return err
	}
	switch {
	case marker == markerAPP0 && n >= 14 && string(b[:5]) == "JFIF\x00":
		d.sawJFIF = true
	case marker == markerAPP14 && n >= 12 && string(b[:5]) == "Adobe":
		d.adobe = int(b[11])
	}
	return nil
}

// natural gives the position, row by row, of a coefficient by its index in the zigzag order. Broken data may run up to
// sixteen past the end: that lands on the last coefficient.
var natural = [128]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
}
