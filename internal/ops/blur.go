package ops

// Blur writes the binomial mean of each 3×3 window, [1 2 1]ᵀ[1 2 1] / 16, where the map is reflected at its edge. It needs maps
// of two rows and columns at least.
func (p *Pool) Blur() {
	p.check(p.OutH * p.OutW)
	planes, perPixel := p.Layout.planes(p.Batch, p.Channels)
	weights := [3]float32{0.25, 0.5, 0.25}
	first, last := share(planes*p.OutH, p.Part, p.Parts)
	for row := first; row < last; row++ {
		plane, y := row/p.OutH, row%p.OutH
		src := p.Src[plane*p.InH*p.InW*perPixel:]
		for x := range p.OutW {
			dst := p.Dst[(row*p.OutW+x)*perPixel:][:perPixel]
			clear(dst)
			for i, vertical := range weights {
				h := reflected(y*p.Stride+i-1, p.InH)
				for j, horizontal := range weights {
					w := reflected(x*p.Stride+j-1, p.InW)
					weight := vertical * horizontal
					for lane, v := range src[(h*p.InW+w)*perPixel:][:perPixel] {
						dst[lane] += float32(weight * v)
					}
				}
			}
		}
	}
}

// reflected is an index within n that stands for one beside it.
func reflected(i, n int) int {
	switch {
	case i < 0:
		return -i
	case i >= n:
		return 2*n - 2 - i
	}
	return i
}
