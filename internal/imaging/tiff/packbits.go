package tiff

import (
	"context"
	"io"
)

// packBits expands runs: n+1 bytes as they are, or one byte 1-n times where n is negative; -128 is nothing.
type packBits struct {
	in     byteReader
	left   int // of the run
	repeat bool
	value  byte
}

func (p *packBits) reset(data []byte, _ int) error {
	p.in.of(data)
	p.left = 0
	return nil
}

func (p *packBits) end() error { return nil }

func (p *packBits) readRow(_ context.Context, line []byte) error {
	for len(line) > 0 {
		if p.left == 0 {
			if err := p.begin(); err != nil {
				return err
			}
			continue
		}
		part := line[:min(p.left, len(line))]
		if !p.repeat {
			if _, err := io.ReadFull(&p.in, part); err != nil {
				return err
			}
		} else {
			for i := range part {
				part[i] = p.value
			}
		}
		line = line[len(part):]
		p.left -= len(part)
	}
	return nil
}

// begin reads what a run is.
func (p *packBits) begin() error {
	head, err := p.in.ReadByte()
	n := int(int8(head))
	switch {
	case err != nil || n == -128:
		return err
	case n >= 0:
		p.left, p.repeat = n+1, false
		return nil
	}
	p.left, p.repeat = 1-n, true
	p.value, err = p.in.ReadByte()
	return err
}
