package ops

import "resnet/internal/isa"

// int8TileFunc and int8StemFunc are the signatures of the generated tiles; their comments say what they compute.
type (
	int8TileFunc = func(dst *uint8, sums *int32, src, zero *uint8, weights *int8, bias *int32, scale *float32, add *uint8, addScale float32,
		next *int8, offsets *int32, tiles, blocks, taps, srcBlock, nextStep int)
	int8StemFunc = func(dst *uint8, sums *int32, src, zero *uint8, weights *int8, bias *int32, scale *float32, add *uint8, addScale float32,
		offsets, taps *int32, tiles, depth int)
)

// int8TileSet is the register tiles of an instruction set. A tile computes a panel of output channels, in 4 registers of
// 32-bit sums for each pixel.
type int8TileSet struct {
	level    isa.Level
	channels int            // of a panel; a block of 64 is one or two
	direct   []int8TileFunc // by pixels-1
	stem     []int8StemFunc // likewise
	// widen makes words of n blocks of 32 bytes, where the tiles multiply words; else nil.
	widen func(dst, src *uint8, n int)
}

func newInt8Kernels(sets []*int8TileSet) []*Int8Kernel {
	var list []*Int8Kernel
	for _, s := range sets {
		list = append(list, newInt8Stem(s), newInt8Direct(s))
	}
	return list
}

// int8Quad is the number of inputs that are multiplied in one lane.
const int8Quad = 4

// channel is the output channel, within a panel, of a lane of register v: packing the 4 registers to bytes, 128 bits of
// each at a time, gives the channels in order.
func (s *int8TileSet) channel(v, lane int) int { return lane/4*16 + v*4 + lane%4 }

func (s *int8TileSet) lanes() int { return s.channels / 4 }

// size is that of a factor in bytes, as the tiles read it.
func (s *int8TileSet) size() int {
	if s.widen != nil {
		return 2
	}
	return 1
}

// quadBytes is the size of the weights of 4 inputs.
func (s *int8TileSet) quadBytes() int { return s.size() * int8Quad * s.channels }

// headBytes is the size of bias and scales before a panel's weights.
func (s *int8TileSet) headBytes() int { return 8 * s.channels }

// packHead writes bias and scales of a panel, in the order of the registers, and returns what is behind them.
func (s *int8TileSet) packHead(dst []byte, w Int8Weights, first int) []byte {
	for v := range 4 {
		for lane := range s.lanes() {
			bias, scale := int32(0), float32(0)
			if o := first + s.channel(v, lane); o < len(w.Bias) {
				bias, scale = w.Bias[o], w.Scale[o]
			}
			i := 4 * (v*s.lanes() + lane)
			copy(dst[i:], bytesOf(bias))
			copy(dst[4*s.channels+i:], bytesOf(scale))
		}
	}
	return dst[s.headBytes():]
}

// quadAt is where, in the weights of 4 inputs, that of an input is for a lane of register v: they are (4 registers, lane,
// input), or as words (2, 4 registers, lane, 2).
func (s *int8TileSet) quadAt(v, lane, input int) int {
	if s.widen != nil {
		return 2 * (((input/2*4+v)*s.lanes()+lane)*2 + input%2)
	}
	return (v*s.lanes()+lane)*int8Quad + input
}

// packQuad writes the weights of 4 inputs. weight gives that of an output of the panel.
func (s *int8TileSet) packQuad(dst []byte, weight func(out, input int) int8) []byte {
	for v := range 4 {
		for lane := range s.lanes() {
			for i := range int8Quad {
				w, at := weight(s.channel(v, lane), i), s.quadAt(v, lane, i)
				dst[at] = byte(w)
				if s.widen != nil {
					dst[at+1] = byte(w >> 7) // the sign
				}
			}
		}
	}
	return dst[s.quadBytes():]
}

// int8Call is what all tiles of one call share.
type int8Call struct {
	*int8TileSet
	*Int8Args
	area int                  // of the output
	zero [2 * int8Lanes]uint8 // a pixel of padding, as the tiles read it
}

func (s *int8TileSet) call(a *Int8Args) int8Call {
	c := int8Call{int8TileSet: s, Int8Args: a, area: a.OutH * a.OutW}
	for i := range int8Lanes {
		c.zero[i*s.size()] = a.Param.Zero
	}
	return c
}

// place is where the output of a panel begins: image n, output channel first, pixel.
func (c *int8Call) place(n, first, pixel int) (dst, add *uint8) {
	i := int8Index(n, first, pixel, c.Out, c.area)
	if c.Add != nil {
		add = &c.Add[i]
	}
	return &c.Dst[i], add
}

// scatter writes the floats of a tile's sums: (pixels, 4 registers, lanes), of the panel from channel first on.
func (c *int8Call) scatter(sums []int32, scale []float32, n, first, pixel int) {
	for ; len(sums) > 0; pixel++ {
		for v := range 4 {
			for lane := range c.lanes() {
				i := v*c.lanes() + lane
				if o := first + c.channel(v, lane); o < c.Out {
					c.Floats[(n*c.Out+o)*c.area+pixel] = float32(sums[i]) * scale[i]
				}
			}
		}
		sums = sums[c.channels:]
	}
}
