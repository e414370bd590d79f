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
	coefficients := b.c.block(y, x)
	for k := s.ss; k <= s.se; k++ {
		symbol := b.ac.decode(&d.bits)
		run, size := symbol>>4, symbol&15
		if size == 0 {
			if run != 15 {
				s.eobRun = d.endOfBand(run) - 1
				return
			}
			k += 15
			continue
		}
		k += run
		coefficients[natural[k&127]] = int16(extend(d.bits.take(size), size) << s.al)
	}
}

// endOfBand reads how many blocks, this one included, have nothing more in the band.
func (d *Decoder) endOfBand(run int) int {
	n := 1 << run
	if run > 0 {
		n += d.bits.take(run)
	}
	return n
}

// visitACRefine reads one more bit of a band of AC coefficients: a correction for each that is not zero already, and
// which of the others become ±1 (T.81, G.1.2.3).
func visitACRefine(d *Decoder, b *mcuBlock, y, x int, ok bool) {
	s := &d.scan
	if !ok {
		return
	}
	coefficients := b.c.block(y, x)
	plus, minus := int16(1)<<s.al, int16(-1)<<s.al
	k := s.ss
	for ; s.eobRun == 0 && k <= s.se; k++ {
		symbol := b.ac.decode(&d.bits)
		run, size := symbol>>4, symbol&15
		value := int16(0)
		if size != 0 {
			value = minus
			if d.bits.bit() {
				value = plus
			}
		} else if run != 15 {
			s.eobRun = d.endOfBand(run)
			break
		}
		k = d.refine(coefficients, k, run)
		if value != 0 {
			coefficients[natural[k&127]] = value
		}
	}
	if s.eobRun > 0 {
		d.refine(coefficients, k, 64)
		s.eobRun--
	}
}

// refine corrects the coefficients from k on that are not zero, past zeros of them that are, and returns where it stopped:
// at a zero, or behind the band.
func (d *Decoder) refine(coefficients *block, k, zeros int) int {
	b, last := &d.bits, d.scan.se
	plus := int16(1) << d.scan.al
	acc, n := b.acc, b.n
	for ; k <= last; k++ {
		at := &coefficients[natural[k&127]&63]
		v := *at
		if v == 0 {
			if zeros--; zeros < 0 {
				break
			}
			continue
		}
		if n < 1 {
			b.acc, b.n = acc, n
			b.fill()
			acc, n = b.acc, b.n
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
	b.acc, b.n = acc, n
	return k
}
