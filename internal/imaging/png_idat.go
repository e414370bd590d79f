package imaging

import "io"

// idat reads the chunks of a compressed picture as one stream, without reading ahead. Its pieces are those that Pillow
// reads.
type idat struct {
	pieces [][]byte
	taken  int  // bytes of the first piece
	found  bool // there is a chunk
}

// pngPiece is the most that Pillow reads of a chunk at once, in bytes.
const pngPiece = 1 << 16

func (d *idat) add(chunk []byte) {
	d.found = true
	for len(chunk) > 0 {
		n := min(len(chunk), pngPiece)
		d.pieces, chunk = append(d.pieces, chunk[:n]), chunk[n:]
	}
}

// next is what is left of the first piece that has something left.
func (d *idat) next() ([]byte, error) {
	for ; len(d.pieces) > 0; d.pieces, d.taken = d.pieces[1:], 0 {
		if rest := d.pieces[0][d.taken:]; len(rest) > 0 {
			return rest, nil
		}
	}
	return nil, io.EOF
}

func (d *idat) Read(p []byte) (int, error) {
	rest, err := d.next()
	n := copy(p, rest)
	d.taken += n
	return n, err
}

func (d *idat) ReadByte() (byte, error) {
	rest, err := d.next()
	if err != nil {
		return 0, err
	}
	d.taken++
	return rest[0], nil
}

// together reports whether the n bytes that were read last are in one piece with the one before them.
func (d *idat) together(n int) bool { return d.taken > n }
