package ops

import "resnet/internal/isa"

// dotFunc is the signature of the generated dot products.
type dotFunc = func(sums, x, weights *float32, n, stride int)

// newLinear makes a kernel that computes a fully connected layer, a 1×1 convolution of a single pixel: a dot product for
// each output, as fast as memory delivers the weights.
func newLinear(name string, level isa.Level, dot1, dot4 dotFunc) *ConvKernel {
	k := linear{dot1, dot4}
	return checked(ConvKernel{
		Name:       name,
		Level:      level,
		In:         NCHW,
		Out:        NCHW,
		Accepts:    isLinear,
		PackedLen:  func(c Conv) int { return c.Out * blocksOf(c.In) * lanes },
		Pack:       packLinear,
		ScratchLen: func(c Conv) int { return blocksOf(c.In)*lanes + 4*lanes },
		InPlace:    always,
		Run:        k.run,
	})
}

func isLinear(c Conv) bool {
	return c.KernelH == 1 && c.KernelW == 1 && c.InH*c.InW == 1 && c.OutH*c.OutW == 1 && c.Groups == 1
}

// packLinear fills the rows up to whole blocks: (out, in).
func packLinear(dst, weight []float32, c Conv) {
	row := blocksOf(c.In) * lanes
	for o := range c.Out {
		n := copy(dst[o*row:][:row], weight[o*c.In:][:c.In])
		clear(dst[o*row+n : (o+1)*row])
	}
}

// linear is the dot products of an instruction set, of one row of weights and of four.
type linear struct{ dot1, dot4 dotFunc }

// linearRows is the number of rows that all images of a batch pass over before the next: their weights stay in the
// second-level cache.
const linearRows = 32

func (l linear) run(a *ConvArgs) {
	first, last := share(a.Out, a.Part, a.Parts)
	row := blocksOf(a.In) * lanes
	x := a.Scratch[:row]
	for ; first < last; first += linearRows {
		rows := min(linearRows, last-first)
		for n := range a.Batch {
			copied := copy(x, a.Src[n*a.In:][:a.In])
			clear(x[copied:])
			l.rows(a, n*a.Out+first, first, rows, x)
		}
	}
}

// rows computes the outputs of some rows of weights for one image. It takes the rows by four from the start of the share;
// a row's sum is the same alone.
func (l linear) rows(a *ConvArgs, dst, first, rows int, x []float32) {
	sums := a.Scratch[len(x):][:4*lanes]
	for i := 0; i < rows; {
		dot, n := l.dot1, 1
		if rows-i >= 4 {
			dot, n = l.dot4, 4
		}
		dot(&sums[0], &x[0], &a.Weights[(first+i)*len(x)], len(x)/lanes, len(x))
		for j := range n {
			y := sumLanes(sums[j*lanes:]) + a.Bias[first+i+j]
			if a.Add != nil {
				y += a.Add[dst+i+j]
			}
			if a.ReLU && y < 0 {
				y = 0
			}
			a.Dst[dst+i+j] = y
		}
		i += n
	}
}

// sumLanes adds 16 values pairwise.
func sumLanes(x []float32) float32 {
	s := [lanes / 2]float32{}
	for i := range s {
		s[i] = x[i] + x[i+lanes/2]
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}
