package ops

import "math"

// Pool is one call of a max or average pool.
type Pool struct {
	Layout                  Layout // of Dst and Src
	Batch, Channels         int
	InH, InW, OutH, OutW    int
	Kernel, Stride, Padding int       // of a square window; Global needs none of them, and no OutH and OutW
	Dst                     []float32 // (n, channels, outH, outW); of Global (n, channels, 1, 1)
	Src                     []float32 // (n, channels, inH, inW)
	Vectors                 bool      // of AVX2
	Part, Parts             int
}

// check makes sure that the vector loops, which check no index, find all that they read and write.
func (p *Pool) check(outArea int) {
	mustHold(p.Dst, p.Layout.Len(p.Batch, p.Channels, outArea), "ops: the destination of a pool is too short")
	mustHold(p.Src, p.Layout.Len(p.Batch, p.Channels, p.InH*p.InW), "ops: the source of a pool is too short")
	mustBePart(p.Part, p.Parts)
}

// Max writes each window's largest value. Padding never wins, a NaN always does, as in PyTorch.
func (p *Pool) Max() {
	p.check(p.OutH * p.OutW)
	if !p.Vectors || !p.maxBlocks() {
		p.slide(float32(math.Inf(-1)), maxRow, nil)
	}
}

// Average writes each window's mean over what lies inside the input: PyTorch's count_include_pad=False.
func (p *Pool) Average() {
	p.check(p.OutH * p.OutW)
	if !p.Vectors || !p.averageBlocks() {
		p.slide(0, addRow, p.divideRow)
	}
}

// Global writes the mean of each plane.
func (p *Pool) Global() {
	p.check(1)
	planes, perPixel := p.Layout.planes(p.Batch, p.Channels)
	area := p.InH * p.InW
	first, last := share(planes, p.Part, p.Parts)
	for plane := first; plane < last; plane++ {
		src := p.Src[plane*area*perPixel:][:area*perPixel]
		if p.Vectors && meanBlock(p.Dst[plane*perPixel:], src, perPixel) {
			continue
		}
		for lane := range perPixel {
			sum := 0.0
			for i := lane; i < len(src); i += perPixel {
				sum += float64(src[i])
			}
			p.Dst[plane*perPixel+lane] = float32(sum / float64(area))
		}
	}
}

// slide computes the part's share of the output rows: each tap of the window takes in a row of the input, and finish
// ends the row.
func (p *Pool) slide(initial float32, take func(dst, src []float32, perPixel, step int), finish func(dst []float32, y, perPixel int)) {
	planes, perPixel := p.Layout.planes(p.Batch, p.Channels)
	inRow, outRow := p.InW*perPixel, p.OutW*perPixel
	first, last := share(planes*p.OutH, p.Part, p.Parts)
	for row := first; row < last; row++ {
		plane, y := row/p.OutH, row%p.OutH
		dst := p.Dst[row*outRow:][:outRow]
		for i := range dst {
			dst[i] = initial
		}
		top, bottom := p.clip(y, p.InH)
		for h := top; h < bottom; h++ {
			src := p.Src[(plane*p.InH+h)*inRow:][:inRow]
			for tap := range p.Kernel {
				from, to := p.inside(tap)
				if from < to {
					take(dst[from*perPixel:to*perPixel], src[(from*p.Stride-p.Padding+tap)*perPixel:], perPixel, p.Stride*perPixel)
				}
			}
		}
		if finish != nil {
			finish(dst, y, perPixel)
		}
	}
}

// clip is the part of a window that lies inside the input, along one axis.
func (p *Pool) clip(out, size int) (from, to int) {
	from = out*p.Stride - p.Padding
	return max(0, from), min(size, from+p.Kernel)
}

// inside is the range of output columns for which a tap lies inside the input.
func (p *Pool) inside(tap int) (from, to int) {
	from = max(0, (p.Padding-tap+p.Stride-1)/p.Stride)
	last := p.InW - 1 + p.Padding - tap
	if last < 0 {
		return from, from
	}
	return from, min(p.OutW, last/p.Stride+1)
}

// maxRow takes every step-th pixel of src into dst.
func maxRow(dst, src []float32, perPixel, step int) {
	for i := 0; i < len(dst); i += perPixel {
		pixel := dst[i:][:perPixel]
		for j, v := range src[i/perPixel*step:][:perPixel] {
			if old := pixel[j]; !(v <= old) && old == old {
				pixel[j] = v
			}
		}
	}
}

func addRow(dst, src []float32, perPixel, step int) {
	for i := 0; i < len(dst); i += perPixel {
		pixel := dst[i:][:perPixel]
		for j, v := range src[i/perPixel*step:][:perPixel] {
			pixel[j] += v
		}
	}
}

// divideRow turns the sums of output row y into means.
func (p *Pool) divideRow(dst []float32, y, perPixel int) {
	top, bottom := p.clip(y, p.InH)
	for x := range p.OutW {
		left, right := p.clip(x, p.InW)
		n := float32((bottom - top) * (right - left))
		for i := range perPixel {
			dst[x*perPixel+i] /= n
		}
	}
}
