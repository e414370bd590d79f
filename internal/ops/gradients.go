package ops

import "math"

// ReLUGradient writes the part's share of the gradient of what a ReLU reads: grad, where its output y is not zero. dst may be
// grad.
func ReLUGradient(dst, grad, y []float32, vectors bool, part, parts int) {
	must(len(grad) >= len(dst) && len(y) >= len(dst), "ops: the gradient or the output of a ReLU is too short")
	mustBePart(part, parts)
	first, last := shareFloats(len(dst), part, parts)
	dst, grad, y = dst[first:last], grad[first:last], y[first:last]
	done := 0
	if vectors {
		done = reluGradientBlocks(dst, grad, y)
	}
	for i := done; i < len(dst); i++ {
		g := grad[i]
		if y[i] <= 0 { // NaN passed
			g = 0
		}
		dst[i] = g
	}
}

// gradient is Dst and Src of a pool on the way back: Dst is the gradient of the input, and grad that of the output.
func (p *Pool) gradient(outArea int, grad []float32, plane func(dst, grad []float32, plane, perPixel int)) {
	mustHold(p.Dst, p.Layout.Len(p.Batch, p.Channels, p.InH*p.InW), "ops: the gradient of a pool's input is too short")
	mustHold(grad, p.Layout.Len(p.Batch, p.Channels, outArea), "ops: the gradient of a pool's output is too short")
	mustBePart(p.Part, p.Parts)
	planes, perPixel := p.Layout.planes(p.Batch, p.Channels)
	in, out := p.InH*p.InW*perPixel, outArea*perPixel
	first, last := share(planes, p.Part, p.Parts)
	for i := first; i < last; i++ {
		dst := p.Dst[i*in:][:in]
		clear(dst)
		plane(dst, grad[i*out:][:out], i, perPixel)
	}
}

// MaxGradient writes the gradient of what Max read, Src, to Dst: each window's goes to its largest value, to the first of
// several, as in PyTorch.
func (p *Pool) MaxGradient(grad []float32) {
	mustHold(p.Src, p.Layout.Len(p.Batch, p.Channels, p.InH*p.InW), "ops: the source of a pool is too short")
	p.gradient(p.OutH*p.OutW, grad, func(dst, grad []float32, plane, perPixel int) {
		src := p.Src[plane*len(dst):][:len(dst)]
		var largest [lanes]float32
		var places [lanes]int
		for y := range p.OutH {
			top, bottom := p.clip(y, p.InH)
			for x := range p.OutW {
				left, right := p.clip(x, p.InW)
				for i := range perPixel {
					largest[i], places[i] = float32(math.Inf(-1)), (top*p.InW+left)*perPixel+i
				}
				for h := top; h < bottom; h++ {
					for w := left; w < right; w++ {
						at := (h*p.InW + w) * perPixel
						for i, v := range src[at:][:perPixel] {
							if v > largest[i] || v != v {
								largest[i], places[i] = v, at+i
							}
						}
					}
				}
				if top < bottom && left < right {
					for i, g := range grad[(y*p.OutW+x)*perPixel:][:perPixel] {
						dst[places[i]] += g
					}
				}
			}
		}
	})
}

// AverageGradient writes the gradient of what Average read to Dst.
func (p *Pool) AverageGradient(grad []float32) {
	p.gradient(p.OutH*p.OutW, grad, func(dst, grad []float32, _, perPixel int) {
		for y := range p.OutH {
			top, bottom := p.clip(y, p.InH)
			for x := range p.OutW {
				left, right := p.clip(x, p.InW)
				n := float32((bottom - top) * (right - left))
				for h := top; h < bottom; h++ {
					for w := left; w < right; w++ {
						to := dst[(h*p.InW+w)*perPixel:][:perPixel]
						for i, g := range grad[(y*p.OutW+x)*perPixel:][:perPixel] {
							to[i] += g / n
						}
					}
				}
			}
		}
	})
}

