package jpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// scan is the one being read: which components it has and how far it is.
type scan struct {
	components []*component
	ss, se     int // the band of coefficients, in zigzag order
	ah, al     uint

	mcusAcross int
	mcuBlocks  []mcuBlock                                       // of one MCU, in order
	visit      func(d *Decoder, b *mcuBlock, y, x int, ok bool) // decodes a block, unless its data is missing
	pred       [maxComponents]int32
	eobRun     int

	restartsToGo int
	nextRestart  byte
	// insufficient holds once the data of a segment ended early: what follows stays as it is, up to a restart.
	insufficient bool
	lastGood     int // the last row of MCUs with one that began before the data ended
}

// mcuBlock is one block of an MCU.
type mcuBlock struct {
	c      *component
	slot   int // of the component in the scan
	across int // blocks of the component in a row of the MCU
	dx, dy int // in blocks, within the component's part of the MCU
	dc, ac *huffmanTable
}

func (d *Decoder) readScan() error {
	n, err := d.length()
	if err != nil {
		return err
	}
	if d.components == nil {
		return FormatError("a scan before the frame")
	}
	if d.scans++; d.scans > d.maxScans {
		return FormatError(fmt.Sprintf("more than %d scans", d.maxScans))
	}
	head, err := d.bytes(1)
	if err != nil {
		return err
	}
	count := int(head[0])
	if n != 4+2*count || count < 1 || count > maxComponents {
		return errLength("scan")
	}
	b, err := d.bytes(2*count + 3)
	if err != nil {
		return err
	}
	s := &d.scan
	*s = scan{components: s.components[:0], mcuBlocks: s.mcuBlocks[:0]}
	for ; len(s.components) < count; b = b[2:] {
		c, err := d.scanComponent(b[0])
		if err != nil {
			return err
		}
		c.dcTable, c.acTable = b[1]>>4, b[1]&15
		s.components = append(s.components, c)
	}
	s.ss, s.se = int(b[0]), int(b[1])
	s.ah, s.al = uint(b[2]>>4), uint(b[2]&15)
	return nil
}

// scanComponent finds a component by its id. Where several share one, libjpeg takes the first whose place in the list of
// the scan is still free.
func (d *Decoder) scanComponent(id byte) (*component, error) {
	taken := len(d.scan.components)
	for i := range d.components {
		c := &d.components[i]
		if c.id != id || i < taken {
			continue
		}
		if d.scan.has(c) {
			return nil, FormatError("a component stands twice in a scan")
		}
		return c, nil
	}
	return nil, FormatError("a scan has a component that the frame has not")
}

// startScan checks the header of a scan against the frame and gets its tables ready.
func (d *Decoder) startScan() error {
	s := &d.scan
	if len(s.components) == 1 {
		s.mcusAcross = s.components[0].blocksAcross
		s.mcuBlocks = append(s.mcuBlocks, mcuBlock{c: s.components[0], across: 1})
	} else {
		s.mcusAcross = divUp(d.width, 8*d.maxH)
		for slot, c := range s.components {
			for i := range c.h * c.v {
				s.mcuBlocks = append(s.mcuBlocks, mcuBlock{c: c, slot: slot, across: c.h, dx: i % c.h, dy: i / c.h})
			}
		}
		if len(s.mcuBlocks) > 10 {
			return FormatError("an MCU has more than ten blocks")
		}
	}
	for _, c := range s.components {
		if err := d.latchQuant(c); err != nil {
			return err
		}
	}
	if d.progressive {
		if err := d.progress.startScan(d); err != nil {
			return err
		}
	}
	for i := range s.mcuBlocks {
		if err := d.chooseTables(&s.mcuBlocks[i]); err != nil {
			return err
		}
	}
	d.chooseVisit()
	d.bits.reset()
	s.restartsToGo = d.restartInterval
	return nil
}

func (d *Decoder) chooseVisit() {
	s := &d.scan
	switch {
	case !d.multiScan:
		s.visit = visitSingle
	case !d.progressive:
		s.visit = visitSequential
	case s.ss == 0 && s.ah == 0:
		s.visit = visitDCFirst
	case s.ss == 0:
		s.visit = visitDCRefine
	case s.ah == 0:
		s.visit = visitACFirst
	default:
		s.visit = visitACRefine
	}
}

// latchQuant keeps the table that is current when a component's first scan begins.
func (d *Decoder) latchQuant(c *component) error {
	if c.quant != nil {
		return nil
	}
	if c.quantIndex > 3 || d.quant[c.quantIndex] == nil {
		return FormatError("a quantisation table is missing")
	}
	c.quant = d.quant[c.quantIndex]
	for i, q := range c.quant {
		c.dequant[i] = int16(q)
	}
	return nil
}

