package ops

// Pad is one call of shortcut A of He et al. (2015): every Stride-th pixel, with Before channels of zeros in front and
// as many behind as the output has left.
type Pad struct {
	Layout               Layout // of Dst and Src
	Batch, In, Out       int    // channels
	InH, InW, OutH, OutW int
	Stride, Before       int
	Dst                  []float32 // (n, out, outH, outW)
	Src                  []float32 // (n, in, inH, inW)
	Part, Parts          int
}

// Run computes the part's share.
func (p *Pad) Run() {
	mustHold(p.Dst, p.Layout.Len(p.Batch, p.Out, p.OutH*p.OutW), "ops: the destination of a pad is too short")
	mustHold(p.Src, p.Layout.Len(p.Batch, p.In, p.InH*p.InW), "ops: the source of a pad is too short")
	must((p.OutH-1)*p.Stride < p.InH && (p.OutW-1)*p.Stride < p.InW, "ops: a pad reads past its source")
	mustBePart(p.Part, p.Parts)
	planes, perPixel := p.Layout.planes(p.Batch, p.Out)
	perImage, size := planes/p.Batch, p.OutH*p.OutW*perPixel
	first, last := share(planes, p.Part, p.Parts)
	for plane := first; plane < last; plane++ {
		dst := p.Dst[plane*size:][:size]
		clear(dst)
		for lane := range perPixel {
			channel := plane%perImage*perPixel + lane - p.Before
			if channel >= 0 && channel < p.In {
				p.channel(dst[lane:], plane/perImage, channel, perPixel)
			}
		}
	}
}

// channel copies one channel of an image; dst begins with its first pixel.
func (p *Pad) channel(dst []float32, image, channel, perPixel int) {
	planes, _ := p.Layout.planes(1, p.In)
	plane := (image*planes + channel/perPixel) * p.InH * p.InW
	for y := range p.OutH {
		row := p.Src[(plane+y*p.Stride*p.InW)*perPixel+channel%perPixel:]
		for x := range p.OutW {
			dst[(y*p.OutW+x)*perPixel] = row[x*p.Stride*perPixel]
		}
	}
}
