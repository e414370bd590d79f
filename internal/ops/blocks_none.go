//go:build !amd64 || purego || noasm

package ops

// Without assembly the portable loops do all of it.

func reluBlocks(dst, src []float32) (done int)                          { return 0 }
func addBlocks(dst, a, b []float32) (done int)                          { return 0 }
func (p affinePlane) blocks() bool                                      { return false }
func reluGradientBlocks(dst, grad, y []float32) (done int)              { return 0 }
func momentsBlock(sums, src, shift []float32) bool                      { return false }
func (p *normPixels) sumBlock(sums []float32) bool                      { return false }
func (p *normPixels) inputBlock(dst, slope, offset []float32) bool      { return false }
func interleaveBlocks(dst, src []float32, pixels, plane int) (done int) { return 0 }
func separateBlocks(dst, src []float32, pixels int) (done int)          { return 0 }
func meanBlock(dst, src []float32, perPixel int) bool                   { return false }
func (p *Pool) maxBlocks() bool                                         { return false }
func (p *Pool) averageBlocks() bool                                     { return false }
func maxBytes(dst, src []uint8, offsets []int32, taps int) bool         { return false }
func quantizePixels(dst []uint8, src []float32, plane, n int, inverse float32, zero uint8) (done int) {
	return 0
}
