package ops

import "iter"

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

// weightBlock is one of a packer's blocks, as the panels of tiles have them.
type weightBlock struct {
	width  int       // of the panel, in blocks of outputs
	out    int       // the block of the panel's outputs
	at     int       // weights of one tap before the panel's for this block of inputs
	values []float32 // (16 inputs, taps, 16 outputs), valid until the next block
}

// weightBlocks cuts weights into blocks: (panel, input block, panel's output blocks).
func (s *tileSet) weightBlocks(weight []float32, c Conv, b blockedGroups) iter.Seq[weightBlock] {
	return func(yield func(weightBlock) bool) {
		p := newPacker(weight, c)
		for i := range s.panelCount(b) {
			panel := s.panel(b, i)
			for in := range b.in {
				at := (panel.out*b.in + in*panel.width) * lanes * lanes
				for out := range panel.width {
					if !yield(weightBlock{panel.width, out, at, p.block((panel.out+out)*lanes, (panel.in+in)*lanes)}) {
						return
					}
				}
			}
		}
	}
}

// packDirect orders the weights as the tiles read them: (panel, input block, kh, kw, 16 inputs, panel's outputs).
func (s *tileSet) packDirect(dst, weight []float32, c Conv) {
	b, _ := groupBlocks(c, lanes)
	taps := c.KernelH * c.KernelW
	for w := range s.weightBlocks(weight, c, b) {
		to := dst[w.at*taps+w.out*lanes:]
		for k := range lanes {
			for tap := range taps {
				copy(to[(tap*lanes+k)*w.width*lanes:][:lanes], w.values[(k*taps+tap)*lanes:])
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
