package tiff

// pass goes on behind the next run above.
func (f *faxReader) pass() error {
	if err := f.findChange(); err != nil {
		return err
	}
	if f.next+1 >= len(f.above) {
		return errRuns
	}
	f.change += f.above[f.next]
	f.part += f.change - f.position
	f.position = f.change
	f.change += f.above[f.next+1]
	f.next += 2
	return nil
}

// vertical ends a run at a distance from the change above, unless that is before the run's beginning.
func (f *faxReader) vertical(distance int) (ok bool, err error) {
	if err := f.findChange(); err != nil {
		return false, err
	}
	if f.change+distance < f.position {
		return false, nil
	}
	if err := f.setRun(f.change - f.position + distance); err != nil {
		return false, err
	}
	if distance < 0 {
		f.next--
		f.change -= f.above[f.next]
		return true, nil
	}
	if f.next >= len(f.above) {
		return false, errRuns
	}
	f.change += f.above[f.next]
	f.next++
	return true, nil
}

// findChange moves on to the first change to the same colour above that is to the right.
func (f *faxReader) findChange() error {
	if f.n == 0 {
		return nil
	}
	for f.change <= f.position && f.change < f.width {
		if f.next+1 >= len(f.above) {
			return errRuns
		}
		f.change += f.above[f.next] + f.above[f.next+1]
		f.next += 2
	}
	return nil
}

const errRuns = FormatError("a row of fax has too many runs")

func (f *faxReader) room() error {
	if f.n >= len(f.runs) {
		return errRuns
	}
	return nil
}

// setRun ends a run with its last pixels.
func (f *faxReader) setRun(pixels int) error {
	if err := f.room(); err != nil {
		return err
	}
	f.runs[f.n] = f.part + pixels
	f.n++
	f.position += pixels
	f.part = 0
	return nil
}

// endRow cuts or fills the row to its width; it returns err, or an error of its own.
func (f *faxReader) endRow(err error) error {
	if err == errRuns {
		return err
	}
	set := func(pixels int) {
		if e := f.setRun(pixels); e != nil {
			err = e
		}
	}
	if f.part != 0 {
		set(0)
	}
	for f.position > f.width && f.n > 0 {
		f.n--
		f.position -= f.runs[f.n]
	}
	if f.position < f.width {
		f.position = max(f.position, 0)
		if f.n&1 == 1 {
			set(0)
		}
		set(f.width - f.position)
	} else if f.position > f.width {
		set(f.width)
		set(0)
	}
	return err
}

// fill writes the black runs. Those that reach beyond the row are cut, also for the row below.
func (f *faxReader) fill(dst []byte) {
	x := 0
	for i, n := range f.runs[:f.n] {
		if n < 0 || x+n > f.width {
			n = f.width - x
			f.runs[i] = n
		}
		if i&1 == 1 {
			setBits(dst, x, x+n)
		}
		x += n
	}
}

// setBits sets the bits from … to-1, the first in the highest of a byte.
func setBits(dst []byte, from, to int) {
	for ; from < to && from%8 != 0; from++ {
		dst[from/8] |= 0x80 >> (from % 8)
	}
	for ; from+8 <= to; from += 8 {
		dst[from/8] = 0xFF
	}
	for ; from < to; from++ {
		dst[from/8] |= 0x80 >> (from % 8)
	}
}
