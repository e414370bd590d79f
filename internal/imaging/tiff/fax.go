package tiff

import (
	"context"
	"io"
)

// faxReader decodes the rows of a strip or tile of CCITT's Group 3 (T.4, in one or two dimensions) or Group 4 (T.6) as
// libtiff does: a bad code ends its row, what is missing of a row is white, and decoding goes on.
type faxReader struct {
	bits           faxBits
	width          int
	group4         bool
	twoDimensional bool // Group 3: a bit says of each row which way it is coded
	align          int  // rows begin at so many bits, without ends of lines; 0 with them
	withoutEOL     bool // no end of line was found where one was due: there are none
	sawEOL         bool // the zeros of an end of line were read with the row before
	ended          bool // Group 4: what follows is white
	begun          bool

	// Lengths of runs, white first: of the row and of the one above it. Behind the n runs of a row stand older ones, and
	// broken data makes use of them.
	runs, above []int
	n           int

	position int // a0: where the next run begins, in pixels
	part     int // what is known of the length of the run before that
	change   int // b1: where the colour changes above
	next     int // index of the run above that begins there
}

func (t *File) isFax() bool {
	return t.compression == fax || t.compression == faxWords || t.compression == group3 || t.compression == group4
}

// newFax has room for as many runs as libtiff has.
func (t *File) newFax() *faxReader {
	f := &faxReader{width: t.tileWidth, bits: faxBits{reversed: t.samples.reversed}}
	n := (f.width + 1 + 31) &^ 31
	switch t.compression {
	case fax:
		f.align, f.withoutEOL = 8, true
	case faxWords:
		f.align, f.withoutEOL = 16, true
	case group3:
		f.twoDimensional = t.number(tagT4Options, 0)&1 != 0
	case group4:
		f.group4 = true
	}
	if f.group4 || f.twoDimensional {
		n *= 2
	}
	f.runs, f.above = make([]int, n), make([]int, n)
	return f
}

// faxMemory is what newFax allocates at most, in bytes.
func faxMemory(width int) int64 { return 2 * 2 * 8 * (int64(width) + 32) }

// reset begins another strip or tile.
func (f *faxReader) reset(data []byte, _ int) error {
	f.bits.begin(data)
	f.sawEOL, f.ended, f.begun = false, false, false
	f.above[0], f.above[1] = f.width, 0
	return nil
}

func (f *faxReader) end() error { return nil }

// readRow decodes a row of bits, 1 for black.
func (f *faxReader) readRow(_ context.Context, dst []byte) error {
	clear(dst)
	if f.ended {
		return nil
	}
	f.position, f.part, f.n = 0, 0, 0
	oneDimensional, err := f.beginRow()
	if err != nil {
		return err
	}
	if oneDimensional {
		err = f.expand1D()
	} else {
		f.change, f.next = f.above[0], 1
		err = f.expand2D()
	}
	if f.group4 && (err == io.ErrUnexpectedEOF || err == nil && f.sawEOL) {
		if !f.begun {
			return io.ErrUnexpectedEOF
		}
		f.ended, err = true, nil // the row is kept as far as it came
	}
	if err != nil {
		return err
	}
	f.fill(dst)
	f.begun = true
	f.bits.align(f.align)
	if f.group4 || f.twoDimensional {
		if f.n < len(f.runs) {
			f.runs[f.n] = 0 // where a change is looked for behind the row
		}
		f.runs, f.above = f.above, f.runs
	}
	return nil
}

// beginRow finds out how the row is coded.
func (f *faxReader) beginRow() (oneDimensional bool, err error) {
	if f.group4 {
		return false, nil
	}
	if !f.withoutEOL && !f.skipEOL() {
		f.withoutEOL = true // as libtiff does, from the beginning of the data
		f.bits.begin(f.bits.data)
	}
	if !f.twoDimensional {
		return true, nil
	}
	tag, ok := f.bits.peek(1)
	if !ok {
		return false, io.ErrUnexpectedEOF
	}
	f.bits.skip(1)
	return tag == 1, nil
}

// skipEOL looks for an end of line: eleven zeros, any fill bits, and a 1.
func (f *faxReader) skipEOL() bool {
	for !f.sawEOL {
		v, ok := f.bits.peek(11)
		if !ok {
			return false
		}
		if v == 0 {
			break
		}
		f.bits.skip(1)
	}
	for {
		v, ok := f.bits.peek(8)
		if !ok {
			return false
		}
		if v != 0 {
			break
		}
		f.bits.skip(8)
	}
	for {
		v, _ := f.bits.peek(1)
		f.bits.skip(1)
		if v == 1 {
			f.sawEOL = false
			return true
		}
	}
}

// expand1D reads runs of white and black in turns.
func (f *faxReader) expand1D() error {
	for black := false; ; black = !black {
		kind, err := f.readRun(black)
		if err != nil {
			return f.endRow(err)
		}
		if kind == endOfLine {
			f.sawEOL = true
		}
		if kind != runEnd || f.position >= f.width {
			return f.endRow(nil)
		}
		if black && f.runs[f.n-1] == 0 && f.runs[f.n-2] == 0 {
			f.n -= 2
		}
	}
}

// readRun adds up the codes of a run; the result is the kind of the last one, runEnd if all is well.
func (f *faxReader) readRun(black bool) (faxKind, error) {
	table, bits := whiteCodes, whiteBits
	if black {
		table, bits = blackCodes, blackBits
	}
	for {
		code, err := f.bits.code(table, bits)
		if err != nil {
			return noCode, err
		}
		switch code.kind {
		case runPart:
			f.position += int(code.value)
			f.part += int(code.value)
		case runEnd:
			return runEnd, f.setRun(int(code.value))
		default:
			return code.kind, nil
		}
	}
}

// expand2D reads the changes of colour, most of them by their distance from one above.
func (f *faxReader) expand2D() error {
	for f.position < f.width {
		code, err := f.bits.code(modeCodes, modeBits)
		if err == nil {
			err = f.room()
		}
		if err != nil {
			return f.endRow(err)
		}
		switch code.kind {
		case passMode:
			err = f.pass()
		case horizontalMode:
			kind := runEnd
			for i := 0; i < 2 && kind == runEnd && err == nil; i++ {
				kind, err = f.readRun(f.n&1 == 1)
			}
			if err == nil && kind != runEnd {
				return f.endRow(nil)
			}
			if err == nil {
				err = f.findChange()
			}
		case verticalMode:
			var ok bool
			if ok, err = f.vertical(int(code.value)); err == nil && !ok {
				return f.endRow(nil)
			}
		case endOfLine:
			f.runs[f.n] = f.width - f.position
			f.n++
			if _, ok := f.bits.peek(4); !ok {
				return f.endRow(io.ErrUnexpectedEOF)
			}
			f.bits.skip(4)
			f.sawEOL = true
			return f.endRow(nil)
		case extension:
			f.runs[f.n] = f.width - f.position
			f.n++
			return f.endRow(nil)
		default:
			return f.endRow(nil)
		}
		if err != nil {
			return f.endRow(err)
		}
	}
	if f.part == 0 {
		return f.endRow(nil)
	}
	if f.part+f.position < f.width { // a vertical code of no distance is expected
		v, ok := f.bits.peek(1)
		if !ok {
			return f.endRow(io.ErrUnexpectedEOF)
		}
		if v == 0 {
			return f.endRow(nil)
		}
		f.bits.skip(1)
	}
	if err := f.setRun(0); err != nil {
		return err
	}
	return f.endRow(nil)
}
