package ops

// newStem makes a kernel that computes a convolution of fewer than 16 input channels, the first of a network: it reads
// NCHW and writes NCHW16c. The rows of the input that some rows of the output need are copied to scratch memory with
// their padding; a product's input is then at a fixed distance from its pixel's.
func newStem(name string, s *tileSet) *ConvKernel {
	return checked(ConvKernel{
		Name:       name,
		Level:      s.level,
		In:         NCHW,
		Out:        NCHW16c,
		Accepts:    func(c Conv) bool { return c.Groups == 1 && c.In < lanes && fitsOffsets(c) },
		PackedLen:  func(c Conv) int { return c.depth() * blocksOf(c.Out) * lanes },
		Pack:       s.packStem,
		ScratchLen: func(c Conv) int { return planStem(c).scratch },
		InPlace:    always,
		Run:        s.runStem,
	})
}

// stemPlan is the shape of the padded input, and where things are in the scratch memory.
type stemPlan struct {
	rows          int // output rows that are computed at a time
	height, width int // of the padded input that they need, for each channel
	offsets, taps int // after the padded input
	scratch       int
}

// stemBytes bounds the padded input, so that it stays in the second-level cache.
const stemBytes = 64 << 10

func planStem(c Conv) stemPlan {
	p := stemPlan{width: (c.OutW-1)*c.Stride + (c.KernelW-1)*c.Dilation + 1}
	p.rows = min(c.OutH, max(1, stemBytes/(4*c.In*p.width*c.Stride)))
	p.height = (p.rows-1)*c.Stride + (c.KernelH-1)*c.Dilation + 1
	p.offsets = c.In * p.height * p.width
	p.taps = p.offsets + p.rows*c.OutW
	p.scratch = p.taps + c.depth()
	return p
}

func (s *tileSet) runStem(a *ConvArgs) {
	p := planStem(a.Conv)
	taps := offsetsIn(a.Scratch[p.taps:p.scratch])
	for k := range taps {
		i, kh, kw := k/(a.KernelH*a.KernelW), k/a.KernelW%a.KernelH, k%a.KernelW
		taps[k] = int32(4 * ((i*p.height+kh*a.Dilation)*p.width + kw*a.Dilation))
	}
	offsets := offsetsIn(a.Scratch[p.offsets:p.taps])
	for i := range offsets {
		offsets[i] = int32(4 * a.Stride * (i/a.OutW*p.width + i%a.OutW))
	}
	for first, last := share(a.Batch*a.OutH, a.Part, a.Parts); first < last; {
		image, row := first/a.OutH, first%a.OutH
		rows := min(p.rows, last-first, a.OutH-row)
		p.pad(a, image, row)
		s.stemRows(a, image, row, rows, offsets, taps)
		first += rows
	}
}

// pad copies what output rows from row on read, with zeros around it.
func (p *stemPlan) pad(a *ConvArgs, image, row int) {
	left := min(a.Padding, p.width)
	n := max(0, min(a.InW, p.width-left))
	for i := range a.In {
		for h := range p.height {
			dst := a.Scratch[(i*p.height+h)*p.width:][:p.width]
			y := row*a.Stride - a.Padding + h
			if y < 0 || y >= a.InH {
				clear(dst)
				continue
			}
			clear(dst[:left])
			copy(dst[left:], a.Src[((image*a.In+i)*a.InH+y)*a.InW:][:n])
			clear(dst[left+n:])
		}
	}
}

func (s *tileSet) stemRows(a *ConvArgs, image, row, rows int, offsets, taps []int32) {
	flags := tileFinish
	if a.ReLU {
		flags |= tileReLU
	}
	plane := a.OutH * a.OutW * lanes
	dst := image*blocksOf(a.Out)*plane + row*a.OutW*lanes
	sums := stemSums{
		dst: a.Dst[dst:], plane: plane, src: a.Scratch, weights: a.Weights, bias: a.Bias,
		offsets: offsets[:rows*a.OutW], taps: taps, tileFlags: flags,
	}
	if a.Add != nil {
		sums.add = a.Add[dst:]
	}
	s.stemTiles(blocksOf(a.Out), sums)
}

// stemSums are some pixels of an image, all of whose inputs are at a distance from the first.
type stemSums struct {
	dst, add  []float32 // of the first pixel, in the first block of outputs; add may be nil
	plane     int       // floats from a block to the next
	src       []float32
	weights   []float32 // as packStem orders them
	bias      []float32
	offsets   []int32 // of the pixels, in bytes
	taps      []int32 // of the products, in bytes
	tileFlags int
}

// stemTiles computes pixels for some blocks of outputs.
func (s *tileSet) stemTiles(blocks int, p stemSums) {
	n, depth := len(p.offsets), len(p.taps)
	tiles := (n + s.pixels - 1) / s.pixels
	small := n / tiles
	large := n - tiles*small // tiles of one pixel more
	b := blockedGroups{1, 1, blocks}
	for i := range s.panelCount(b) {
		panel := s.panel(b, i)
		at := 0
		for _, t := range [2]struct{ tiles, size int }{{large, small + 1}, {tiles - large, small}} {
			if t.tiles == 0 {
				continue
			}
			dst := panel.out*p.plane + at*lanes
			var add *float32
			if p.add != nil {
				add = &p.add[dst]
			}
			s.stem[panel.width][t.size-1](&p.dst[dst], &p.src[0], &p.weights[panel.out*lanes*depth], &p.bias[panel.out*lanes], add,
				&p.offsets[at], &p.taps[0], t.tiles, depth, p.plane*4, p.tileFlags)
			at += t.tiles * t.size
		}
	}
}
