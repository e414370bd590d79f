//go:build amd64 && !purego && !noasm

package ops

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"resnet/internal/isa"
)

// The emulator runs the generated assembly where the CPU cannot, so that no kernel goes untested: it reads the .s files
// and knows the few instructions that they use.

// testKernels lists every kernel in a form that runs here, whatever RESNET_KERNEL allows.
func testKernels(t testing.TB) []*ConvKernel {
	requireAVX2(t)
	var list []*ConvKernel
	for _, k := range ConvKernels() {
		if isa.Has(isa.AVX512) || !strings.HasSuffix(k.Name, "-avx512") {
			list = append(list, k)
		}
	}
	if !isa.Has(isa.AVX512) {
		return append(list, emulated(isa.AVX512)...)
	}
	return append(list, newLate("winograd4late-avx512", winogradF4AVX512))
}

// newLate makes a kernel that transforms the weights of layers of all sizes when it uses them.
func newLate(name string, w winograd) *ConvKernel {
	w.late.from = 0
	return newWinograd(name, w)
}

// requireAVX2 skips a test where the CPU is too old for it, except on CI.
func requireAVX2(t testing.TB) {
	t.Helper()
	if isa.Has(isa.AVX2) {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("this CPU lacks AVX2, without which most kernels go untested")
	}
	t.Skip("this CPU lacks AVX2")
}

// emulated returns the kernels that an emulated CPU of a level has.
func emulated(level isa.Level) []*ConvKernel {
	s, w4, w2, first, dot1, dot4 := tilesAVX512, winogradF4AVX512, winogradF2AVX512, winogradStemAVX512, linearDot1AVX512, linearDot4AVX512
	if level == isa.AVX2 {
		s, w4, w2, first, dot1, dot4 = tilesAVX2, winogradF4AVX2, winogradF2AVX2, winogradStemAVX2, linearDot1AVX2, linearDot4AVX2
	}
	for width := range s.tiles {
		s.tiles[width], s.stem[width] = emulateAll(s.tiles[width]), emulateAll(s.stem[width])
	}
	for _, w := range []*winograd{&w4, &w2} {
		w.tileSet = &s
		if w.late.transform != nil {
			w.late.transform = emulate(w.late.transform)
		}
		w.input, w.outputColumns, w.outputRows = emulate(w.input), emulate(w.outputColumns), emulate(w.outputRows)
	}
	first = stemWinograd{&s, emulate(first.even), emulate(first.odd), emulate(first.output)}
	list := []*ConvKernel{
		newLinear("linear", level, emulate(dot1), emulate(dot4)),
		newStem("stem", &s),
		newStemWinograd("winogradstem", first),
		newDirect("direct", &s),
		newWinograd("winograd4", w4),
		newLate("winograd4late", w4),
		newWinograd("winograd2", w2),
		newWinogradRows("winograd1x2", w2),
	}
	if level == isa.AVX512 {
		for name, rows := range map[string]groupRowSet{"grouped4": groupRows4AVX512, "grouped8": groupRows8AVX512} {
			list = append(list, newGroupedRows(name, &groupRowSet{rows.tileSet, emulateAll(rows.rows)}))
		}
	}
	for _, k := range list {
		k.Name += "-" + level.String()
		accepts := k.Accepts
		k.Accepts = func(c Conv) bool { return accepts(c) && c.depth()*c.Out*c.OutH*c.OutW < 1<<20 } // it is slow
	}
	return list
}

func emulateAll[F any](functions []F) []F {
	var list []F
	for _, f := range functions {
		list = append(list, emulate(f))
	}
	return list
}

// emulate returns a function that does what an assembly function would.
func emulate[F any](assembly F) F {
	v := reflect.ValueOf(assembly)
	name := runtime.FuncForPC(v.Pointer()).Name()
	name = name[strings.LastIndexByte(name, '.')+1:]
	program, ok := assemblies()[name]
	if !ok {
		panic("no assembly of " + name)
	}
	return reflect.MakeFunc(v.Type(), func(args []reflect.Value) []reflect.Value {
		m := emulator{frame: make([]uint64, len(args))}
		for i, a := range args {
			switch a.Kind() {
			case reflect.Pointer:
				m.frame[i] = uint64(a.Pointer())
			case reflect.Float32:
				m.frame[i] = uint64(math.Float32bits(float32(a.Float())))
			default:
				m.frame[i] = uint64(a.Int())
			}
		}
		m.run(program)
		runtime.KeepAlive(args)
		return nil
	}).Interface().(F)
}

// emulator is the state of the CPU. A vector register is 16 floats; the lower ones overlap with X and Y.
type emulator struct {
	frame   []uint64
	general [16]int64
	vectors [32][lanes]float32
	order   int // of the last comparison: less, equal or greater
}

type emulatedInstruction struct {
	op    string
	args  []emulatedOperand
	width int // floats of the vector registers
	line  string
}

