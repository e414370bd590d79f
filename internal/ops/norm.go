package ops

// BatchNorm is one call of a batch norm whose statistics are known, with what may follow it: x·scale + shift, with a scale and
// shift for each channel, + add, and a ReLU.
type BatchNorm struct {
	Layout          Layout // of Dst and Src
	Batch, Channels int
	Area            int       // pixels
	Dst, Src        []float32 // (n, channels, area)
	Scale, Shift    []float32 // (channels); with NCHW16c padded with zeros to a multiple of 16
	Add             []float32 // like Src, or nil
	ReLU            bool
	Vectors         bool // of AVX2
	Part, Parts     int
}

// Run computes the part's share.
func (b *BatchNorm) Run() {
	planes, perPixel := b.Layout.planes(b.Batch, b.Channels)
	perImage := planes / b.Batch
	mustHold(b.Dst, planes*perPixel*b.Area, "ops: the destination of a batch norm is too short")
	mustHold(b.Src, planes*perPixel*b.Area, "ops: the source of a batch norm is too short")
	must(b.Add == nil || len(b.Add) >= planes*perPixel*b.Area, "ops: the residual of a batch norm is too short")
	must(min(len(b.Scale), len(b.Shift)) >= perImage*perPixel, "ops: the scale or the shift of a batch norm is too short")
	mustBePart(b.Part, b.Parts)
	first, last := share(planes, b.Part, b.Parts)
	for p := first; p < last; p++ {
		channel, size := p%perImage*perPixel, b.Area*perPixel
		plane := affinePlane{dst: b.Dst[p*size:][:size], src: b.Src[p*size:][:size], scale: b.Scale[channel:][:perPixel], shift: b.Shift[channel:][:perPixel], relu: b.ReLU}
		if b.Add != nil {
			plane.add = b.Add[p*size:][:size]
		}
		if !b.Vectors || !plane.blocks() {
			plane.run()
		}
	}
}

// affinePlane is a BatchNorm of the pixels of some channels.
type affinePlane struct {
	dst, src, add []float32 // (area, channels)
	scale, shift  []float32 // (channels)
	relu          bool
}

func (p affinePlane) run() {
	n := len(p.scale)
	for at := 0; at < len(p.src); at += n {
		for i, scale := range p.scale {
			y := float32(p.src[at+i]*scale) + p.shift[i]
			if p.add != nil {
				y += p.add[at+i]
			}
			if p.relu && y < 0 {
				y = 0
			}
			p.dst[at+i] = y
		}
	}
}
