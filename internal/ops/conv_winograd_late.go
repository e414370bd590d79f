package ops

// The transformed weights of F(4,3) are 4 times as many as a layer has. Where they don't fit into the caches, reading them
// takes longer than multiplying by them, so that large layers keep their 3×3 kernels, and transform those of one panel and
// some input channels at a time into scratch memory that stays in the second-level cache.

// lateWeights is how a winograd transforms weights when it uses them.
type lateWeights struct {
	// transform is like winograd.weights, in float32, from kernels in the order of packLate; nil where there is none.
	transform func(dst, src *float32, n, dstPoint int)
	from      int // bytes of transformed weights from which it pays
}

// lateWeightsBytes bounds the transformed weights that scratch memory holds: with the inputs of a chunk and the products of
// a panel they fill half of a second-level cache of 2 MiB.
const lateWeightsBytes = 300 << 10

// isLate is whether the weights of a layer are transformed when they are used.
func (w *winograd) isLate(c Conv) bool {
	return w.late.transform != nil && w.n*w.n*blocksOf(c.In)*blocksOf(c.Out)*lanes*lanes*4 >= w.late.from
}

// packedPoints is the number of floats that a weight of 3×3 is packed as.
func (w *winograd) packedPoints(c Conv) int {
	if w.isLate(c) {
		return 9
	}
	return w.n * w.n
}

// packLate orders weights for the transform: (panel, 16·input block, panel's output blocks, 3, 3, 16 outputs).
func (w *winograd) packLate(dst, weight []float32, c Conv) {
	const kernel = 9 * lanes
	for b := range w.weightBlocks(weight, c, winogradBlocks(c)) {
		to := dst[b.at*9+b.out*kernel:]
		for k := range lanes {
			copy(to[k*b.width*kernel:][:kernel], b.values[k*kernel:])
		}
	}
}

// lateWeightsPlan is where transformed weights are in the scratch memory of a part, in floats: (n², 16·step, outputs of
// the widest panel).
type lateWeightsPlan struct {
	at, end int
	step    int // input blocks
	point   int // from one point to the next: a line more, to spread over the cache
}

func (w *winograd) planLate(c Conv, at int) lateWeightsPlan {
	if !w.isLate(c) {
		return lateWeightsPlan{at: at, end: at}
	}
	points, block := w.n*w.n, lanes*lanes*w.widest(blocksOf(c.Out))
	in := blocksOf(c.In)
	steps := (in*points*block*4 + lateWeightsBytes - 1) / lateWeightsBytes
	p := lateWeightsPlan{at: at, step: (in + steps - 1) / steps}
	p.point = p.step*block + lanes
	p.end = at + points*p.point
	return p
}

// multiplyLate multiplies the matrices of n tiles from first on panel by panel, as it transforms their weights, and the
// products into outputs.
func (r *winogradRun) multiplyLate(first, n int) {
	const kernel = 9 * lanes * lanes // floats of a block of inputs and a block of outputs
	points := r.n * r.n
	for out := r.firstBlock; out < r.lastBlock; {
		width := r.widest(r.out - out)
		for in := 0; in < r.in; in += r.u.step {
			blocks := min(r.u.step, r.in-in)
			at := (out*r.in + in*width) * kernel
			r.late.transform(&r.Scratch[r.u.at], &r.Weights[at], blocks*lanes*width, r.u.point*4)
			next := at + blocks*width*kernel
			for point := range points {
				fetch := min(next+point*blocks*width*kernel/points, len(r.Weights)-1)
				r.multiplyPanel(n, point, in, blocks, out, width, r.Scratch[r.u.at+point*r.u.point:], fetch, (9*lanes*width+points-1)/points)
			}
		}
		r.transformOutputs(first, n, out, out+width)
		out += width
	}
}