func (d *Decoder) chooseTables(b *mcuBlock) (err error) {
	s := &d.scan
	if !d.progressive || s.ss == 0 && s.ah == 0 {
		if b.dc, err = d.table(0, b.c.dcTable); err != nil {
			return err
		}
	}
	if !d.progressive || s.ss > 0 {
		b.ac, err = d.table(1, b.c.acTable)
	}
	return err
}

func (d *Decoder) table(class int, index byte) (*huffmanTable, error) {
	if index > 3 {
		return nil, FormatError("a Huffman table is missing")
	}
	t := &d.huffman[class][index]
	if *t == nil {
		if d.progressive || index > 1 {
			return nil, FormatError("a Huffman table is missing")
		}
		*t = defaultHuffman(class == 1, index == 1)
	}
	return *t, (*t).derive(class == 0)
}

// readScans reads all scans of the file into the coefficients.
func (d *Decoder) readScans(ctx context.Context) error {
	for {
		if err := d.startScan(); err != nil {
			return err
		}
		for row := range d.mcuRows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := d.scan.readRow(d, row); err != nil {
				return err
			}
		}
		found, err := d.readMarkers()
		if err != nil {
			return err
		}
		if found == markerEOI {
			return nil
		}
	}
}

// finishSingle looks for the end of the image behind the only scan. A file that has neither the marker nor anything
// else behind the scan was cut short; another marker or junk in its place is let pass, as Pillow does.
func (d *Decoder) finishSingle() error {
	whole := d.bits.marker != 0 || len(d.bits.data)-d.bits.pos+d.bits.n/8 >= 8
	found, err := d.readMarkers()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && whole:
		return nil
	case err == nil && found == markerSOS:
		return FormatError("a second scan where one has all components")
	}
	return err
}

// restart processes the restart marker that is due, with libjpeg's rules for what to do about another one.
func (d *Decoder) restart() error {
	s, b := &d.scan, &d.bits
	b.reset()
	if err := b.nextMarker(); err != nil {
		return err
	}
	for resynced := false; !resynced; {
		ahead := (b.marker - markerRST0 - s.nextRestart) & 7
		switch isRestart := b.marker >= markerRST0 && b.marker <= markerRST7; {
		case isRestart && (ahead == 1 || ahead == 2), b.marker >= markerSOF0 && !isRestart:
			resynced = true // the one due is missing: leave this one, its segment is empty
		case isRestart && (ahead == 6 || ahead == 7), b.marker < markerSOF0:
			b.marker = 0 // an old one, or none at all: go on to the next
			if err := b.nextMarker(); err != nil {
				return err
			}
		default:
			b.marker = 0 // the one due, or one so far off that it is taken for it
			resynced = true
		}
	}
	s.nextRestart = (s.nextRestart + 1) & 7
	s.pred = [maxComponents]int32{}
	s.eobRun = 0
	s.restartsToGo = d.restartInterval
	if b.marker == 0 {
		s.insufficient = false
	}
	return nil
}

// readRow reads a row of MCUs as the frame counts them: of a scan of one component, v rows of blocks.
func (s *scan) readRow(d *Decoder, row int) error {
	rows := 1
	if c := s.components[0]; len(s.components) == 1 {
		rows = min(c.v, c.blocksDown-row*c.v)
	}
	for dy := range rows {
		for mcu := range s.mcusAcross {
			ok, err := d.beginMCU(row)
			if err != nil {
				return err
			}
			if !ok && d.multiScan && d.restartInterval == 0 {
				return nil // nothing more comes, and what is there stays
			}
			for i := range s.mcuBlocks {
				b := &s.mcuBlocks[i]
				s.visit(d, b, row*b.c.v+dy+b.dy, mcu*b.across+b.dx, ok)
			}
			if d.bits.n < 0 {
				if err := d.bits.overrun(); err != nil {
					return err
				}
				s.insufficient = true
			}
		}
	}
	return nil
}

// beginMCU processes a restart where one is due, and reports whether there is data to decode.
func (d *Decoder) beginMCU(row int) (bool, error) {
	s := &d.scan
	if !s.insufficient {
		s.lastGood = row
	}
	if d.restartInterval > 0 {
		if s.restartsToGo == 0 {
			if err := d.restart(); err != nil {
				return false, err
			}
		}
		s.restartsToGo--
	}
	return !s.insufficient, nil
}
