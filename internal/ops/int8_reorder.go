package ops

// Int8Reorder is one call that turns a feature map of floats into bytes, or back.
type Int8Reorder struct {
	Layout          Layout // of Floats
	Batch, Channels int
	Area            int // pixels
	Floats          []float32
	Bytes           []uint8 // (n, c, area) as NCHW64u8
	Param           Int8Param
	Part, Parts     int
}

// Quantize writes Bytes from Floats.
func (r *Int8Reorder) Quantize() {
	inverse := 1 / r.Param.Scale
	r.each(func(channel []uint8, floats []float32, step int) {
		for i := range r.Area {
			channel[i*int8Lanes] = 0
			if floats != nil {
				channel[i*int8Lanes] = r.Param.Quantize(floats[i*step], inverse)
			}
		}
	})
}

// Dequantize writes Floats from Bytes.
func (r *Int8Reorder) Dequantize() {
	r.each(func(channel []uint8, floats []float32, step int) {
		for i := 0; i < r.Area && floats != nil; i++ {
			floats[i*step] = r.Param.Dequantize(channel[i*int8Lanes])
		}
	})
}

// each visits the channels of the part's share: each 64th byte of a block, and each step-th float, or none for channels
// that fill the last block.
func (r *Int8Reorder) each(visit func(channel []uint8, floats []float32, step int)) {
	mustHold(r.Floats, r.Layout.Len(r.Batch, r.Channels, r.Area), "ops: the floats of a reorder are too short")
	mustHold(r.Bytes, NCHW64u8.Len(r.Batch, r.Channels, r.Area), "ops: the bytes of a reorder are too short")
	mustBePart(r.Part, r.Parts)
	blocks := int8BlocksOf(r.Channels)
	first, last := share(r.Batch*blocks*int8Lanes, r.Part, r.Parts)
	for i := first; i < last; i++ {
		n, c := i/(blocks*int8Lanes), i%(blocks*int8Lanes)
		bytes := r.Bytes[int8Index(n, c, 0, r.Channels, r.Area):]
		switch {
		case c >= r.Channels:
			visit(bytes, nil, 1)
		case r.Layout == NCHW:
			visit(bytes, r.Floats[(n*r.Channels+c)*r.Area:][:r.Area], 1)
		default:
			block := r.Floats[(n*blocksOf(r.Channels)+c/lanes)*r.Area*lanes:][:r.Area*lanes]
			visit(bytes, block[c%lanes:], lanes)
		}
	}
}
