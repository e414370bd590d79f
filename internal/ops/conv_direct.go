package ops

// newDirect makes a kernel that computes any convolution whose groups fall into blocks, of any kernel size, stride,
// dilation and padding: a tile of output pixels reads each tap's inputs through a list of offsets, so that neither borders
// nor rows that end inside a tile need copies or kernels of their own.
func newDirect(name string, s *tileSet) *ConvKernel {
	return checked(ConvKernel{
		Name:       name,
		Level:      s.level,
		In:         NCHW16c,
		Out:        NCHW16c,
		Accepts:    func(c Conv) bool { _, ok := groupBlocks(c, lanes); return ok },
		PackedLen:  s.directPackedLen,
		Pack:       s.packDirect,
		ScratchLen: s.directScratchLen,
		InPlace: func(c Conv) bool { // unless sums that are not complete wait in Dst
			b, _ := groupBlocks(c, lanes)
			return s.reduceBlocks(c, b) == b.in
		},
		Run: s.runDirect,
	})
}

func (s *tileSet) directPackedLen(c Conv) int {
	b, _ := groupBlocks(c, lanes)
	return b.groups * b.in * b.out * c.KernelH * c.KernelW * s.perTap * lanes
}

// reduceBlocks is the number of input blocks that a tile sums in one go.
func (s *tileSet) reduceBlocks(c Conv, b blockedGroups) int {
	return s.step(b.in, lanes*c.KernelH*c.KernelW)
}

// chunkTiles is the number of tiles whose offsets are listed at a time: all output channels pass over them while their
// inputs stay in the second-level cache.
func (s *tileSet) chunkTiles(c Conv, b blockedGroups) int {
	return max(4, s.chunk/(s.reduceBlocks(c, b)*lanes*4*s.pixels*min(c.Stride*c.Stride, c.KernelH*c.KernelW)))
}

func (s *tileSet) directScratchLen(c Conv) int {
	b, _ := groupBlocks(c, lanes)
	return s.chunkTiles(c, b) * s.pixels * c.KernelH * c.KernelW
}

// direct is one call of runDirect.
type direct struct {
	*tileSet
	ConvArgs
	tileRuns
	blockedGroups
	taps     int
	planeIn  int // floats of a channel block
	planeOut int // likewise
}

// newDirectRun begins a call, with room for the offsets of a chunk.
func newDirectRun(s *tileSet, a ConvArgs, room []float32) direct {
	b, _ := groupBlocks(a.Conv, lanes)
	offsets := room[:s.directScratchLen(a.Conv)]
	return direct{
		tileSet: s, ConvArgs: a, blockedGroups: b,
		tileRuns: tileRuns{conv: a.Conv, most: s.pixels, offsets: offsetsIn(offsets)},
		taps:     a.KernelH * a.KernelW,
		planeIn:  a.InH * a.InW * lanes,
		planeOut: a.OutH * a.OutW * lanes,
	}
}

func (s *tileSet) runDirect(a *ConvArgs) {
	d := newDirectRun(s, *a, a.Scratch)
	pixels, panels := a.Batch*a.OutH*a.OutW, s.panelCount(d.blockedGroups)
	weightBytes := 4 * float64(s.directPackedLen(a.Conv))
	g := load{
		pixels: pixels, panels: panels, flops: weightBytes / 2 * float64(pixels),
		input: 4 * float64(a.Batch*blocksOf(a.In)*d.planeIn), weights: weightBytes,
	}.split(a.Parts)
	firstPanel, lastPanel := share(panels, a.Part/g.pixels, g.channels)
	first, last := share(pixels, a.Part%g.pixels, g.pixels)
	for first < last {
		first = d.plan(first, last)
		d.compute(firstPanel, lastPanel)
	}
}

// compute runs panels over the planned tiles. The inputs are summed some blocks at a time, so that the weights for them
// stay in the first-level cache; the order of the sum is that of the channels all the same.
func (d *direct) compute(firstPanel, lastPanel int) {
	step := d.reduceBlocks(d.Conv, d.blockedGroups)
	for in := 0; in < d.in; in += step {
		blocks, flags := min(step, d.in-in), 0
		if in > 0 {
			flags |= tileAccumulate
		}
		if in+blocks == d.in {
			flags |= tileFinish
			if d.ReLU {
				flags |= tileReLU
			}
		}
		for i := firstPanel; i < lastPanel; i++ {
			next, nextIn := i+1, in
			if next == lastPanel {
				next, nextIn = firstPanel, in+step
			}
			if nextIn >= d.blockedGroups.in {
				nextIn = 0
			}
			d.panelTiles(d.panel(d.blockedGroups, i), in, blocks, flags, d.weights(d.panel(d.blockedGroups, next), nextIn))
		}
	}
}

// weights is where a panel's weights for the input blocks from in on begin.
func (d *direct) weights(p panel, in int) int {
	return (p.out*d.blockedGroups.in + in*p.width) * d.taps * d.perTap * lanes
}

// panelTiles computes all planned tiles of a panel and fetches the weights at next meanwhile.
func (d *direct) panelTiles(p panel, in, blocks, flags, next int) {
	step := fetchStep(p.width, lanes*p.width, d.tileCount())
	for _, r := range d.runs[:d.planned] {
		dst := (r.image*d.groups*d.blockedGroups.out+p.out)*d.planeOut + r.pixel*lanes
		src := (r.image*d.groups*d.blockedGroups.in+p.in+in)*d.planeIn + r.shift/4
		var add *float32
		if d.Add != nil {
			add = &d.Add[dst]
		}
		d.tiles[p.width][r.size-1](&d.Dst[dst], &d.Src[src], &zeroPixel[0], &d.Weights[d.weights(p, in)], &d.Bias[p.out*lanes], add,
			&d.Weights[next], &r.offsets[0], r.tiles, blocks, d.taps, d.planeIn*4, d.planeOut*4, flags, step)
		next = min(next+r.tiles*blocks*d.taps*step/4, len(d.Weights)-1)
	}
}
