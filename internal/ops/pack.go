package ops

// packer cuts the weights of a convolution into blocks of 16 outputs × 16 inputs, as the tiles read them.
type packer struct {
	Conv
	weight []float32 // (out, in/groups, kh, kw)
	tmp    []float32 // the current block: (16 inputs, taps, 16 outputs)
}

func newPacker(weight []float32, c Conv) *packer {
	return &packer{Conv: c, weight: weight, tmp: make([]float32, lanes*lanes*c.KernelH*c.KernelW)}
}

// block gives the weights of 16 outputs for 16 inputs from channels out and in on, (16 inputs, taps, 16 outputs), with
// zeros where there are none. They are valid until the next call.
func (p *packer) block(out, in int) []float32 {
	taps := p.KernelH * p.KernelW
	inG, outG := p.In/p.Groups, p.Out/p.Groups
	first := out / outG * inG // input channel of the group
	if last := out + lanes - 1; last < p.Out && last/outG == out/outG && in >= first && in+lanes <= first+inG {
		interleave(p.tmp, p.weight[(out*inG+in-first)*taps:], lanes*taps, inG*taps, true)
		return p.tmp
	}
	clear(p.tmp)
	for o := range min(lanes, p.Out-out) {
		first := (out + o) / outG * inG
		for i := max(in, first); i < min(in+lanes, first+inG); i++ {
			for tap, w := range p.weight[((out+o)*inG+i-first)*taps:][:taps] {
				p.tmp[((i-in)*taps+tap)*lanes+o] = w
			}
		}
	}
	return p.tmp
}

// packDirect orders the weights as the tiles read them: (panel, input block, kh, kw, 16 inputs, panel's outputs).
func (s *tileSet) packDirect(dst, weight []float32, c Conv) {
	b, _ := groupBlocks(c, lanes)
	p, taps := newPacker(weight, c), c.KernelH*c.KernelW
	for i := range s.panelCount(b) {
		panel := s.panel(b, i)
		width := panel.width * lanes
		for in := range b.in {
			for out := range panel.width {
				block := p.block((panel.out+out)*lanes, (panel.in+in)*lanes)
				for k := range lanes {
					for tap := range taps {
						copy(dst[(tap*lanes+k)*width+out*lanes:][:lanes], block[(k*taps+tap)*lanes:])
					}
				}
			}
			dst = dst[taps*lanes*width:]
		}
	}
}

// pack orders the transformed weights as the tiles read them: (n², panel, input block, 16 inputs, panel's outputs).
func (w *winograd) pack(dst, weight []float32, c Conv) {
	b := blockedGroups{1, blocksOf(c.In), blocksOf(c.Out)}
	p, points := newPacker(weight, c), w.n*w.n
	const step = lanes * (lanes + 1) // from one point to the next; a line more than the block, to spread over the cache
	transformed := make([]float32, points*step)
	for i := range w.panelCount(b) {
		panel := w.panel(b, i)
		width := panel.width * lanes
		for in := range b.in {
			for out := range panel.width {
				block := p.block((panel.out+out)*lanes, in*lanes)
				w.weights(&transformed[0], &block[0], lanes, step*4)
				for point := range points {
					to := dst[point*b.in*b.out*lanes*lanes+panel.out*b.in*lanes*lanes+in*lanes*width+out*lanes:]
					for k := range lanes {
						copy(to[k*width:][:lanes], transformed[point*step+k*lanes:])
					}
				}
			}
		}
	}
}

// packGrouped orders the weights as the tiles read them: (block, kh, kw, channels of a group, 16 outputs).
func (s *tileSet) packGrouped(dst, weight []float32, c Conv) {
	taps := c.KernelH * c.KernelW
	for block := range blocksOf(c.Out) {
		for tap := range taps {
			for k := range s.perTap {
				for o := range lanes {
					dst[o] = 0
					if out := block*lanes + o; out < c.Out {
						dst[o] = weight[(out*s.perTap+s.groupInput(k, o))*taps+tap]
					}
				}
				dst = dst[lanes:]
			}
		}
	}
}

// groupInput is the input of its group that an output takes its k-th product from.
func (s *tileSet) groupInput(k, out int) int {
	if s.crossed {
		return (k ^ out) & (s.perTap - 1)
	}
	return k
}

// packStem orders the weights as the tiles read them: (panel, in·kh·kw, panel's outputs).
func (s *tileSet) packStem(dst, weight []float32, c Conv) {
	depth := c.depth()
	b := blockedGroups{1, 1, blocksOf(c.Out)}
	for i := range s.panelCount(b) {
		p := s.panel(b, i)
		width := p.width * lanes
		for o := range width {
			for k := range depth {
				w := float32(0)
				if out := p.out*lanes + o; out < c.Out {
					w = weight[out*depth+k]
				}
				dst[k*width+o] = w
			}
		}
		dst = dst[depth*width:]
	}
}
