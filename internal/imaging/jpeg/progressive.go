package jpeg

import (
	"fmt"
	"slices"
)

// progress is what is known of each coefficient in a progressive file: by component and zigzag index, -1 where no scan
// had it, else the number of low bits that are missing.
type progress struct {
	bits, before [maxComponents][64]int8 // now, and before the component's latest scan
}

func newProgress() (p progress) {
	for i := range p.bits {
		for k := range p.bits[i] {
			p.bits[i][k] = -1
		}
	}
	return p
}

// startScan checks the parameters of a progressive scan (T.81, G.1.1.1) and notes what it will tell.
func (p *progress) startScan(d *Decoder) error {
	s := &d.scan
	bad := s.al > 13 || s.ah != 0 && s.al != s.ah-1
	if s.ss == 0 {
		bad = bad || s.se != 0
	} else {
		bad = bad || s.ss > s.se || s.se > 63 || len(s.components) != 1
	}
	if bad {
		return FormatError(fmt.Sprintf("bad parameters of a progressive scan: coefficients %d to %d, bits %d to %d", s.ss, s.se, s.ah, s.al))
	}
	for i := range d.components {
		if !s.has(&d.components[i]) {
			continue
		}
		for k := min(s.ss, 1); k <= max(s.se, smoothed); k++ {
			p.before[i][k] = 0
			if d.scans > 1 {
				p.before[i][k] = p.bits[i][k]
			}
		}
		for k := s.ss; k <= s.se; k++ {
			p.bits[i][k] = int8(s.al)
		}
	}
	return nil
}

func (s *scan) has(c *component) bool {
	return slices.Contains(s.components, c)
}

// visitDCFirst reads the high bits of a DC coefficient.
func visitDCFirst(d *Decoder, b *mcuBlock, y, x int, ok bool) {
	if !ok {
		return
	}
	pred := &d.scan.pred[b.slot]
	if size := b.dc.decode(&d.bits); size > 0 {
		*pred += int32(extend(d.bits.take(size), size))
	}
	b.c.block(y, x)[0] = int16(*pred << d.scan.al)
}

// visitDCRefine reads one more bit of a DC coefficient.
func visitDCRefine(d *Decoder, b *mcuBlock, y, x int, ok bool) {
	if ok && d.bits.bit() {
		b.c.block(y, x)[0] |= 1 << d.scan.al
	}
}

// visitACFirst reads the high bits of a band of AC coefficients.
func visitACFirst(d *Decoder, b *mcuBlock, y, x int, ok bool) {
	s := &d.scan
	if !ok {
		return
	}
	if s.eobRun > 0 {
		s.eobRun--
		return
	}
	coefficients, table := b.c.block(y, x), b.ac
	acc, n := d.bits.acc, d.bits.n
	for k := s.ss; k <= s.se; k++ {
		if n < 32 {
			acc, n = d.bits.refill(acc, n)
		}
		if pair := table.pairs[acc>>(64-lookBits)]; pair != 0 {
			acc <<= uint(pair) & 63
			n -= int(pair & 63)
			k += int(pair>>8) & 15
			coefficients[natural[k&127]&63] = int16(pair>>16) << s.al
			continue
		}
		symbol, length := table.lookUp(acc)
		acc <<= length & 63
		n -= int(length)
		run, size := symbol>>4, symbol&15
		if size == 0 && run != 15 {
			bits := acc >> (64 - run) // 0 where run is 0
			acc <<= run
			n -= int(run)
			s.eobRun = 1<<run + int(bits) - 1
			break
		}
		k += int(run)
		if size == 0 {
			continue
		}
		bits := int(acc >> (64 - size))
		acc <<= size
		n -= int(size)
		coefficients[natural[k&127]&63] = int16(extend(bits, int(size)) << s.al)
	}
	d.bits.acc, d.bits.n = acc, n
}

// visitACRefine reads one more bit of a band of AC coefficients: a correction for each that is not zero already, and
// which of the others become ±1 (T.81, G.1.2.3).
func visitACRefine(d *Decoder, b *mcuBlock, y, x int, ok bool) {
	s := &d.scan
	if !ok {
		return
	}
	coefficients, table := b.c.block(y, x), b.ac
	plus := int16(1) << s.al
	acc, n := d.bits.acc, d.bits.n
	for k := s.ss; k <= s.se; k++ {
		run, value := uint(64), int16(0) // zeros to pass before the value; more than there are, within a run of ends
		if s.eobRun == 0 {
			if n < 34 {
				acc, n = d.bits.refill(acc, n)
			}
			symbol, length := table.lookUp(acc)
			acc <<= length & 63
			n -= int(length)
			run = symbol >> 4
			switch {
			case symbol&15 != 0:
				value = -plus
				if int64(acc) < 0 {
					value = plus
				}
				acc <<= 1
				n--
			case run != 15:
				bits := acc >> (64 - run)
				acc <<= run
				n -= int(run)
				s.eobRun = 1<<run + int(bits)
				run = 64
			}
		}
		for ; k <= s.se; k++ {
			at := &coefficients[natural[k&127]&63]
			v := *at
			if v == 0 {
				if run == 0 {
					break
				}
				run--
				continue
			}
			if n < 1 {
				acc, n = d.bits.refill(acc, n)
			}
			if int64(acc) < 0 && v&plus == 0 { // the next bit is 1, and not yet applied
				if v > 0 {
					v += plus
				} else {
					v -= plus
				}
				*at = v
			}
			acc <<= 1
			n--
		}
		if value != 0 {
			coefficients[natural[k&127]&63] = value
		}
	}
	if s.eobRun > 0 {
		s.eobRun--
	}
	d.bits.acc, d.bits.n = acc, n
}
