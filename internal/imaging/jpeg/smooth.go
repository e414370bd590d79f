package jpeg

// smoothed is the number of AC coefficients, in zigzag order, that smoothing estimates.
const smoothed = 9

// transformRow makes the samples of a row of MCUs from the coefficients of all scans.
func (d *Decoder) transformRow(row int) {
	if !d.wanted(row) {
		return
	}
	smooth := d.smoothing()
	for i := range d.components {
		c := &d.components[i]
		blocks := c.v
		if row == d.mcuRows-1 {
			blocks = c.lastRowBlocks()
		}
		for dy := range blocks {
			y := row*c.v + dy
			for x := c.firstBlock; x <= c.lastBlock; x++ {
				work := *c.block(y, x)
				if smooth {
					d.smooth(&work, i, row, dy, blocks, x)
				}
				c.transform(&work, c.dequantise(&work), y, x)
			}
		}
	}
}

// lastRowBlocks is the number of rows of blocks in the last row of MCUs.
func (c *component) lastRowBlocks() int {
	if n := c.blocksDown % c.v; n != 0 {
		return n
	}
	return c.v
}

// block is one of the coefficients' blocks.
func (c *component) block(y, x int) *block { return &c.coefficients[y*(c.stride/8)+x] }

// dequantise multiplies in place and reports which coefficients were not zero.
func (c *component) dequantise(b *block) (nonzero uint64) {
	for i, v := range b {
		if v != 0 {
			nonzero |= 1 << i
			b[i] = v * c.dequant[i]
		}
	}
	return nonzero
}

// smoothing reports whether libjpeg would estimate missing AC coefficients: all DC known, some AC not.
func (d *Decoder) smoothing() bool {
	if !d.progressive {
		return false
	}
	useful := false
	for i := range d.components {
		q := d.components[i].quant
		if q == nil || d.progress.bits[i][0] < 0 {
			return false
		}
		for k := range smoothed + 1 {
			if q[natural[k]] == 0 {
				return false
			}
			useful = useful || k > 0 && d.progress.bits[i][k] != 0
		}
	}
	return useful
}

// smooth estimates the first nine AC coefficients of a block, where they are zero and not known to the last bit, from the
// DC of the 5×5 blocks around it (T.81, K.8, as libjpeg-turbo has it since 2.1). Where no AC is known at all, DC is
// smoothed too.
func (d *Decoder) smooth(b *block, i, row, dy, blocks, x int) {
	c := &d.components[i]
	known := &d.progress.bits[i]
	if row > d.scan.lastGood {
		known = &d.progress.before[i]
		if d.scans == 1 {
			known = &unknown
		}
	}
	noAC := true
	for k := 1; k <= smoothed; k++ {
		noAC = noAC && known[k] == -1
	}
	dc, flat := c.neighbours(row, dy, blocks, d.mcuRows, x)
	if flat {
		return // all estimates are 0, and DC is what it is
	}
	kernels := &smoothKernels[0]
	count := 5
	if noAC {
		kernels = &smoothKernels[1]
		count = smoothed
	}
	q0 := int64(c.quant[0])
	for k := 1; k <= count; k++ {
		at := natural[k]
		if known[k] == 0 || b[at] != 0 {
			continue
		}
		b[at] = estimate(q0*weigh(&kernels[k], dc), int64(c.quant[at]), known[k])
	}
	if noAC {
		b[0] = estimate(q0*weigh(&kernels[0], dc), q0, 0)
	}
}

var unknown = func() (u [64]int8) {
	for k := range u {
		u[k] = -1
	}
	return u
}()

// estimate divides a weighted sum by 256·q, rounded, and keeps it below what the missing bits can hold.
func estimate(sum, q int64, missing int8) int16 {
	sign := int64(1)
	if sum < 0 {
		sum, sign = -sum, -1
	}
	v := int64(int32((q<<7 + sum) / (q << 8)))
	if missing > 0 {
		v = min(v, 1<<missing-1)
	}
	return int16(v * sign)
}