// BlurGradient writes the gradient of what Blur read to Dst.
func (p *Pool) BlurGradient(grad []float32) {
	weights := [3]float32{0.25, 0.5, 0.25}
	p.gradient(p.OutH*p.OutW, grad, func(dst, grad []float32, _, perPixel int) {
		for y := range p.OutH {
			for x := range p.OutW {
				from := grad[(y*p.OutW+x)*perPixel:][:perPixel]
				for i, vertical := range weights {
					h := reflected(y*p.Stride+i-1, p.InH)
					for j, horizontal := range weights {
						w := reflected(x*p.Stride+j-1, p.InW)
						to := dst[(h*p.InW+w)*perPixel:][:perPixel]
						for lane, g := range from {
							to[lane] += float32(vertical * horizontal * g)
						}
					}
				}
			}
		}
	})
}

// GlobalGradient writes the gradient of what Global read to Dst.
func (p *Pool) GlobalGradient(grad []float32) {
	p.gradient(1, grad, func(dst, grad []float32, _, perPixel int) {
		n := float32(p.InH * p.InW)
		for at := 0; at < len(dst); at += perPixel {
			for i, g := range grad {
				dst[at+i] = g / n
			}
		}
	})
}

// Gradient writes the gradient of what a pad read to Src, from that of its output, Dst.
func (p *Pad) Gradient() {
	mustHold(p.Dst, p.Layout.Len(p.Batch, p.Out, p.OutH*p.OutW), "ops: the gradient of a pad's output is too short")
	mustHold(p.Src, p.Layout.Len(p.Batch, p.In, p.InH*p.InW), "ops: the gradient of a pad's input is too short")
	must((p.OutH-1)*p.Stride < p.InH && (p.OutW-1)*p.Stride < p.InW, "ops: a pad reads past its source")
	mustBePart(p.Part, p.Parts)
	planes, perPixel := p.Layout.planes(p.Batch, p.In)
	perImage, size := planes/p.Batch, p.InH*p.InW*perPixel
	outPlanes, _ := p.Layout.planes(1, p.Out)
	first, last := share(planes, p.Part, p.Parts)
	for plane := first; plane < last; plane++ {
		src := p.Src[plane*size:][:size]
		clear(src)
		for lane := range perPixel {
			channel := plane%perImage*perPixel + lane
			to := channel + p.Before
			if channel >= p.In || to < 0 || to >= p.Out {
				continue
			}
			grad := p.Dst[(plane/perImage*outPlanes+to/perPixel)*p.OutH*p.OutW*perPixel+to%perPixel:]
			for y := range p.OutH {
				for x := range p.OutW {
					src[(y*p.Stride*p.InW+x*p.Stride)*perPixel+lane] = grad[(y*p.OutW+x)*perPixel]
				}
			}
		}
	}
}

// Spread is one call that puts the pixels of a map Stride apart into a larger one, with zeros between them. It is the way back
// from a stride.
type Spread struct {
	Layout               Layout // of Dst and Src
	Batch, Channels      int
	InH, InW, OutH, OutW int
	Stride               int
	Dst                  []float32 // (n, channels, outH, outW)
	Src                  []float32 // (n, channels, inH, inW)
	Part, Parts          int
}

// Run computes the part's share.
func (s *Spread) Run() {
	planes, perPixel := s.Layout.planes(s.Batch, s.Channels)
	in, out := s.InH*s.InW*perPixel, s.OutH*s.OutW*perPixel
	mustHold(s.Dst, planes*out, "ops: the destination of a spread is too short")
	mustHold(s.Src, planes*in, "ops: the source of a spread is too short")
	must((s.InH-1)*s.Stride < s.OutH && (s.InW-1)*s.Stride < s.OutW, "ops: a spread writes past its destination")
	mustBePart(s.Part, s.Parts)
	first, last := share(planes, s.Part, s.Parts)
	for plane := first; plane < last; plane++ {
		dst, src := s.Dst[plane*out:][:out], s.Src[plane*in:][:in]
		clear(dst)
		for y := range s.InH {
			row := dst[y*s.Stride*s.OutW*perPixel:]
			for x := range s.InW {
				copy(row[x*s.Stride*perPixel:][:perPixel], src[(y*s.InW+x)*perPixel:])
			}
		}
	}
}
