package tiff

import "encoding/binary"

// unpredict undoes the predictor on a row of a strip or tile.
func (r *Decoder) unpredict(line []byte) error {
	step := 1
	if !r.planar {
		step = r.samples.count
	}
	switch width := r.samples.bits; {
	case r.predictor == 1:
	case r.predictor == 2 && width == 8:
		for i := step; i < len(line); i++ {
			line[i] += line[i-step]
		}
	case r.predictor == 2 && width == 16:
		for i := 2 * step; i+2 <= len(line); i += 2 {
			r.order.PutUint16(line[i:], r.order.Uint16(line[i:])+r.order.Uint16(line[i-2*step:]))
		}
	case r.predictor == 2 && width == 32:
		for i := 4 * step; i+4 <= len(line); i += 4 {
			r.order.PutUint32(line[i:], r.order.Uint32(line[i:])+r.order.Uint32(line[i-4*step:]))
		}
	case r.predictor == 3 && width == 32 && r.samples.format == 3 && step == 1:
		r.unpredictFloats(line)
	default:
		return unsupported("predictor %d with %d bits", r.predictor, width)
	}
	return nil
}

// unpredictFloats sums up a row's bytes, all the highest ones first, and puts the floats together in the file's order.
func (r *Decoder) unpredictFloats(line []byte) {
	for i := 1; i < len(line); i++ {
		line[i] += line[i-1]
	}
	planes := append(r.scratch[:0], line...)
	n := len(line) / 4
	for i := range n {
		v := [4]byte{planes[i], planes[n+i], planes[2*n+i], planes[3*n+i]}
		r.order.PutUint32(line[4*i:], binary.BigEndian.Uint32(v[:]))
	}
}
