package ops

// ReLU writes max(x, 0) for the part's share of the values of src, with vectors in AVX2. A NaN passes, as in PyTorch.
func ReLU(dst, src []float32, vectors bool, part, parts int) {
	must(len(dst) >= len(src), "ops: the destination of a ReLU is too short")
	mustBePart(part, parts)
	first, last := shareFloats(len(src), part, parts)
	dst, src = dst[first:last], src[first:last]
	done := 0
	if vectors {
		done = reluBlocks(dst, src)
	}
	clamp(dst[done:], src[done:])
}

func clamp(dst, src []float32) {
	for i, v := range src {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

// Add writes a + b for the part's share of the values of dst, with vectors in AVX2.
func Add(dst, a, b []float32, vectors bool, part, parts int) {
	must(len(a) >= len(dst) && len(b) >= len(dst), "ops: a summand is too short")
	mustBePart(part, parts)
	first, last := shareFloats(len(dst), part, parts)
	dst, a, b = dst[first:last], a[first:last], b[first:last]
	done := 0
	if vectors {
		done = addBlocks(dst, a, b)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = a[i] + b[i]
	}
}

// shareFloats is share in whole cache lines.
func shareFloats(n, part, parts int) (first, last int) {
	first, last = share((n+lanes-1)/lanes, part, parts)
	return min(n, first*lanes), min(n, last*lanes)
}

// BatchNorm is one call of a batch norm in inference: x·scale + shift with a scale and shift for each channel.
type BatchNorm struct {
	Layout          Layout // of Dst and Src
	Batch, Channels int
	Area            int       // pixels
	Dst, Src        []float32 // (n, channels, area)
	Scale, Shift    []float32 // (channels); with NCHW16c padded with zeros to a multiple of 16
	Vectors         bool      // of AVX2
	Part, Parts     int
}

// Run computes the part's share.
func (b *BatchNorm) Run() {
	planes, perPixel := b.Layout.planes(b.Batch, b.Channels)
	perImage := planes / b.Batch
	mustHold(b.Dst, planes*perPixel*b.Area, "ops: the destination of a batch norm is too short")
	mustHold(b.Src, planes*perPixel*b.Area, "ops: the source of a batch norm is too short")
	must(min(len(b.Scale), len(b.Shift)) >= perImage*perPixel, "ops: the scale or the shift of a batch norm is too short")
	mustBePart(b.Part, b.Parts)
	first, last := share(planes, b.Part, b.Parts)
	for p := first; p < last; p++ {
		channel, size := p%perImage*perPixel, b.Area*perPixel
		dst, src := b.Dst[p*size:][:size], b.Src[p*size:][:size]
		scale, shift := b.Scale[channel:][:perPixel], b.Shift[channel:][:perPixel]
		if b.Vectors && affineBlock(dst, src, scale, shift) {
			continue
		}
		for len(src) > 0 {
			for i := range scale {
				dst[i] = float32(src[i]*scale[i]) + shift[i]
			}
			dst, src = dst[perPixel:], src[perPixel:]
		}
	}
}
