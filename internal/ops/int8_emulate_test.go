//go:build amd64 && !purego && !noasm

package ops

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"resnet/internal/isa"
)

// testInt8Kernels lists every kernel of bytes in a form that runs here, whatever RESNET_KERNEL allows.
func testInt8Kernels(t testing.TB) []*Int8Kernel {
	requireAVX2(t)
	list := []*Int8Kernel{int8Image, int8Generic, newInt8Winograd(&int8WinogradAVX2)}
	for _, s := range int8TileSets {
		if isa.Has(s.level) {
			list = append(list, newInt8Stem(s), newInt8Direct(s))
		} else {
			list = append(list, emulatedInt8(s)...)
		}
	}
	return list
}

// emulatedInt8 returns the kernels that a CPU has which runs s in an emulator.
func emulatedInt8(s *int8TileSet) []*Int8Kernel {
	emulated := *s
	emulated.direct, emulated.stem = emulateAll(s.direct), emulateAll(s.stem)
	if s.widen != nil {
		emulated.widen = emulate(s.widen)
	}
	list := []*Int8Kernel{newInt8Stem(&emulated), newInt8Direct(&emulated)}
	if s == int8WinogradAVX2.int8TileSet {
		list = append(list, newInt8Winograd(&int8Winograd{&emulated, emulate(int8WinogradAVX2.input), emulate(int8WinogradAVX2.output)}))
	}
	for _, k := range list {
		accepts := k.Accepts
		k.Accepts = func(c Conv) bool { return accepts(c) && c.depth()*c.Out*c.OutH*c.OutW < 1<<20 } // it is slow
	}
	return list
}

// TestInt8Emulator runs all kernels of bytes in the emulator, so that its numbers vouch for it.
func TestInt8Emulator(t *testing.T) {
	for _, s := range int8TileSets {
		for _, k := range emulatedInt8(s) {
			for i, d := range allInt8(t) {
				if k.Accepts(d.Conv) && i%13 == 0 {
					testInt8Case(t, k, d)
				}
			}
		}
	}
}

// integers runs an instruction on integers; it tells whether it knows it.
func (m *emulator) integers(in *emulatedInstruction) bool {
	last := len(in.args) - 1
	op := integerOps[in.op]
	if op == nil {
		return false
	}
	var result [64]byte
	a, b, dst := m.bytes(in, 0), m.bytes(in, last/2), m.bytes(in, last)
	if in.args[0].kind == '$' {
		a = []byte{byte(in.args[0].value)}
	}
	copy(result[:], dst)
	op(result[:len(dst)], a, b)
	copy(dst, result[:])
	clear(m.vectors[in.args[last].n][in.width:])
	return true
}

// bytes is the place of an operand.
func (m *emulator) bytes(in *emulatedInstruction, i int) []byte {
	switch a := in.args[i]; a.kind {
	case '$':
		return nil
	case 'v':
		return unsafe.Slice((*byte)(unsafe.Pointer(&m.vectors[a.n])), 4*in.width)
	default:
		return unsafe.Slice((*byte)(m.at(a)), 4*in.width)
	}
}

