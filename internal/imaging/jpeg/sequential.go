package jpeg

// decodeBlock reads a block of a sequential scan into coefficients, times the quantisation table; where AC is 0 they stay
// as they were. The result has a bit set for each coefficient that is not zero.
func decodeBlock(b *bitReader, dc, ac *huffmanTable, dequant *[64]int16, pred *int32, coefficients *block) (nonzero uint64) {
	if size := dc.decode(b); size > 0 {
		*pred += int32(extend(b.take(size), size))
	}
	v := int16(*pred)
	coefficients[0] = v * dequant[0] // also where it is 0: a second scan replaces what the first one left
	if v != 0 {
		nonzero = 1
	}
	acc, n := b.acc, b.n
	for k := uint(1); k < 64; k++ {
		if n < 32 {
			acc, n = b.refill(acc, n)
		}
		if pair := ac.pairs[acc>>(64-lookBits)]; pair != 0 {
			acc <<= uint(pair) & 63
			n -= int(pair & 63)
			k += uint(pair) >> 8 & 15
			at := natural[k&127] & 63
			coefficients[at] = int16(pair>>16) * dequant[at]
			nonzero |= 1 << at
			continue
		}
		symbol, length := ac.lookUp(acc)
		acc <<= length & 63
		n -= int(length)
		run, size := symbol>>4, symbol&15
		if size == 0 {
			if run != 15 {
				break // end of block
			}
			k += 15
			continue
		}
		k += run
		bits := int(acc >> (64 - size&63))
		acc <<= size & 63
		n -= int(size)
		at := natural[k&127] & 63
		coefficients[at] = int16(extend(bits, int(size))) * dequant[at]
		nonzero |= 1 << at
	}
	b.acc, b.n = acc, n
	return nonzero
}

// visitSingle decodes a block of a file with one scan and transforms it at once where it is wanted.
func visitSingle(d *Decoder, b *mcuBlock, y, x int, ok bool) {
	nonzero := uint64(0)
	if ok {
		nonzero = decodeBlock(&d.bits, b.dc, b.ac, &b.c.dequant, &d.scan.pred[b.slot], &d.block)
	}
	if d.rowWanted && x >= b.c.firstBlock && x <= b.c.lastBlock {
		b.c.transform(&d.block, nonzero, y, x)
	}
	if nonzero != 0 {
		d.block = block{}
	}
}

var onesTable = func() (t [64]int16) {
	for i := range t {
		t[i] = 1
	}
	return t
}()

// visitSequential decodes a block of one of several sequential scans.
func visitSequential(d *Decoder, b *mcuBlock, y, x int, ok bool) {
	if ok {
		decodeBlock(&d.bits, b.dc, b.ac, &onesTable, &d.scan.pred[b.slot], b.c.block(y, x))
	}
}
