package ops

// Pad is one call of shortcut A of He et al. (2015): every Stride-th pixel, with Before channels of zeros in front and
// as many behind as the output has left.
type Pad struct {
	Layout               Layout
	Batch, In, Out       int // channels
	InH, InW, OutH, OutW int
	Stride, Before       int
	Dst, Src             []float32
	Part, Parts          int
}

// Run computes the part's share.
func (p *Pad) Run() {
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
