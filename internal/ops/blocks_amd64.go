//go:build !purego && !noasm

package ops

// The operations whose speed is that of memory use AVX2 where they are told to, which is wide enough for them on every CPU.
// Each function here does what its caller's portable loop would do, to the bit, and tells how far it got.

// reluBlocks clamps whole blocks and returns the number of floats done.
func reluBlocks(dst, src []float32) (done int) {
	n := len(src) / lanes
	if n == 0 {
		return 0
	}
	reluAVX2(&dst[0], &src[0], n)
	return n * lanes
}

// addBlocks adds whole blocks and returns the number of floats done.
func addBlocks(dst, a, b []float32) (done int) {
	n := len(dst) / lanes
	if n == 0 {
		return 0
	}
	addAVX2(&dst[0], &a[:n*lanes][0], &b[:n*lanes][0], n)
	return n * lanes
}

// blocks scales and shifts the pixels of a channel block, with what follows.
func (p affinePlane) blocks() bool {
	if len(p.scale) != lanes || len(p.src) == 0 {
		return false
	}
	n := len(p.src) / lanes
	dst, src, scale, shift := &p.dst[:len(p.src)][0], &p.src[0], &p.scale[0], &p.shift[:lanes][0]
	switch {
	case p.add != nil && p.relu:
		affineAddReLUAVX2(dst, src, &p.add[:len(p.src)][0], scale, shift, n)
	case p.add != nil:
		affineAddAVX2(dst, src, &p.add[:len(p.src)][0], scale, shift, n)
	case p.relu:
		affineReLUAVX2(dst, src, scale, shift, n)
	default:
		affineAVX2(dst, src, scale, shift, n)
	}
	return true
}

// reluGradientBlocks passes whole blocks and returns the number of floats done.
func reluGradientBlocks(dst, grad, y []float32) (done int) {
	n := len(dst) / lanes
	if n == 0 {
		return 0
	}
	reluGradientAVX2(&dst[0], &grad[:n*lanes][0], &y[:n*lanes][0], n)
	return n * lanes
}

// momentsBlock adds up the pixels of a channel block and their squares.
func momentsBlock(sums, src, shift []float32) bool {
	if len(shift) != lanes || len(src) == 0 {
		return false
	}
	momentsAVX2(&sums[:2*lanes][0], &src[0], &shift[0], len(src)/lanes)
	return true
}

// sumBlock adds up the gradients of the pixels of a channel block, and their products.
func (p *normPixels) sumBlock(sums []float32) bool {
	if len(p.mean) != lanes || len(p.x) == 0 {
		return false
	}
	if p.relu {
		normSumsReLUAVX2(&sums[:2*lanes][0], &p.x[0], &p.grad[:len(p.x)][0], &p.mean[0], &p.scale[:lanes][0], &p.shift[:lanes][0], len(p.x)/lanes)
	} else {
		normSumsAVX2(&sums[:2*lanes][0], &p.x[0], &p.grad[:len(p.x)][0], &p.mean[0], len(p.x)/lanes)
	}
	return true
}

// inputBlock writes the gradients of what the pixels of a channel block were.
func (p *normPixels) inputBlock(dst, slope, offset []float32) bool {
	if len(p.mean) != lanes || len(p.x) == 0 {
		return false
	}
	to, x, grad := &dst[:len(p.x)][0], &p.x[0], &p.grad[:len(p.x)][0]
	mean, scale := &p.mean[0], &p.scale[:lanes][0]
	if p.relu {
		normGradientReLUAVX2(to, x, grad, mean, scale, &slope[:lanes][0], &offset[:lanes][0], &p.shift[:lanes][0], len(p.x)/lanes)
	} else {
		normGradientAVX2(to, x, grad, mean, scale, &slope[:lanes][0], &offset[:lanes][0], len(p.x)/lanes)
	}
	return true
}

// interleaveBlocks reorders pixels by eight and returns the number done.
func interleaveBlocks(dst, src []float32, pixels, plane int) (done int) {
	n := pixels / 8
	if n == 0 {
		return 0
	}
	blockAVX2(&dst[0], &src[0], n, plane)
	return n * 8
}

// separateBlocks is the inverse of interleaveBlocks, for planes that follow each other.
func separateBlocks(dst, src []float32, pixels int) (done int) {
	n := pixels / 8
	if n == 0 {
		return 0
	}
	unblockAVX2(&dst[0], &src[0], n, pixels)
	return n * 8
}

// meanBlock writes the mean of the pixels of a channel block.
func meanBlock(dst, src []float32, perPixel int) bool {
	if perPixel != lanes {
		return false
	}
	globalPoolAVX2(&dst[:lanes][0], &src[0], len(src)/lanes)
	return true
}

func (p *Pool) maxBlocks() bool     { return p.windows(false) }
func (p *Pool) averageBlocks() bool { return p.windows(true) }

// windowsAtOnce is the number of windows of a row whose places are listed at a time.
const windowsAtOnce = 64

// windows pools the part's share of the output rows, unless a window has no pixel of the input.
func (p *Pool) windows(average bool) bool {
	if p.Layout != NCHW16c || p.anyEmpty(p.OutH, p.InH) || p.anyEmpty(p.OutW, p.InW) {
		return false
	}
	planes, _ := p.Layout.planes(p.Batch, p.Channels)
	first, last := share(planes*p.OutH, p.Part, p.Parts)
	var places [windowsAtOnce][2]int32 // offset in bytes and columns
	for x := 0; x < p.OutW; x += windowsAtOnce {
		n := min(windowsAtOnce, p.OutW-x)
		for i := range n {
			left, right := p.clip(x+i, p.InW)
			places[i] = [2]int32{int32(left * lanes * 4), int32(right - left)}
		}
		for row := first; row < last; row++ {
			plane, y := row/p.OutH, row%p.OutH
			top, bottom := p.clip(y, p.InH)
			dst, src := &p.Dst[(row*p.OutW+x)*lanes], &p.Src[(plane*p.InH+top)*p.InW*lanes]
			if average {
				averagePoolAVX2(dst, src, &places[0][0], n, bottom-top, p.InW*lanes*4)
			} else {
				maxPoolAVX2(dst, src, &places[0][0], n, bottom-top, p.InW*lanes*4)
			}
		}
	}
	return true
}

// anyEmpty tells whether a window of one axis lies outside the input; the first or the last would.
func (p *Pool) anyEmpty(out, size int) bool {
	_, first := p.clip(0, size)
	last, _ := p.clip(out-1, size)
	return first <= 0 || last >= size
}
