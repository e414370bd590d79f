package jpeg

// lookBits is the width of the lookup tables: most codes, and many coefficients together with theirs, are no longer.
const lookBits = 10

// huffmanTable decodes the codes of one DHT table.
type huffmanTable struct {
	counts  [17]uint8 // of codes, by length
	symbols [256]uint8
	derived bool

	// look gives, by the next lookBits bits, length<<8 | symbol; 0 where the code is longer.
	look [1 << lookBits]uint16
	// pairs gives an AC code and the coefficient behind it at once, where both fit into lookBits bits:
	// value<<16 | run<<8 | bits; 0 elsewhere.
	pairs [1 << lookBits]int32

	maxCode [18]int32 // by length, -1 where there is none; the last entry ends the search
	offset  [18]int32 // symbol index of a code of that length, less the code
}

// derive checks the code and builds the tables for it.
func (t *huffmanTable) derive(dc bool) error {
	if dc {
		n := 0
		for _, c := range t.counts {
			n += int(c)
		}
		for _, s := range t.symbols[:n] {
			if s > 15 {
				return FormatError("a DC code stands for more than 15 bits")
			}
		}
	}
	if t.derived {
		return nil
	}
	t.look = [1 << lookBits]uint16{}
	code, index := int32(0), int32(0)
	for length := 1; length <= 16; length++ {
		n := int32(t.counts[length])
		t.maxCode[length] = -1
		if n > 0 {
			t.offset[length] = index - code
			for range n {
				t.enter(code, length, t.symbols[index])
				code++
				index++
			}
			t.maxCode[length] = code - 1
			if code > 1<<length-1 {
				return FormatError("the Huffman code is overfull") // no code may be all ones
			}
		}
		code <<= 1
	}
	t.maxCode[17] = 1 << 20
	t.derivePairs()
	t.derived = true
	return nil
}

// enter fills look for all that a short code may be followed by.
func (t *huffmanTable) enter(code int32, length int, symbol byte) {
	if length > lookBits || code >= 1<<length {
		return
	}
	free := lookBits - length
	first := int(code) << free
	for i := first; i < first+1<<free; i++ {
		t.look[i] = uint16(length)<<8 | uint16(symbol)
	}
}

func (t *huffmanTable) derivePairs() {
	for i, e := range t.look {
		t.pairs[i] = 0
		length, run, size := int(e>>8), int32(e>>4&15), int(e&15)
		if length == 0 || size == 0 || length+size > lookBits {
			continue
		}
		bits := i >> (lookBits - length - size) & (1<<size - 1)
		t.pairs[i] = int32(extend(bits, size))<<16 | run<<8 | int32(length+size)
	}
}

// extend gives size bits their sign (T.81, figure F.12).
func extend(bits, size int) int {
	if bits < 1<<(size-1) {
		return bits - 1<<size + 1
	}
	return bits
}

// decode reads one symbol. A code that the table does not have takes 17 bits and is read as 0, as in libjpeg.
func (t *huffmanTable) decode(b *bitReader) int {
	if b.n < 32 {
		b.fill()
	}
	symbol, length := t.lookUp(b.acc)
	b.acc <<= length
	b.n -= int(length)
	return int(symbol)
}

// lookUp finds the code at the top of acc.
func (t *huffmanTable) lookUp(acc uint64) (symbol, length uint) {
	if e := t.look[acc>>(64-lookBits)]; e != 0 {
		return uint(e & 0xFF), uint(e >> 8)
	}
	return t.lookUpLong(acc)
}

// lookUpLong finds a code of more than lookBits bits.
func (t *huffmanTable) lookUpLong(acc uint64) (symbol, length uint) {
	length = lookBits + 1
	for int32(acc>>(64-length)) > t.maxCode[length] {
		length++
	}
	if length > 16 {
		return 0, 17
	}
	return uint(t.symbols[(int32(acc>>(64-length))+t.offset[length])&0xFF]), length
}
