package jpeg

// An upsampler makes row y of the picture of a component's samples: the columns x0 … x1-1 of dst, and up to one more on
// either side. It returns the row: dst, or the samples themselves where there is nothing to do.
type upsampler func(c *component, dst []byte, y, x0, x1 int) []byte

// chooseUpsampling has libjpeg-turbo's choices: triangle filters ("fancy") for a factor of two, but across only where
// there are more than two columns; for all else, replication.
func (c *component) chooseUpsampling(maxH, maxV int) error {
	h, v := maxH/c.h, maxV/c.v
	if maxH%c.h != 0 || maxV%c.v != 0 {
		return UnsupportedError("a fractional ratio of sampling factors")
	}
	c.expandH, c.expandV = h, v
	wide := c.width > 2
	switch {
	case h == 1 && v == 1:
		c.upsample = upsampleNone
	case h == 2 && v == 1 && wide:
		c.upsample = upsampleH2V1
	case h == 1 && v == 2:
		c.upsample = upsampleH1V2
	case h == 2 && v == 2 && wide:
		c.upsample = upsampleH2V2
	default:
		c.upsample = upsampleReplicate
	}
	return nil
}

// row is the y-th row of samples; beyond an edge, the nearest one.
func (c *component) row(y int) []byte {
	y = min(max(y, 0), c.height-1)
	start := y % (16 * c.v) * c.stride
	return c.plane[start : start+c.stride]
}

func upsampleNone(c *component, _ []byte, y, _, _ int) []byte { return c.row(y) }

func upsampleReplicate(c *component, dst []byte, y, x0, x1 int) []byte {
	src := c.row(y / c.expandV)
	for x := x0; x < x1; x++ {
		dst[x] = src[x/c.expandH]
	}
	return dst
}

// upsampleH2V1 weighs the nearer sample 3 and the further 1, and rounds down and up in turns.
func upsampleH2V1(c *component, dst []byte, y, x0, x1 int) []byte {
	src := c.row(y)
	last, end := c.width-1, (x1-1)/2
	one := func(i int) {
		v := 3 * int(src[i])
		left, right := byte((v+int(src[max(i-1, 0)])+1)>>2), byte((v+int(src[min(i+1, last)])+2)>>2)
		dst[2*i], dst[2*i+1] = left, right
	}
	one(x0 / 2)
	for i := upsampleH2V1Fast(dst, src, x0/2+1, end, last); i <= end; i++ {
		one(i)
	}
	return dst
}

func upsampleH1V2(c *component, dst []byte, y, x0, x1 int) []byte {
	near, far, bias := c.nearFar(y)
	for x := x0; x < x1; x++ {
		dst[x] = byte((3*int(near[x]) + int(far[x]) + bias) >> 2)
	}
	return dst
}

// nearFar are the rows of samples above and below row y of the picture, the nearer one first. bias rounds down in the
// upper of the two rows that share a sample, up in the lower.
func (c *component) nearFar(y int) (near, far []byte, bias int) {
	if y&1 == 0 {
		return c.row(y / 2), c.row(y/2 - 1), 1
	}
	return c.row(y / 2), c.row(y/2 + 1), 2
}

// upsampleH2V2 weighs the four nearest samples 9, 3, 3 and 1.
func upsampleH2V2(c *component, dst []byte, y, x0, x1 int) []byte {
	near, far, _ := c.nearFar(y)
	last := c.width - 1
	sum := func(i int) int { return 3*int(near[i]) + int(far[i]) }
	end := (x1 - 1) / 2
	one := func(i int) {
		before, this, after := sum(max(i-1, 0)), sum(i), sum(min(i+1, last))
		dst[2*i], dst[2*i+1] = byte((3*this+before+8)>>4), byte((3*this+after+7)>>4)
	}
	one(x0 / 2)
	for i := upsampleH2V2Fast(dst, near, far, x0/2+1, end, last); i <= end; i++ {
		one(i)
	}
	return dst
}
