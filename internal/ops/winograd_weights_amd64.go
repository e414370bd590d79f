//go:build !purego && !noasm

package ops

import "math"

// winogradWeights are the matrices G of F(2,3) and F(4,3), (m+2, 3).
var winogradWeights = map[int][][3]float64{
	2: {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
	4: {
		{1, 0, 0},
		{-2. / 3, -math.Sqrt2 / 3, -1. / 3},
		{-2. / 3, math.Sqrt2 / 3, -1. / 3},
		{1. / 6, math.Sqrt2 / 6, 1. / 3},
		{1. / 6, -math.Sqrt2 / 6, 1. / 3},
		{0, 0, 1},
	},
}

// winogradWeight writes G·g·Gᵀ to dst[(row·n + column)·step].
func winogradWeight(dst []float32, g []float32, m, step int) {
	matrix := winogradWeights[m]
	n := len(matrix)
	var half [6][3]float64 // G·g
	for i, row := range matrix {
		for j := range 3 {
			half[i][j] = row[0]*float64(g[j]) + row[1]*float64(g[3+j]) + row[2]*float64(g[6+j])
		}
	}
	for i := range n {
		for j, row := range matrix {
			dst[(i*n+j)*step] = float32(row[0]*half[i][0] + row[1]*half[i][1] + row[2]*half[i][2])
		}
	}
}

// pack orders the transformed weights as the tiles read them: (n², panel, input block, 16 inputs, panel's outputs).
func (w *winograd) pack(dst, weight []float32, c Conv) {
	in := blocksOf(c.In)
	point := in * blocksOf(c.Out) * lanes * lanes
	clear(dst[:w.n*w.n*point])
	b := blockedGroups{1, in, blocksOf(c.Out)}
	for i := range w.panelCount(b) {
		p := w.panel(b, i)
		width := p.width * lanes
		for o := range min(width, c.Out-p.out*lanes) {
			for i := range c.In {
				winogradWeight(dst[p.out*in*lanes*lanes+i*width+o:], weight[((p.out*lanes+o)*c.In+i)*9:][:9], w.m, point)
			}
		}
	}
}
