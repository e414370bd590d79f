package tiff

import (
	"context"
	"io"
	"math/bits"
)

// The codes of LZW that are no strings, and the sizes of its table. Libtiff's has room for more entries than codes of 12
// bits can name.
const (
	lzwClear   = 256
	lzwEnd     = 257
	lzwFirst   = 258
	lzwEntries = 1<<12 - 1 + 1024
	lzwMinBits = 9
	lzwMaxBits = 12
)

// lzw decodes TIFF's LZW, and that of old files, which has the lowest bits first and longer codes one code later.
type lzw struct {
	reversed bool // the file's bytes are

	data []byte
	at   int
	acc  uint64
	n    int // bits of acc
	old  bool

	prefix [lzwEntries]uint16
	length [lzwEntries]uint16
	first  [lzwEntries]byte // of the string
	last   [lzwEntries]byte
	free   int // the next entry; negative before the first clear code, and once the table is full
	width  int // of a code, in bits
	before int // the code before

	scratch [lzwEntries]byte
	rest    []byte // of the last string, which did not fit into a row
}

func newLZW(reversed bool) *lzw {
	l := &lzw{reversed: reversed}
	for i := range 256 {
		l.length[i], l.first[i], l.last[i] = 1, byte(i), byte(i)
	}
	return l
}

func (l *lzw) reset(data []byte, _ int) error {
	l.data, l.at, l.acc, l.n, l.rest = data, 0, 0, 0, nil
	l.free, l.width, l.before = -1, lzwMinBits, 0
	l.old = len(data) >= 2 && data[0] == 0 && l.byte(1)&1 != 0 // a clear code of nine bits, lowest first
	return nil
}

func (l *lzw) end() error { return nil }

// byte is one of the data.
func (l *lzw) byte(i int) byte {
	if l.reversed {
		return bits.Reverse8(l.data[i])
	}
	return l.data[i]
}

// code reads the next one; lzwEnd stands for the end of the data.
func (l *lzw) code() int {
	for l.n < l.width {
		if l.at == len(l.data) {
			return lzwEnd
		}
		next := uint64(l.byte(l.at))
		l.at++
		if l.old {
			l.acc |= next << l.n
		} else {
			l.acc = l.acc<<8 | next
		}
		l.n += 8
	}
	l.n -= l.width
	if !l.old {
		return int(l.acc>>l.n) & (1<<l.width - 1)
	}
	code := int(l.acc) & (1<<l.width - 1)
	l.acc >>= l.width
	return code
}

func (l *lzw) readRow(_ context.Context, line []byte) error {
	n := copy(line, l.rest)
	l.rest = l.rest[n:]
	for line = line[n:]; len(line) > 0; {
		code, err := l.next()
		if err != nil {
			return err
		}
		length := int(l.length[code])
		if length <= len(line) {
			l.expand(line[:length], code)
			line = line[length:]
			continue
		}
		l.rest = l.scratch[:length]
		l.expand(l.rest, code)
		l.rest = l.rest[copy(line, l.rest):]
		return nil
	}
	return nil
}

// expand writes the string of a code, which is as long as dst.
func (l *lzw) expand(dst []byte, code int) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = l.last[code]
		code = int(l.prefix[code])
	}
}

// next reads the next code of a string, and adds to the table.
func (l *lzw) next() (int, error) {
	code := l.code()
	if code == lzwClear {
		l.free, l.width = lzwFirst, lzwMinBits
		for code == lzwClear {
			code = l.code()
		}
		if code > lzwEnd {
			return 0, FormatError("LZW begins with a code that is not in the table")
		}
	} else if code != lzwEnd {
		if err := l.add(code); err != nil {
			return 0, err
		}
	}
	if code == lzwEnd {
		return 0, io.ErrUnexpectedEOF
	}
	l.before = code
	return code, nil
}

// add enters the string of the code before and the first byte of this one.
func (l *lzw) add(code int) error {
	if l.free < 0 || l.free >= lzwEntries || code > l.free {
		return FormatError("an LZW code is not in the table")
	}
	l.prefix[l.free] = uint16(l.before)
	l.length[l.free] = l.length[l.before] + 1
	l.first[l.free] = l.first[l.before]
	l.last[l.free] = l.first[code] // which is the new one's where it is named at once
	l.free++
	most := 1<<l.width - 2
	if l.old {
		most++
	}
	if l.free > most {
		l.width = min(l.width+1, lzwMaxBits)
		if !l.old && l.free >= lzwEntries {
			l.free = -1
		}
	}
	return nil
}
