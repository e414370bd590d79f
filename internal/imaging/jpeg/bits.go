package jpeg

import (
	"encoding/binary"
	"io"
)

// bitReader reads bits of entropy-coded data, up to a marker, and the markers themselves.
type bitReader struct {
	data []byte
	pos  int // of the next byte that is neither in acc nor consumed
	// acc holds bits, the next one highest. Below the n valid ones there may be bits of the bytes at pos: they are put
	// there again by the next fill.
	acc uint64
	// n is the number of bits in acc; negative once zeros were read that the file does not have.
	n int
	// marker is one that was met and not yet processed; nothing is read past it. 0: none.
	marker byte
	// whole: the data ends with the picture, and its end stands for the marker that says so.
	whole bool
}

// fill tops acc up to at least 56 bits, with zeros where a marker or the end of the data stops it.
func (b *bitReader) fill() {
	if b.marker == 0 && b.pos+8 <= len(b.data) {
		x := binary.BigEndian.Uint64(b.data[b.pos:])
		if !hasFF(x) {
			b.acc |= x >> uint(b.n)
			bytes := (63 - b.n) >> 3
			b.pos += bytes
			b.n += 8 * bytes
			return
		}
	}
	b.fillSlow()
}

// refill is fill for a loop that keeps acc and n in registers.
func (b *bitReader) refill(acc uint64, n int) (uint64, int) {
	b.acc, b.n = acc, n
	b.fill()
	return b.acc, b.n
}

// hasFF reports whether one of the eight bytes is FF: whether one of their complements is zero.
func hasFF(x uint64) bool {
	x = ^x
	return (x-0x0101010101010101)&^x&0x8080808080808080 != 0
}

// fillSlow takes bytes one at a time: FF 00 is a byte of FF, FF and anything else a marker.
func (b *bitReader) fillSlow() {
	if b.n < 0 {
		return
	}
	b.acc &= ^uint64(0) << uint(64-b.n) // a shift by 64 gives 0
	for b.n <= 56 && b.marker == 0 && b.pos < len(b.data) {
		c := b.data[b.pos]
		b.pos++
		if c == 0xFF {
			for c == 0xFF {
				if b.pos == len(b.data) {
					return
				}
				c = b.data[b.pos]
				b.pos++
			}
			if c != 0 {
				b.marker = c
				return
			}
			c = 0xFF
		}
		b.acc |= uint64(c) << uint(56-b.n)
		b.n += 8
	}
}

// reset throws away the bits that are left in acc.
func (b *bitReader) reset() { b.acc, b.n = 0, 0 }

// overrun repairs the count once more bits were read than the segment has (n < 0). Past a marker that is broken data,
// which decodes as zeros; where the file ends it is an error.
func (b *bitReader) overrun() error {
	b.reset()
	if b.marker == 0 {
		return b.atEnd()
	}
	return nil
}

// bit reads one bit.
func (b *bitReader) bit() bool {
	if b.n < 1 {
		b.fill()
	}
	one := b.acc>>63 != 0
	b.acc <<= 1
	b.n--
	return one
}

// take reads n bits, 0 < n ≤ 16, as a number.
func (b *bitReader) take(n int) int {
	if b.n < n {
		b.fill()
	}
	v := int(b.acc >> uint(64-n))
	b.acc <<= uint(n)
	b.n -= n
	return v
}

// nextMarker finds the next marker, past any junk, unless one was met already.
func (b *bitReader) nextMarker() error {
	if b.marker != 0 {
		return nil
	}
	for ff := false; b.pos < len(b.data); {
		c := b.data[b.pos]
		b.pos++
		if ff && c != 0 && c != 0xFF {
			b.marker = c
			return nil
		}
		ff = c == 0xFF
	}
	return b.atEnd()
}

func (b *bitReader) atEnd() error {
	if !b.whole {
		return io.ErrUnexpectedEOF
	}
	b.marker = markerEOI
	return nil
}