// weigh is the sum of the DC values by a kernel's weights.
func weigh(kernel *[25]int16, dc *[25]int32) int64 {
	sum := int32(0)
	for i, w := range kernel {
		sum += int32(w) * dc[i]
	}
	return int64(sum)
}

// neighbours are the DC values of the 5×5 blocks around one. Beyond an edge the nearest block stands in, by libjpeg's
// reckoning of the edges: rows are counted as if all rows of MCUs had as many blocks as this one.
func (c *component) neighbours(row, dy, blocks, mcuRows, x int) (dc *[25]int32, flat bool) {
	at, all := row*blocks+dy, mcuRows*blocks
	var rows [5]int
	y := row*c.v + dy
	rows[2], rows[1], rows[3] = y, y, y
	if at > 0 {
		rows[1] = y - 1
	}
	if rows[0] = rows[1]; at > 1 {
		rows[0] = y - 2
	}
	if at < all-1 {
		rows[3] = y + 1
	}
	if rows[4] = rows[3]; at < all-2 {
		rows[4] = y + 2
	}
	dc, flat = new([25]int32), true
	for i, y := range rows {
		for j := range 5 {
			dc[5*i+j] = int32(c.block(y, min(max(x+j-2, 0), c.blocksAcross-1))[0])
			flat = flat && dc[5*i+j] == dc[0]
		}
	}
	return dc, flat
}

// smoothKernels are the weights of the 5×5 DC values for DC (index 0) and the AC coefficients in zigzag order, in
// libjpeg-turbo's two sets: the first where some AC is known, the second, like a Gaussian, where none is.
var smoothKernels = [2][smoothed + 1][25]int16{
	{
		1: {10: -7, 11: 50, 13: -50, 14: 7},
		2: {2: -7, 7: 50, 17: -50, 22: 7},
		3: {2: -1, 7: 13, 12: -24, 17: 13, 22: -1},
		4: {
			1: -1, 3: 1,
			5: -1, 6: 10, 8: -10, 9: 1,
			15: 1, 16: -10, 18: 10, 19: -1,
			21: 1, 23: -1,
		},
		5: {10: -1, 11: 13, 12: -24, 13: 13, 14: -1},
	},
	{
		0: {
			-2, -6, -8, -6, -2,
			-6, 6, 42, 6, -6,
			-8, 42, 152, 42, -8,
			-6, 6, 42, 6, -6,
			-2, -6, -8, -6, -2,
		},
		1: {
			-1, -1, 0, 1, 1,
			-3, 13, 0, -13, 3,
			-3, 38, 0, -38, 3,
			-3, 13, 0, -13, 3,
			-1, -1, 0, 1, 1,
		},
		2: {
			-1, -3, -3, -3, -1,
			-1, 13, 38, 13, -1,
			0, 0, 0, 0, 0,
			1, -13, -38, -13, 1,
			1, 3, 3, 3, 1,
		},
		3: {
			2: 1,
			6: 2, 7: 7, 8: 2,
			11: -5, 12: -14, 13: -5,
			16: 2, 17: 7, 18: 2,
			22: 1,
		},
		4: {
			0: -1, 4: 1,
			6: 9, 8: -9,
			16: -9, 18: 9,
			20: 1, 24: -1,
		},
		5: {
			6: 2, 7: -5, 8: 2,
			10: 1, 11: 7, 12: -14, 13: 7, 14: 1,
			16: 2, 17: -5, 18: 2,
		},
		6: {6: 1, 8: -1, 11: 2, 13: -2, 16: 1, 18: -1},
		7: {6: 1, 7: -3, 8: 1, 16: -1, 17: 3, 18: -1},
		8: {6: 1, 8: -1, 11: -3, 13: 3, 16: 1, 18: -1},
		9: {6: 1, 7: 2, 8: 1, 16: -1, 17: -2, 18: -1},
	},
}
