package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pools writes the pools of NCHW16c. Their speed is that of memory: AVX2 is wide enough for every CPU.
func pools(c *build.Context) {
	m := avx2(c)
	m.pool("maxPool", "max(y, x[k]) // NaN, if one of them is", nil, m.takeMax)
	m.pool("averagePool", "y + x[k]", m.divide, func(sum, in, _ reg.VecPhysical) { m.VADDPS(in, sum, sum) })
	m.globalPool()
}

// takeMax keeps NaN. VMAXPS returns its second source, here the first, where one is NaN; in both orders, one result is
// the NaN, and or-ing the other's bits leaves it one. Where none is, both results are the same.
func (m machine) takeMax(best, in, tmp reg.VecPhysical) {
	m.VMAXPS(in, best, tmp)
	m.VMAXPS(best, in, best)
	m.VORPS(tmp, best, best)
}

func (m machine) pool(name, equals string, finish func(sums []reg.VecPhysical), take func(y, in, tmp reg.VecPhysical)) {
	name += m.suffix
	initial, last := "-Inf", "y"
	if finish != nil {
		initial, last = "0", "y / float32(rows*columns)"
	}
	m.begin(name, "func(dst, src *float32, windows *int32, pixels, rows, rowBytes int)",
		fmt.Sprintf("%s pools a row of windows over pixels of 16 channels. It equals", name),
		"",
		"	for p := range pixels {",
		"		offset, columns := windows[2*p], windows[2*p+1] // the offset in bytes",
		"		for k := range 16 {",
		fmt.Sprintf("			y := float32(%s)", initial),
		"			for r := range rows {",
		"				for c := range columns {",
		"					x := src + offset + r*rowBytes + c*64",
		fmt.Sprintf("					y = %s", equals),
		"				}",
		"			}",
		fmt.Sprintf("			dst[p*16+k] = %s", last),
		"		}",
		"	}")

	windows, pixels := reg.R10, reg.R9
	dst, src, rowBytes := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("rowBytes", reg.R8)
	m.load("windows", windows)
	m.load("pixels", pixels)
	at0, row, left, rows := reg.RAX, reg.R11, reg.RCX, reg.RDX
	per := m.perBlock()
	sums := m.vectors[:per]
	start := m.vectors[2*per+1]
	if finish == nil {
		m.MOVL(U32(0xff800000), reg.EAX)
		m.VMOVD(reg.EAX, start.AsX())
		m.VBROADCASTSS(start.AsX(), start)
	} else {
		m.VXORPS(start, start, start)
	}

	m.Label("pixel")
	m.MOVLQSX(at(windows, 0), row)
	m.ADDQ(src, row)
	m.load("rows", rows)
	for _, s := range sums {
		m.VMOVAPS(start, s)
	}
	m.Label("row")
	m.MOVLQSX(at(windows, 4), left)
	m.MOVQ(row, at0)
	m.Label("column")
	for v, s := range sums {
		in, tmp := m.vectors[per+v], m.vectors[2*per]
		m.VMOVUPS(at(at0, v*m.bytes()), in)
		take(s, in, tmp)
	}
	m.ADDQ(I32(laneBytes), at0)
	m.DECQ(left)
	m.JNZ(LabelRef("column"))
	m.ADDQ(rowBytes, row)
	m.DECQ(rows)
	m.JNZ(LabelRef("row"))

	if finish != nil {
		m.MOVLQSX(at(windows, 4), left)
		m.IMULQ(m.param("rows"), left)
		finish(sums)
	}
	for v, s := range sums {
		m.VMOVUPS(s, at(dst, v*m.bytes()))
	}
	m.ADDQ(I32(8), windows)
	m.ADDQ(I32(laneBytes), dst)
	m.DECQ(pixels)
	m.JNZ(LabelRef("pixel"))
	m.VZEROUPPER()
	m.RET()
}

// divide divides by the integer in RCX.
func (m machine) divide(sums []reg.VecPhysical) {
	n := m.vectors[2*len(sums)]
	m.VXORPS(n.AsX(), n.AsX(), n.AsX())
	m.VCVTSI2SSQ(reg.RCX, n.AsX(), n.AsX())
	m.VBROADCASTSS(n.AsX(), n)
	for _, s := range sums {
		m.VDIVPS(n, s, s)
	}
}

// globalPool sums in float64, as the portable kernel does.
func (m machine) globalPool() {
	name := "globalPool" + m.suffix
	m.begin(name, "func(dst, src *float32, pixels int)",
		fmt.Sprintf("%s writes the mean of pixels of 16 channels. It equals", name),
		"",
		"	for k := range 16 {",
		"		sum := 0.0",
		"		for p := range pixels {",
		"			sum += float64(src[p*16+k])",
		"		}",
		"		dst[k] = float32(sum / float64(pixels))",
		"	}")
	dst, src, pixels := m.load("dst", reg.RDI), m.load("src", reg.RSI), m.load("pixels", reg.RCX)
	sums := m.vectors[:lanes/4]
	for _, s := range sums {
		m.VXORPD(s, s, s)
	}
	m.Label("pixel")
	for i, s := range sums {
		x := m.vectors[4+i]
		m.VCVTPS2PD(at(src, 16*i), x)
		m.VADDPD(x, s, s)
	}
	m.ADDQ(I32(laneBytes), src)
	m.DECQ(pixels)
	m.JNZ(LabelRef("pixel"))

	n := m.vectors[4]
	m.VXORPD(n.AsX(), n.AsX(), n.AsX())
	m.VCVTSI2SDQ(m.param("pixels"), n.AsX(), n.AsX())
	m.VBROADCASTSD(n.AsX(), n)
	for i, s := range sums {
		m.VDIVPD(n, s, s)
		m.VCVTPD2PSY(s, s.AsX())
		m.VMOVUPS(s.AsX(), at(dst, 16*i))
	}
	m.VZEROUPPER()
	m.RET()
}