// emulatedOperand is a register, an immediate value, an argument of the function, a place in memory or a label.
type emulatedOperand struct {
	kind        byte // 'g', 'v', '$', 'f', 'm' or 'l'
	n           int  // register, or first float of a register that an instruction on vectors of that width uses
	width       int  // floats of a vector register
	value       int64
	base, index int // general registers; index -1 for none
	scale       int64
	constant    string // instead of a base
}

func (m *emulator) run(program []emulatedInstruction) {
	for pc := 0; ; pc++ {
		in := &program[pc]
		last := len(in.args) - 1
		switch in.op {
		case "RET":
			return
		case "VZEROUPPER", "PREFETCHT1":
		case "JMP", "JZ", "JE", "JNZ", "JG", "JLE":
			if m.jumps(in.op) {
				pc = int(in.args[0].value) - 1
			}
		case "CMOVQLT", "CMOVQEQ":
			if in.op == "CMOVQLT" && m.order < 0 || in.op == "CMOVQEQ" && m.order == 0 {
				m.set(in.args[1], m.get(in.args[0]))
			}
		case "TESTQ":
			m.compare(m.get(in.args[0])&m.get(in.args[1]), 0)
		case "CMPQ":
			m.compare(m.get(in.args[0]), m.get(in.args[1]))
		case "MOVQ", "MOVL":
			m.set(in.args[1], m.get(in.args[0]))
		case "MOVLQSX":
			m.set(in.args[1], int64(*(*int32)(m.at(in.args[0]))))
		case "LEAQ":
			m.set(in.args[1], m.address(in.args[0]))
		case "ADDQ", "SUBQ", "DECQ", "XORQ", "SHLQ":
			v := m.arithmetic(in.op, m.get(in.args[0]), m.get(in.args[last]))
			m.set(in.args[last], v)
			m.compare(v, 0)
		default:
			m.vector(in)
		}
	}
}

func (m *emulator) jumps(op string) bool {
	switch op {
	case "JZ", "JE":
		return m.order == 0
	case "JNZ":
		return m.order != 0
	case "JG":
		return m.order > 0
	case "JLE":
		return m.order <= 0
	}
	return true
}

func (m *emulator) compare(a, b int64) {
	switch m.order = 0; {
	case a < b:
		m.order = -1
	case a > b:
		m.order = 1
	}
}

func (m *emulator) arithmetic(op string, a, b int64) int64 {
	switch op {
	case "ADDQ":
		return b + a
	case "SUBQ":
		return b - a
	case "DECQ":
		return b - 1
	case "XORQ":
		return b ^ a
	}
	return b << a
}

// constants are the data of the .s files, which assemblies reads.
var constants = map[string][]byte{}

// vector runs an instruction on vectors: its last operand takes the result, as in Go's assembly, and the sources are in
// the reverse of Intel's order.
func (m *emulator) vector(in *emulatedInstruction) {
	last := len(in.args) - 1
	width := in.width
	if in.op == "VMOVD" {
		m.vectors[in.args[last].n] = [lanes]float32{math.Float32frombits(uint32(m.get(in.args[0])))}
		return
	}
	if m.integers(in) {
		return
	}
	a := m.floats(in.args[0], width)
	if in.op == "VBROADCASTSS" {
		x, dst := a[0], m.vectors[in.args[last].n][:width]
		for i := range dst {
			dst[i] = x
		}
		return
	}
	dst, b := m.floats(in.args[last], width), m.floats(in.args[last/2], width)
	a, b = a[:len(dst)], b[:len(dst)]
	switch in.op {
	case "VMOVUPS", "VMOVAPS":
		copy(dst, a)
	case "VFMADD231PS":
		for i := range dst { // the product is exact in float64
			dst[i] = float32(float64(b[i])*float64(a[i]) + float64(dst[i]))
		}
	case "VFNMADD231PS":
		for i := range dst {
			dst[i] = float32(float64(dst[i]) - float64(b[i])*float64(a[i]))
		}
	case "VADDPS":
		for i := range dst {
			dst[i] = b[i] + a[i]
		}
	case "VSUBPS":
		for i := range dst {
			dst[i] = b[i] - a[i]
		}
	case "VMULPS":
		for i := range dst {
			dst[i] = b[i] * a[i]
		}
	case "VMAXPS":
		for i := range dst {
			if x := a[i]; b[i] > x {
				dst[i] = b[i]
			} else {
				dst[i] = x
			}
		}
	case "VXORPS":
		for i := range dst {
			dst[i] = math.Float32frombits(math.Float32bits(a[i]) ^ math.Float32bits(b[i]))
		}
	default:
		panic("the emulator does not know: " + in.line)
	}
	if in.args[last].kind == 'v' {
		clear(m.vectors[in.args[last].n][width:])
	}
}

// floats is the place of an operand: a register, memory or an argument.
func (m *emulator) floats(a emulatedOperand, width int) []float32 {
	switch a.kind {
	case 'v':
		return m.vectors[a.n][:width]
	case 'f':
		return unsafe.Slice((*float32)(unsafe.Pointer(&m.frame[a.n])), 1)
	}
	return unsafe.Slice((*float32)(m.at(a)), width)
}

