package ops

import (
	"math"
)

// newWinogradRows makes a kernel that computes a 3×3 convolution of stride 1 as F(1×2, 3×3): Winograd's F(2,3) along the
// rows of pixels alone. It saves a third of the multiplications where F(2×2) saves five ninths, but reads 12 weights for 9
// where F(2×2) reads 16: on the smallest maps reading them is what takes the time. For each of the 4 points it is a
// convolution of 3×1, so that together they are the direct kernel's work in 4 groups.
func newWinogradRows(name string, w winograd) *ConvKernel {
	r := winogradRows{&w}
	return checked(ConvKernel{
		Name:       name,
		Level:      w.level,
		In:         NCHW16c,
		Out:        NCHW16c,
		Accepts:    func(c Conv) bool { return isWinograd(c) && c.OutH*c.OutW <= rowsArea },
		PackedLen:  func(c Conv) int { return w.directPackedLen(r.points(c)) },
		Pack:       r.pack,
		ScratchLen: func(c Conv) int { return r.plan(c).scratch },
		InPlace:    always,
		Run:        r.run,
	})
}

// rowsArea bounds the pixels of a map: all points of it are kept in scratch memory.
const rowsArea = 256

type winogradRows struct{ *winograd }

// points is the convolution of the transformed rows: a group of channels for each point.
func (w winogradRows) points(c Conv) Conv {
	across := (c.OutW + w.m - 1) / w.m
	return Conv{
		In: w.n * blocksOf(c.In) * lanes, Out: w.n * blocksOf(c.Out) * lanes, Groups: w.n,
		InH: c.OutH + 2, InW: across, OutH: c.OutH, OutW: across, KernelH: 3, KernelW: 1, Stride: 1, Dilation: 1,
	}
}

// pack transforms the rows of each kernel, in float64, into the order of the direct kernel: (point, panel, input block, 3,
// 16 inputs, panel's outputs).
func (w winogradRows) pack(dst, weight []float32, c Conv) {
	group := w.directPackedLen(w.points(c)) / w.n
	for b := range w.weightBlocks(weight, c, winogradBlocks(c)) {
		to := dst[b.at*3+b.out*lanes:]
		for k := range lanes {
			for y := range 3 {
				transformRow(to[(y*lanes+k)*b.width*lanes:], group, b.values[(k*3+y)*3*lanes:])
			}
		}
	}
}

// transformRow multiplies the 3 weights of 16 outputs by F(2,3)'s {{1, 0, 0}, {½, ½, ½}, {½, -½, ½}, {0, 0, 1}}, into 4
// points at a distance.
func transformRow(dst []float32, distance int, row []float32) {
	left, middle, right := row[:lanes], row[lanes:][:lanes], row[2*lanes:][:lanes]
	copy(dst, left)
	sum, difference := dst[distance:][:lanes], dst[2*distance:][:lanes]
	for o := range lanes {
		even, odd := (float64(left[o])+float64(right[o]))/2, float64(middle[o])/2
		sum[o], difference[o] = float32(even+odd), float32(even-odd)
	}
	copy(dst[3*distance:], right)
}

// rowsPlan is where things are in the scratch memory of a part, in floats.
type rowsPlan struct {
	columns int // of a map with its borders
	v, mul  int // transformed inputs (n, input block, outH+2, across, 16) and products (n, output block, outH, across, 16)
	half    int // a channel block with its borders (outH+2, columns, 16)
	zeros   int // the bias of the products
	offsets int // of the tiles' pixels
	scratch int
}

func (w winogradRows) plan(c Conv) rowsPlan {
	points := w.points(c)
	p := rowsPlan{columns: points.OutW*w.m + 2}
	p.mul = p.v + NCHW16c.Len(1, points.In, points.InH*points.InW)
	p.half = p.mul + NCHW16c.Len(1, points.Out, points.OutH*points.OutW)
	p.zeros = p.half + points.InH*p.columns*lanes
	p.offsets = p.zeros + points.Out
	p.scratch = p.offsets + w.directScratchLen(points)
	return p
}

func (w winogradRows) run(a *ConvArgs) {
	p, points := w.plan(a.Conv), w.points(a.Conv)
	s := a.Scratch[:p.scratch]
	clear(s[p.half:p.offsets])
	d := newDirectRun(w.tileSet, ConvArgs{
		Conv: points, Batch: 1, Src: s[p.v:p.mul], Dst: s[p.mul:p.half], Weights: a.Weights, Bias: s[p.zeros:p.offsets],
	}, s[p.offsets:])

	panels := w.panelsPerGroup(d.blockedGroups)
	work := float64(a.Batch * points.OutH * points.OutW)
	weights := float64(w.directPackedLen(points))
	g := load{
		pixels: a.Batch, panels: panels, flops: 2 * weights * work, transform: 6 * work * float64(points.In/lanes),
		input: 4 * float64(NCHW16c.Len(a.Batch, a.In, a.InH*a.InW)), weights: 4 * weights,
	}.split(a.Parts)
	firstPanel, lastPanel := share(panels, a.Part/g.pixels, g.channels)
	if firstPanel == lastPanel {
		return
	}
	firstImage, lastImage := share(a.Batch, a.Part%g.pixels, g.pixels)
	for image := firstImage; image < lastImage; image++ {
		w.transformInput(a, p, image)
		for first := 0; first < points.OutH*points.OutW; {
			first = d.plan(first, points.OutH*points.OutW)
			for point := range w.n {
				d.compute(point*panels+firstPanel, point*panels+lastPanel)
			}
		}
		end := d.panel(d.blockedGroups, lastPanel-1)
		for b := d.panel(d.blockedGroups, firstPanel).out; b < end.out+end.width; b++ {
			w.transformOutput(a, p, image, b)
		}
	}
}

// transformInput transforms the rows of all channels of an image.
func (w winogradRows) transformInput(a *ConvArgs, p rowsPlan, image int) {
	const pixel = lanes * 4
	points, in := w.points(a.Conv), blocksOf(a.In)
	plane := points.InH * points.InW * lanes
	half := a.Scratch[p.half:p.zeros]
	width := min(a.InW, p.columns-a.Padding) * lanes
	for b := range in {
		src := a.Src[(image*in+b)*a.InH*a.InW*lanes:]
		for y := range points.InH {
			if from := y - a.Padding; from >= 0 && from < a.InH && width > 0 {
				copy(half[(y*p.columns+a.Padding)*lanes:][:width], src[from*a.InW*lanes:])
			}
		}
		w.input(&a.Scratch[p.v+b*plane], &half[0], nil, &pointOffsets[0],
			points.InH, points.InW, p.columns*pixel, w.m*pixel, points.InW*pixel, in*plane*4)
	}
}

// transformOutput turns the products of a block of output channels into pixels.
func (w winogradRows) transformOutput(a *ConvArgs, p rowsPlan, image, b int) {
	points, out := w.points(a.Conv), blocksOf(a.Out)
	floor := float32(math.Inf(-1))
	if a.ReLU {
		floor = 0
	}
	plane := points.OutH * points.OutW * lanes
	dst := (image*out + b) * a.OutH * a.OutW * lanes
	var add *float32
	if a.Add != nil {
		add = &a.Add[dst]
	}
	w.outputRows(&a.Dst[dst], &a.Scratch[p.mul+b*plane], &a.Bias[b*lanes], add,
		a.OutH, a.OutW, points.OutW*lanes*4, out*plane*4, a.OutW*lanes*4, floor)
}
