package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine emits AVX2 code.
type machine struct{ *build.Context }

var (
	y = []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}
	x = []reg.VecPhysical{
		reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
		reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15,
	}
)

// begin starts an assembly function. Its documentation starts with the name.
func (m machine) begin(name, signature string, doc ...string) {
	m.Function(name)
	m.Attributes(attr.NOSPLIT)
	m.SignatureExpr(signature)
	m.Pragma("noescape")
	m.Doc(doc...)
}

// load reads a parameter into a general register.
func (m machine) load(param string, r reg.GPPhysical) reg.GPPhysical {
	m.Load(m.Param(param), r)
	return r
}

func at(base reg.Register, bytes int) operand.Mem {
	return operand.Mem{Base: base, Disp: bytes}
}

// words is a constant of 32 bytes: 16-bit values, repeated to fill it.
func (m machine) words(name string, values ...int) operand.Mem {
	g := m.StaticGlobal(name)
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 16 {
		m.AddDatum(2*i, operand.U16(uint16(int16(values[i%len(values)]))))
	}
	return g
}

// dwords is a constant of eight equal 32-bit values.
func (m machine) dwords(name string, value int) operand.Mem {
	g := m.StaticGlobal(name)
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		m.AddDatum(4*i, operand.U32(uint32(int32(value))))
	}
	return g
}

// shuffle is a constant of 16 or 32 bytes for VPSHUFB; a negative index gives zero. 16 bytes stand twice.
func (m machine) shuffle(name string, indices ...int) operand.Mem {
	g := m.StaticGlobal(name)
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 32 {
		v := indices[i%len(indices)]
		if v < 0 {
			v = 0x80
		}
		m.AddDatum(i, operand.U8(uint8(v)))
	}
	return g
}

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
