package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakChains is the number of independent sums, enough to hide the latency of FMA on every CPU.
const peakChains = 12

// peaks writes the loops that measure how fast the CPU multiplies and adds when memory does not matter.
func peaks(c *build.Context) {
	for _, m := range []machine{avx2(c), avx512(c)} {
		name := "fmaPeak" + m.suffix
		m.begin(name, "func(rounds int)",
			fmt.Sprintf("%s does rounds × %d multiply-adds of %d floats. It equals", name, peakChains, m.width),
			"",
			fmt.Sprintf("	var sum [%d][%d]float32", peakChains, m.width),
			"	for range rounds {",
			"		for i := range sum {",
			"			sum[i] += 0 * 0",
			"		}",
			"	}")
		m.load("rounds", reg.RAX)
		for i := range peakChains + 1 {
			m.VXORPS(m.vectors[i], m.vectors[i], m.vectors[i])
		}
		m.Label("round")
		for i := range peakChains {
			m.VFMADD231PS(m.vectors[peakChains], m.vectors[peakChains], m.vectors[i])
		}
		m.DECQ(reg.RAX)
		m.JNZ(LabelRef("round"))
		m.VZEROUPPER()
		m.RET()
	}
}

// int8Peaks writes the loops that measure how fast the CPU multiplies and adds bytes.
func int8Peaks(c *build.Context) {
	for _, m := range int8Machines(c) {
		name := "int8Peak" + m.suffix
		m.begin(name, "func(rounds int)",
			fmt.Sprintf("%s does rounds × %d multiply-adds of %d bytes. It equals", name, peakChains, 4*m.width),
			"",
			fmt.Sprintf("	var sum [%d][%d]int32", peakChains, m.width),
			"	for range rounds {",
			"		for i := range sum {",
			"			sum[i] += 4 * 0 * 0",
			"		}",
			"	}")
		m.load("rounds", reg.RAX)
		for _, v := range m.vectors[:peakChains+4] {
			m.VXORPS(v, v, v)
		}
		m.Label("round")
		for i := range peakChains {
			m.peak(m, m.vectors[i], m.vectors[peakChains:])
		}
		m.DECQ(reg.RAX)
		m.JNZ(LabelRef("round"))
		m.VZEROUPPER()
		m.RET()
	}
}
