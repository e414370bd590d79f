package imaging

import "io"

const gifCodes = 1 << 12 // of at most 12 bits

// gifLZW decodes the sub-blocks of a frame as Pillow does: data may begin without a clear code, an empty block before the
// last pixel does not matter, and once the table is full it stays as it is. The code size may be anything from 0 to 12.
type gifLZW struct {
	data  []byte // from the first block on, less what was read
	size  int    // of all of it
	block int    // bytes that are left of the current one
	acc   uint32
	n     int // bits of acc

	bits  int // of a pixel
	width int // of a code
	next  int // the next entry of the table
	fresh bool
	link  [gifCodes]uint16 // the string without its last byte
	last  [gifCodes]byte

	before int  // the code before
	first  byte // of its string

	buffer [gifCodes]byte
	rest   []byte // of a string that did not fit into a row
}

func newGIFLZW(bits int, data []byte) *gifLZW {
	l := &gifLZW{bits: bits, data: data, size: len(data)}
	l.clear()
	return l
}

func (l *gifLZW) clear() {
	l.next, l.width, l.fresh = 1<<l.bits+2, l.bits+1, true
}

// readRow fills the row.
func (l *gifLZW) readRow(row []byte) error {
	for {
		n := copy(row, l.rest)
		l.rest, row = l.rest[n:], row[n:]
		if len(row) == 0 {
			return nil
		}
		if err := l.decode(); err != nil {
			return err
		}
	}
}

// code reads the next one.
func (l *gifLZW) code() (int, error) {
	for l.n < l.width {
		if l.block == 0 {
			if len(l.data) == 0 || len(l.data) < 1+int(l.data[0]) {
				return 0, io.ErrUnexpectedEOF
			}
			l.block, l.data = int(l.data[0]), l.data[1:]
			continue
		}
		l.acc |= uint32(l.data[0]) << l.n
		l.n += 8
		l.data = l.data[1:]
		l.block--
	}
	code := int(l.acc) & (1<<l.width - 1)
	l.acc >>= l.width
	l.n -= l.width
	return code, nil
}

// gifPiece is what Pillow reads of a file at once, in bytes.
const gifPiece = 1 << 16

// ended is an error behind an end code, unless there is more of the file than Pillow has read for it: then it goes on.
func (l *gifLZW) ended() error {
	used := l.size - len(l.data) + l.block
	if read := (used + gifPiece - 1) / gifPiece * gifPiece; read < l.size {
		return nil
	}
	return io.ErrUnexpectedEOF
}

// decode reads a code and leaves its string in rest.
func (l *gifLZW) decode() error {
	clearCode := 1 << l.bits
	code, err := l.code()
	switch {
	case err != nil:
		return err
	case code == clearCode:
		l.clear()
		return nil
	case code == clearCode+1:
		return l.ended()
	case code > l.next || l.fresh && code > clearCode:
		return errGIFCode
	}
	at := len(l.buffer)
	if l.fresh {
		l.fresh, l.before, l.first = false, code, byte(code)
	} else {
		if at, err = l.expand(code); err != nil {
			return err
		}
		l.add()
		l.before = code
	}
	at--
	l.buffer[at] = l.first
	l.rest = l.buffer[at:]
	return nil
}

var errGIFCode = errorf(Corrupt, "corrupt GIF: an LZW code is not in the table")

// expand writes a string at the end of the buffer, but for its first byte; it returns where it begins.
func (l *gifLZW) expand(code int) (at int, err error) {
	at = len(l.buffer)
	if code == l.next {
		at--
		l.buffer[at] = l.first
		code = l.before
	}
	for code >= 1<<l.bits {
		if at == 1 || code >= gifCodes {
			return 0, errGIFCode
		}
		at--
		l.buffer[at] = l.last[code]
		code = int(l.link[code])
	}
	l.first = byte(code)
	return at, nil
}

// add enters the string before with the first byte of this one.
func (l *gifLZW) add() {
	if l.next >= gifCodes {
		return
	}
	l.last[l.next], l.link[l.next] = l.first, uint16(l.before)
	if l.next == 1<<l.width-1 && l.width < 12 {
		l.width++
	}
	l.next++
}
