package ops

import "resnet/internal/tensor"

// layouts has a row for each layout: how many channels of a pixel stand together, and the type of the elements.
var layouts = []struct {
	together int
	element  tensor.DType
}{
	NCHW:     {1, tensor.Float32},
	NCHW16c:  {lanes, tensor.Float32},
	NCHW64u8: {int8Lanes, tensor.UInt8},
}

// Element is the type of the elements.
func (l Layout) Element() tensor.DType { return layouts[l].element }

// Len is the number of elements of a feature map.
func (l Layout) Len(batch, channels, area int) int {
	planes, lanes := l.planes(batch, channels)
	return planes * area * lanes
}

// planes sees a feature map of either layout as (planes, h, w, lanes).
func (l Layout) planes(batch, channels int) (planes, perPixel int) {
	perPixel = layouts[l].together
	return batch * ((channels + perPixel - 1) / perPixel), perPixel
}

// SameOrder tells that a map is the same in both layouts: one pixel, and no channels to fill a block.
func SameOrder(channels, area int) bool { return area == 1 && channels%lanes == 0 }

// Reorder is one call that copies a feature map from one layout to the other.
type Reorder struct {
	To              Layout // of Dst; Src has the other
	Batch, Channels int
	Area            int       // pixels
	Dst, Src        []float32 // (n, channels, area)
	Vectors         bool      // of AVX2
	Part, Parts     int
}

// Run copies the part's share.
func (r *Reorder) Run() {
	from := NCHW
	if r.To == NCHW {
		from = NCHW16c
	}
	mustHold(r.Dst, r.To.Len(r.Batch, r.Channels, r.Area), "ops: the destination of a reorder is too short")
	mustHold(r.Src, from.Len(r.Batch, r.Channels, r.Area), "ops: the source of a reorder is too short")
	mustBePart(r.Part, r.Parts)
	blocks := blocksOf(r.Channels)
	first, last := share(r.Batch*blocks, r.Part, r.Parts)
	for b := first; b < last; b++ {
		channel := b % blocks * lanes
		n := min(lanes, r.Channels-channel)
		plain, blocked := (b/blocks*r.Channels+channel)*r.Area, b*lanes*r.Area
		if r.To == NCHW {
			unblock(r.Dst[plain:][:n*r.Area], r.Src[blocked:][:lanes*r.Area], r.Area, r.Vectors)
		} else {
			block(r.Dst[blocked:][:lanes*r.Area], r.Src[plain:][:n*r.Area], r.Area, r.Vectors)
		}
	}
}

// block interleaves up to 16 planes; those that are missing become zero.
func block(dst, src []float32, area int, vectors bool) {
	if len(src) == len(dst) {
		interleave(dst, src, area, area, vectors)
		return
	}
	clear(dst)
	for c := 0; len(src) > 0; c++ {
		for i, v := range src[:area] {
			dst[i*lanes+c] = v
		}
		src = src[area:]
	}
}

// interleave reorders pixels of 16 planes that are plane floats apart: dst[i*16+c] = src[c*plane+i].
func interleave(dst, src []float32, pixels, plane int, vectors bool) {
	if pixels == 0 {
		return
	}
	dst, src = dst[:pixels*lanes], src[:(lanes-1)*plane+pixels]
	done := 0
	if vectors {
		done = interleaveBlocks(dst, src, pixels, plane)
	}
	for c := range lanes {
		for i := done; i < pixels; i++ {
			dst[i*lanes+c] = src[c*plane+i]
		}
	}
}

// unblock is the inverse of block.
func unblock(dst, src []float32, area int, vectors bool) {
	done := 0
	if vectors && len(dst) == len(src) {
		done = separateBlocks(dst, src, area)
	}
	for c := 0; len(dst) > 0; c++ {
		for i := done; i < area; i++ {
			dst[i] = src[i*lanes+c]
		}
		dst = dst[area:]
	}
}
