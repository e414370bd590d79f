package ops

import (
	"encoding/binary"
	"math"
)

// Int8Pool is one call of a pool over feature maps of bytes.
type Int8Pool struct {
	Batch, Channels         int
	InH, InW, OutH, OutW    int
	Kernel, Stride, Padding int     // of Max; the padding is smaller than the window
	Dst, Src                []uint8 // (n, c, h, w) as NCHW64u8
	From, To                Int8Param
	Vectors                 bool // of AVX2
	Part, Parts             int
}

// Max writes each window's largest byte: source and output stand for the same numbers. Padding never wins.
func (p *Int8Pool) Max() {
	must(p.Padding < p.Kernel, "ops: a window lies in the padding alone")
	p.check()
	taps := p.Kernel * p.Kernel
	var room [1024]int32
	offsets := room[:]
	if p.OutW*taps > len(offsets) {
		offsets = make([]int32, p.OutW*taps)
	}
	first, last := share(p.Batch*int8BlocksOf(p.Channels)*p.OutH, p.Part, p.Parts)
	for row := first; row < last; row++ {
		p.windows(offsets, row%p.OutH)
		src := p.Src[row/p.OutH*p.InH*p.InW*int8Lanes:][:p.InH*p.InW*int8Lanes]
		dst := p.Dst[row*p.OutW*int8Lanes:][:p.OutW*int8Lanes]
		if !p.Vectors || !maxBytes(dst, src, offsets, taps) {
			maxPixels(dst, src, offsets, taps)
		}
	}
}

func (p *Int8Pool) check() {
	mustHold(p.Src, NCHW64u8.Len(p.Batch, p.Channels, p.InH*p.InW), "ops: the source of a pool is too short")
	mustHold(p.Dst, NCHW64u8.Len(p.Batch, p.Channels, p.OutH*p.OutW), "ops: the destination of a pool is too short")
	mustBePart(p.Part, p.Parts)
}

// windows lists what the windows of output row y see: (outW, kernel²), bytes. A tap over the padding reads what the window
// has nearest to it, which changes no maximum.
func (p *Int8Pool) windows(offsets []int32, y int) {
	i := 0
	for x := range p.OutW {
		for kh := range p.Kernel {
			row := min(max(y*p.Stride-p.Padding+kh, 0), p.InH-1)
			for kw := range p.Kernel {
				col := min(max(x*p.Stride-p.Padding+kw, 0), p.InW-1)
				offsets[i] = int32(row*p.InW+col) * int8Lanes
				i++
			}
		}
	}
}

func maxPixels(dst, src []uint8, offsets []int32, taps int) {
	for ; len(dst) > 0; dst, offsets = dst[int8Lanes:], offsets[taps:] {
		pixel := dst[:int8Lanes]
		clear(pixel)
		for _, offset := range offsets[:taps] {
			for c, v := range src[offset:][:int8Lanes] {
				pixel[c] = max(pixel[c], v)
			}
		}
	}
}

// Global writes the mean of each plane: the exact sum, scaled once.
func (p *Int8Pool) Global() {
	p.check()
	area := p.InH * p.InW
	scale := float32(float64(p.From.Scale) / (float64(p.To.Scale) * float64(area)))
	blocks := int8BlocksOf(p.Channels)
	first, last := share(p.Batch*blocks, p.Part, p.Parts)
	for b := first; b < last; b++ {
		var sums [int8Lanes]int32
		for src := p.Src[b*area*int8Lanes:][:area*int8Lanes]; len(src) > 0; {
			n := min(len(src), 256*int8Lanes)
			addPixels(&sums, src[:n])
			src = src[n:]
		}
		for c, sum := range sums {
			mean := float32(sum-int32(area)*int32(p.From.Zero)) * scale
			p.Dst[b*int8Lanes+c] = saturate(math.RoundToEven(float64(mean)) + float64(p.To.Zero))
			if b%blocks*int8Lanes+c >= p.Channels {
				p.Dst[b*int8Lanes+c] = 0
			}
		}
	}
}

// addPixels adds up to 256 pixels, four bytes in a word of 64 bits at a time.
func addPixels(sums *[int8Lanes]int32, src []uint8) {
	const mask = 0x00ff00ff00ff00ff
	for word := range int8Lanes / 8 {
		var even, odd uint64
		for i := word * 8; i < len(src); i += int8Lanes {
			x := binary.LittleEndian.Uint64(src[i:])
			even += x & mask
			odd += x >> 8 & mask
		}
		for i := range 4 {
			sums[word*8+2*i] += int32(even >> (16 * i) & 0xffff)
			sums[word*8+2*i+1] += int32(odd >> (16 * i) & 0xffff)
		}
	}
}
