package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes is the number of channels that the layout NCHW16c keeps together; laneBytes is their size.
const (
	lanes     = 16
	laneBytes = lanes * 4
)

// machine emits code for one vector instruction set.
type machine struct {
	*build.Context
	suffix  string // of function names
	width   int    // floats in a register
	vectors []reg.VecPhysical
}

func avx2(c *build.Context) machine {
	return machine{c, "AVX2", 8, []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}}
}

func avx512(c *build.Context) machine {
	return machine{c, "AVX512", 16, []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}}
}

// bytes is the size of a register.
func (m machine) bytes() int { return m.width * 4 }

// perBlock is the number of registers that hold the 16 channels of a pixel.
func (m machine) perBlock() int { return lanes / m.width }

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

// param is the memory that holds a parameter, for those that are read too rarely to deserve a register.
func (m machine) param(name string) operand.Mem {
	b, err := m.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

func at(base reg.Register, bytes int) operand.Mem {
	return operand.Mem{Base: base, Disp: bytes}
}

// strided is element i of a sequence with a stride in bytes, given pointers to its elements 0, 3, 6 …
func strided(stride reg.Register, i, disp int, bases ...reg.GPPhysical) operand.Mem {
	m := operand.Mem{Base: bases[i/3], Disp: disp}
	if i %= 3; i > 0 {
		m.Index, m.Scale = stride, uint8(i)
	}
	return m
}

// third sets dst to base + 3·stride.
func (m machine) third(base, stride, dst reg.GPPhysical) {
	m.LEAQ(operand.Mem{Base: base, Index: stride, Scale: 2}, dst)
	m.ADDQ(stride, dst)
}
