package tiff

import (
	"io"
	"math/bits"
)

// faxBits reads the bits of a fax, the highest of a byte first, or the lowest where bytes are reversed.
type faxBits struct {
	data     []byte
	at       int
	reversed bool
	acc      uint32 // the lowest n bits of it count
	n        int
}

func (b *faxBits) begin(data []byte) { *b = faxBits{data: data, reversed: b.reversed} }

// peek is the next n bits, at most 16. Bits that are there where fewer than n are left are followed by zeros; with none
// left it fails.
func (b *faxBits) peek(n int) (v uint32, ok bool) {
	for b.n < n {
		if b.at == len(b.data) {
			if b.n == 0 {
				return 0, false
			}
			b.acc <<= n - b.n
			b.n = n
			break
		}
		next := b.data[b.at]
		if b.reversed {
			next = bits.Reverse8(next)
		}
		b.acc = b.acc<<8 | uint32(next)
		b.at++
		b.n += 8
	}
	return b.acc >> (b.n - n) & (1<<n - 1), true
}

// skip takes n bits that peek has seen.
func (b *faxBits) skip(n int) { b.n -= n }

// align goes on to where a byte begins (n = 8) or a word of two (16). Of words it forgets bytes that peek has read ahead,
// as libtiff does.
func (b *faxBits) align(n int) {
	if n == 0 {
		return
	}
	if b.n -= b.n % n; n == 16 && b.n == 0 && b.at%2 == 1 && b.at < len(b.data) {
		b.at++
	}
}

// code takes the next code of a table for so many bits. Bits that are no code stay.
func (b *faxBits) code(table []faxCode, bits int) (faxCode, error) {
	v, ok := b.peek(bits)
	if !ok {
		return faxCode{}, io.ErrUnexpectedEOF
	}
	code := table[v]
	b.skip(int(code.length))
	return code, nil
}
