package imaging

import (
	"context"
	"image"
)

// resampler resizes a picture that comes row by row. Between its two passes a pixel is rounded to 8 bits, so that their
// order matters; of the rows that a vertical window spans it keeps a ring, never the picture.
type resampler struct {
	x, y            axis // of the stored picture
	horizontalFirst bool
	width           int // of a stored row
}

// window is the part of the stored picture that the output needs.
func (r *resampler) window() image.Rectangle {
	x0, x1 := r.x.span()
	y0, y1 := r.y.span()
	return image.Rect(x0, y0, x1, y1)
}

// keptWidth is the width in pixels of the rows in the ring.
func (r *resampler) keptWidth() int {
	if r.horizontalFirst {
		return r.x.outputs()
	}
	return r.width
}

// memory is what run allocates, in bytes, its result excepted.
func (r *resampler) memory() int64 {
	return 3 * (pixels(r.keptWidth(), r.y.taps+1) + int64(r.width) + 4*int64(r.keptWidth()))
}

// run makes the picture of x.outputs() × y.outputs() pixels.
func (r *resampler) run(ctx context.Context, src rows) (*Image, error) {
	out := NewImage(r.x.outputs(), r.y.outputs())
	if len(out.Pix) == 0 {
		return out, nil
	}
	kept := 3 * r.keptWidth()
	ring := make([][]byte, r.y.taps)
	for i := range ring {
		ring[i] = paddedRow(kept)
	}
	raw := paddedRow(3 * r.width)
	mixed := paddedRow(kept)
	sum := make([]int32, kept)
	from, to := r.y.span()
	done := 0
	for y := from; y < to; y++ {
		if err := checkContext(ctx); err != nil {
			return nil, err
		}
		slot := ring[y%len(ring)]
		if r.horizontalFirst {
			if err := src.row(raw, y); err != nil {
				return nil, err
			}
			r.x.mixColumns(slot, raw)
		} else if err := src.row(slot, y); err != nil {
			return nil, err
		}
		for ; done < r.y.outputs() && r.y.end(done) == y+1; done++ {
			if r.horizontalFirst {
				r.y.mixRows(out.Row(done), ring, done, sum)
				continue
			}
			r.y.mixRows(mixed, ring, done, sum)
			r.x.mixColumns(out.Row(done), mixed)
		}
	}
	return out, nil
}

// paddedRow has room behind it, since vector code reads whole words.
func paddedRow(bytes int) []byte { return make([]byte, bytes, bytes+rowPadding) }

const rowPadding = 16

// mixColumns makes a row of outputs from a row of inputs (which is padded), three channels each.
func (a axis) mixColumns(dst, src []byte) {
	if a.single {
		for i, first := range a.first {
			copy(dst[3*i:3*i+3], src[3*first:])
		}
		return
	}
	if a.mixColumnsFast(dst, src) {
		return
	}
	for i := range a.outputs() {
		first, weights := a.window(i)
		in := src[3*first : 3*(first+len(weights))]
		r, g, b := int32(1<<(precisionBits-1)), int32(1<<(precisionBits-1)), int32(1<<(precisionBits-1))
		for _, w := range weights {
			r += w * int32(in[0])
			g += w * int32(in[1])
			b += w * int32(in[2])
			in = in[3:]
		}
		out := dst[3*i : 3*i+3]
		out[0], out[1], out[2] = clip8(r), clip8(g), clip8(b)
	}
}

// mixRows makes output row i from the rows of the ring. sum has the length of dst.
func (a axis) mixRows(dst []byte, ring [][]byte, i int, sum []int32) {
	first, weights := a.window(i)
	if a.single {
		copy(dst, ring[first%len(ring)])
		return
	}
	done := mixRowsFast(dst, ring, first, weights)
	dst = dst[done:]
	sum = sum[:len(dst)]
	for j := range sum {
		sum[j] = 1 << (precisionBits - 1)
	}
	for k, w := range weights {
		row := ring[(first+k)%len(ring)][done:][:len(dst)]
		for j, v := range row {
			sum[j] += w * int32(v)
		}
	}
	for j, v := range sum {
		dst[j] = clip8(v)
	}
}

// clip8 drops the fraction and clamps to 0 … 255.
func clip8(v int32) byte {
	v >>= precisionBits
	if uint32(v) > 255 {
		if v < 0 {
			return 0
		}
		return 255
	}
	return byte(v)
}