func (m *emulator) get(a emulatedOperand) int64 {
	switch a.kind {
	case '$':
		return a.value
	case 'f':
		return int64(m.frame[a.n])
	}
	return m.general[a.n]
}

func (m *emulator) set(a emulatedOperand, v int64) {
	if a.kind == 'f' {
		m.frame[a.n] = uint64(v)
	} else {
		m.general[a.n] = v
	}
}

func (m *emulator) address(a emulatedOperand) int64 {
	if a.constant != "" {
		return a.value + int64(uintptr(unsafe.Pointer(&constants[a.constant][0])))
	}
	v := a.value + m.general[a.base]
	if a.index >= 0 {
		v += m.general[a.index] * a.scale
	}
	return v
}

//go:nocheckptr
func (m *emulator) at(a emulatedOperand) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(nil), m.address(a))
}

// assemblies reads all .s files: a function's name and its instructions, with jumps resolved.
var assemblies = sync.OnceValue(func() map[string][]emulatedInstruction {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) == 0 {
		panic(fmt.Sprint("no assembly: ", err))
	}
	all := map[string][]emulatedInstruction{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		parseAssembly(bufio.NewScanner(f), all)
	}
	return all
})

func parseAssembly(lines *bufio.Scanner, all map[string][]emulatedInstruction) {
	var program []emulatedInstruction
	labels := map[string]int{}
	name := ""
	var code []byte // of an instruction that is written as bytes
	finish := func() {
		for i, in := range program {
			for j, a := range in.args {
				if a.kind == 'l' {
					program[i].args[j].value = int64(labels[in.line[strings.LastIndexByte(in.line, ' ')+1:]])
				}
			}
		}
		if name != "" {
			all[name] = program
		}
		program, labels = nil, map[string]int{}
	}
	for lines.Scan() {
		line := lines.Text()
		op, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case op == "TEXT":
			finish()
			name = strings.TrimPrefix(rest[:strings.IndexByte(rest, '(')], "·")
		case op == "DATA":
			parseData(rest, constants)
		case op == "BYTE":
			value, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(rest), "$"), 0, 8)
			if err != nil {
				panic(err)
			}
			if code = append(code, byte(value)); len(code) == 5 {
				program, code = append(program, encoded(code)), nil
			}
		case strings.HasSuffix(line, ":"):
			labels[strings.TrimSuffix(line, ":")] = len(program)
		case strings.HasPrefix(line, "\t") && name != "":
			in := emulatedInstruction{op: op, line: strings.TrimSpace(line)}
			if rest = strings.TrimSpace(rest); rest != "" {
				for a := range strings.SplitSeq(rest, ", ") {
					in.args = append(in.args, parseOperand(a))
				}
			}
			for _, a := range in.args {
				in.width = max(in.width, a.width)
			}
			program = append(program, in)
		}
	}
	finish()
}

var generalRegisters = []string{"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"}

func registerNumber(name string) int {
	for i, r := range generalRegisters {
		if r == name {
			return i
		}
	}
	return -1
}

func parseOperand(s string) emulatedOperand {
	number := func(s string) int64 {
		if n, err := strconv.ParseUint(s, 0, 64); err == nil {
			return int64(n) // bits of a float64
		}
		n, err := strconv.ParseInt(s, 0, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	if g := registerNumber(s); g >= 0 {
		return emulatedOperand{kind: 'g', n: g}
	}
	if v, err := strconv.Atoi(s[1:]); err == nil && strings.ContainsRune("XYZ", rune(s[0])) {
		return emulatedOperand{kind: 'v', n: v, width: map[byte]int{'X': 4, 'Y': 8, 'Z': 16}[s[0]]}
	}
	if s[0] == '$' {
		return emulatedOperand{kind: '$', value: number(s[1:])}
	}
	disp, inside, isMemory := strings.Cut(strings.TrimSuffix(s, ")"), "(")
	if !isMemory {
		return emulatedOperand{kind: 'l'}
	}
	if inside == "SB" {
		name, offset, _ := strings.Cut(disp, "<>")
		return emulatedOperand{kind: 'm', constant: name, value: number(offset), index: -1}
	}
	if inside == "FP" {
		return emulatedOperand{kind: 'f', n: int(number(disp[strings.IndexByte(disp, '+'):]) / 8)}
	}
	a := emulatedOperand{kind: 'm', index: -1}
	if disp != "" {
		a.value = number(disp)
	}
	base, index, hasIndex := strings.Cut(inside, ")(")
	a.base = registerNumber(base)
	if hasIndex {
		register, scale, _ := strings.Cut(index, "*")
		a.index, a.scale = registerNumber(register), number(scale)
	}
	return a
}

// TestEmulator runs kernels in the emulator, so that its numbers vouch for it.
func TestEmulator(t *testing.T) {
	for _, level := range []isa.Level{isa.AVX2, isa.AVX512} {
		for _, k := range emulated(level) {
			for i, c := range allConvs() {
				if k.Accepts(c.Conv) && i%13 == 0 {
					testConvCase(t, k, c)
				}
			}
		}
	}
}