// integerOps compute dst from a and b, Intel's last and middle operand.
var integerOps = map[string]func(dst, a, b []byte){
	"VPBROADCASTD": func(dst, a, _ []byte) {
		for i := range dst {
			dst[i] = a[i%4]
		}
	},
	"VPDPBUSD": func(dst, a, b []byte) {
		for i := range dst {
			lane := dst[i&^3:]
			put32(lane, get32(lane)+int32(b[i])*int32(int8(a[i])))
		}
	},
	"VPMADDWD": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 4 {
			put32(dst[i:], get16(a[i:])*get16(b[i:])+get16(a[i+2:])*get16(b[i+2:]))
		}
	},
	"VPADDW": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 2 {
			put16(dst[i:], get16(b[i:])+get16(a[i:]))
		}
	},
	"VPSUBW": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 2 {
			put16(dst[i:], get16(b[i:])-get16(a[i:]))
		}
	},
	"VPSUBD": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 4 {
			put32(dst[i:], get32(b[i:])-get32(a[i:]))
		}
	},
	"VPSRAD": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 4 {
			put32(dst[i:], get32(b[i:])>>a[0])
		}
	},
	"VPADDD": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 4 {
			put32(dst[i:], get32(a[i:])+get32(b[i:]))
		}
	},
	"VPMOVZXBW": func(dst, a, _ []byte) {
		for i := 0; i < len(dst); i += 2 {
			dst[i], dst[i+1] = a[i/2], 0
		}
	},
	"VCVTDQ2PS": func(dst, a, _ []byte) {
		for i := 0; i < len(dst); i += 4 {
			put32(dst[i:], int32(math.Float32bits(float32(get32(a[i:])))))
		}
	},
	"VCVTPS2DQ": func(dst, a, _ []byte) {
		for i := 0; i < len(dst); i += 4 {
			put32(dst[i:], int32(math.RoundToEven(float64(math.Float32frombits(uint32(get32(a[i:])))))))
		}
	},
	"VPACKSSDW": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 16 {
			for j := range 4 {
				putWord(dst[i+2*j:], get32(b[i+4*j:]))
				putWord(dst[i+8+2*j:], get32(a[i+4*j:]))
			}
		}
	},
	"VPACKUSWB": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 16 {
			for j := range 8 {
				dst[i+j] = uint8(max(0, min(get16(b[i+2*j:]), 255)))
				dst[i+8+j] = uint8(max(0, min(get16(a[i+2*j:]), 255)))
			}
		}
	},
	"VPERMILPS": func(dst, a, b []byte) {
		for i := 0; i < len(dst); i += 4 {
			copy(dst[i:i+4], b[i&^15+4*int(a[0]>>(i/4%4*2)&3):])
		}
	},
	"VSHUFF32X4": func(dst, a, b []byte) { // of one source
		for i := 0; i < len(dst); i += 16 {
			copy(dst[i:i+16], b[16*int(a[0]>>(i/16*2)&3):])
		}
	},
	"VPSHUFB": func(dst, a, b []byte) {
		for i := range dst {
			dst[i] = 0
			if a[i] < 0x80 {
				dst[i] = b[i&^15+int(a[i]&15)]
			}
		}
	},
}

func get32(b []byte) int32      { return int32(binary.LittleEndian.Uint32(b)) }
func get16(b []byte) int32      { return int32(int16(binary.LittleEndian.Uint16(b))) }
func put16(b []byte, v int32)   { binary.LittleEndian.PutUint16(b, uint16(v)) }
func put32(b []byte, v int32)   { binary.LittleEndian.PutUint32(b, uint32(v)) }
func putWord(b []byte, v int32) { binary.LittleEndian.PutUint16(b, uint16(max(-32768, min(v, 32767)))) }

// encoded reads an instruction that stands as bytes in the source: VPDPBUSD on registers, with a VEX prefix.
func encoded(code []byte) emulatedInstruction {
	if len(code) != 5 || code[0] != 0xc4 || code[1]&0x1f != 2 || code[2]&0x87 != 5 || code[3] != 0x50 || code[4] < 0xc0 {
		panic("the emulator does not know these bytes: " + strconv.QuoteToASCII(string(code)))
	}
	register := func(low, high byte) emulatedOperand {
		return emulatedOperand{kind: 'v', n: int(low&7 | ^high&1<<3), width: 8}
	}
	return emulatedInstruction{op: "VPDPBUSD", width: 8, line: "VPDPBUSD", args: []emulatedOperand{
		register(code[4], code[1]>>5), {kind: 'v', n: int(^code[2] >> 3 & 15), width: 8}, register(code[4]>>3, code[1]>>7),
	}}
}

// parseData reads a line that gives a constant of 4 bytes: DATA name<>+0(SB)/4, $0x1.
func parseData(rest string, all map[string][]byte) {
	place, value, _ := strings.Cut(rest, ", $")
	name, _, _ := strings.Cut(place, "<>")
	if !strings.HasSuffix(place, "/4") {
		panic("the emulator reads constants of 4 bytes: " + rest)
	}
	v, err := strconv.ParseUint(value, 0, 32)
	if err != nil {
		f, err := strconv.ParseFloat(strings.Trim(value, "()"), 32)
		if err != nil {
			panic(err)
		}
		v = uint64(math.Float32bits(float32(f)))
	}
	all[name] = binary.LittleEndian.AppendUint32(all[name], uint32(v))
}
