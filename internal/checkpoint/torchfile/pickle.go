package torchfile

import (
	"encoding/binary"
	"math"
)

// An unpickler interprets the part of Python's pickle language that a checkpoint needs: the opcodes of the table below
// and the globals of the allow-list. It imports and calls nothing: a global is a name, and what REDUCE does with it is
// written in this package. Whatever is not listed is an error, so that there is no list of dangerous things to evade.
type unpickler struct {
	*source
	persistent func(id *tuple) (*storage, error) // resolves a storage; nil where there is none to expect

	stack []any
	marks []int // stack heights at the open MARKs
	memo  []any
	far   map[uint32]any // memo entries whose index is not the next one
	first int64          // where the pickle begins
	spent int64          // bytes of memory that objects took, estimated
	done  bool
}

const (
	maxLong = 16 // bytes; the magic number of a legacy file has 10
	perByte = 4  // further bytes of memory that each byte of a pickle may take
)

// limits bound what a pickle may build; tests lower them.
var limits = struct {
	nesting int   // of MARKs, and of containers in containers
	memory  int64 // bytes of objects, for a pickle of any length
}{nesting: 1000, memory: 8 << 20}

// opcodes is the allow-list of the language.
var opcodes = [256]func(*unpickler) error{
	0x80: (*unpickler).proto,
	'.':  (*unpickler).stop,
	'(':  (*unpickler).mark,

	'N':  func(u *unpickler) error { return u.push(nil) },
	0x88: func(u *unpickler) error { return u.push(true) },
	0x89: func(u *unpickler) error { return u.push(false) },
	'J':  func(u *unpickler) error { return u.integer(4) },
	'K':  func(u *unpickler) error { return u.integer(1) },
	'M':  func(u *unpickler) error { return u.integer(2) },
	0x8a: (*unpickler).long1,
	'G':  (*unpickler).binFloat,
	'X':  (*unpickler).binUnicode,
	'U':  (*unpickler).shortBinString,

	'}':  func(u *unpickler) error { return u.build(64, &dict{}) },
	']':  func(u *unpickler) error { return u.build(24, &list{}) },
	')':  func(u *unpickler) error { return u.build(24, &tuple{}) },
	't':  (*unpickler).tuple,
	0x85: func(u *unpickler) error { return u.tupleOf(1) },
	0x86: func(u *unpickler) error { return u.tupleOf(2) },
	0x87: func(u *unpickler) error { return u.tupleOf(3) },
	's':  (*unpickler).setItem,
	'u':  (*unpickler).setItems,
	'a':  (*unpickler).append,
	'e':  (*unpickler).appends,

	'h': func(u *unpickler) error { return u.get(1) },
	'j': func(u *unpickler) error { return u.get(4) },
	'q': func(u *unpickler) error { return u.put(1) },
	'r': func(u *unpickler) error { return u.put(4) },

	'c': (*unpickler).global,
	'Q': (*unpickler).persID,
	'R': (*unpickler).reduce,
	'b': (*unpickler).buildState,

	'B':  func(u *unpickler) error { return u.binBytes(4) },
	'C':  func(u *unpickler) error { return u.binBytes(1) },
	0x8e: func(u *unpickler) error { return u.binBytes(8) },
	0x96: func(u *unpickler) error { return u.binBytes(8) },
	0x81: (*unpickler).newObject,
	0x8c: (*unpickler).shortBinUnicode,
	0x8f: (*unpickler).pushAside,
	0x90: (*unpickler).addItems,
	0x91: (*unpickler).frozenSet,
	0x93: (*unpickler).stackGlobal,
	0x94: (*unpickler).memoize,
	0x95: (*unpickler).frame,
}

// load interprets one pickle and returns what it leaves.
func (u *unpickler) load() (any, error) {
	u.stack, u.marks, u.memo, u.far = nil, nil, nil, nil
	u.first, u.spent, u.done = u.pos, 0, false
	for !u.done {
		op, err := u.byte()
		if err != nil {
			return nil, err
		}
		if u.pos == u.first+1 && op != 0x80 {
			return nil, u.fail("a pickle must begin with its protocol")
		}
		run := opcodes[op]
		if run == nil {
			return nil, u.fail("the pickle has the opcode %#02x, which no checkpoint needs", op)
		}
		if err := run(u); err != nil {
			return nil, err
		}
	}
	return u.stack[0], nil
}

// spend accounts for memory before it is taken. What a pickle may take grows with what has been read of it, so that
// a small file cannot make large objects.
func (u *unpickler) spend(bytes int64) error {
	u.spent += bytes
	if u.spent > limits.memory+perByte*(u.pos-u.first) {
		return u.fail("the pickle builds more objects than a checkpoint needs")
	}
	return nil
}

func (u *unpickler) push(v any) error {
	if len(u.stack) == cap(u.stack) {
		if err := u.grow(&u.stack); err != nil {
			return err
		}
	}
	u.stack = append(u.stack, v)
	return nil
}

// build pushes an object that takes bytes of memory.
func (u *unpickler) build(bytes int64, v any) error {
	if err := u.spend(bytes); err != nil {
		return err
	}
	return u.push(v)
}

// grow doubles the capacity of the stack or the memo.
func (u *unpickler) grow(values *[]any) error {
	n := max(64, 2*cap(*values))
	if err := u.spend(16 * int64(n)); err != nil {
		return err
	}
	*values = append(make([]any, 0, n), *values...)
	return nil
}

// floor is the height below which the values belong to what stands before the last MARK.
func (u *unpickler) floor() int {
	if len(u.marks) == 0 {
		return 0
	}
	return u.marks[len(u.marks)-1]
}

// popN takes the n topmost values; they are valid until the next push.
func (u *unpickler) popN(n int) ([]any, error) {
	if len(u.stack)-n < u.floor() {
		return nil, u.fail("the pickle takes more values from its stack than there are")
	}
	top := u.stack[len(u.stack)-n:]
	u.stack = u.stack[:len(u.stack)-n]
	return top, nil
}

// popMark takes the values above the last MARK; they are valid until the next push.
func (u *unpickler) popMark() ([]any, error) {
	if len(u.marks) == 0 {
		return nil, u.fail("the pickle closes a MARK that it did not open")
	}
	floor := u.floor()
	u.marks = u.marks[:len(u.marks)-1]
	items := u.stack[floor:]
	u.stack = u.stack[:floor]
	return items, nil
}

// top is the topmost value, which stays.
func (u *unpickler) top() (any, error) {
	if len(u.stack) <= u.floor() {
		return nil, u.fail("the pickle uses a value of its stack where there is none")
	}
	return u.stack[len(u.stack)-1], nil
}

func (u *unpickler) proto() error {
	version, err := u.byte()
	if err != nil {
		return err
	}
	if u.pos != u.first+2 {
		return u.fail("the pickle's protocol stands in its middle")
	}
	if version < 2 || version > 5 {
		return u.fail("pickle protocol %d is not read; save again with torch.save's default, protocol 2", version)
	}
	return nil
}

func (u *unpickler) stop() error {
	if len(u.marks) > 0 || len(u.stack) != 1 {
		return u.fail("the pickle ends with %d values on its stack, and %d open MARKs; want one value", len(u.stack), len(u.marks))
	}
	u.done = true
	return nil
}

func (u *unpickler) mark() error {
	if len(u.marks) == limits.nesting {
		return u.fail("the pickle nests deeper than %d", limits.nesting)
	}
	u.marks = append(u.marks, len(u.stack))
	return nil
}

// integer reads 1, 2 or 4 bytes; only 4 have a sign.
func (u *unpickler) integer(size int) error {
	b, err := u.bytes(size)
	if err != nil {
		return err
	}
	switch size {
	case 1:
		return u.push(int64(b[0]))
	case 2:
		return u.push(int64(binary.LittleEndian.Uint16(b)))
	}
	return u.build(8, int64(int32(binary.LittleEndian.Uint32(b))))
}

func (u *unpickler) long1() error {
	n, err := u.byte()
	if err != nil {
		return err
	}
	if n > maxLong {
		return u.fail("the pickle has an integer of %d bytes; no checkpoint needs more than %d", n, maxLong)
	}
	b, err := u.bytes(int(n))
	if err != nil {
		return err
	}
	if n > 8 {
		return u.build(32, long(b))
	}
	var v int64
	for i, x := range b {
		v |= int64(x) << (8 * i)
	}
	if n > 0 && n < 8 { // extend the sign
		shift := 64 - 8*int(n)
		v = v << shift >> shift
	}
	return u.build(8, v)
}

func (u *unpickler) binFloat() error {
	b, err := u.bytes(8)
	if err != nil {
		return err
	}
	return u.build(8, math.Float64frombits(binary.BigEndian.Uint64(b)))
}

func (u *unpickler) binUnicode() error {
	n, err := u.uint32()
	if err != nil {
		return err
	}
	return u.text(int64(n))
}

// shortBinString is a str of Python 2, which wrote the oldest files.
func (u *unpickler) shortBinString() error {
	n, err := u.byte()
	if err != nil {
		return err
	}
	return u.text(int64(n))
}

func (u *unpickler) text(n int64) error {
	s, err := u.source.text(n)
	if err != nil {
		return err
	}
	return u.build(16+int64(len(s)), s)
}

func (u *unpickler) index(size int) (uint32, error) {
	if size == 1 {
		b, err := u.byte()
		return uint32(b), err
	}
	return u.uint32()
}

func (u *unpickler) get(size int) error {
	i, err := u.index(size)
	if err != nil {
		return err
	}
	if int64(i) < int64(len(u.memo)) {
		return u.push(u.memo[i])
	}
	v, ok := u.far[i]
	if !ok {
		return u.fail("the pickle refers to object %d, which it has not made", i)
	}
	return u.push(v)
}

func (u *unpickler) put(size int) error {
	i, err := u.index(size)
	if err != nil {
		return err
	}
	v, err := u.top()
	if err != nil {
		return err
	}
	return u.remember(i, v)
}

// remember puts a value into the memo.
func (u *unpickler) remember(i uint32, v any) error {
	switch {
	case int64(i) < int64(len(u.memo)):
		u.memo[i] = v
		return nil
	case int64(i) == int64(len(u.memo)):
		if len(u.memo) == cap(u.memo) {
			if err := u.grow(&u.memo); err != nil {
				return err
			}
		}
		u.memo = append(u.memo, v)
		return nil
	}
	if u.far == nil {
		u.far = map[uint32]any{}
	}
	u.far[i] = v
	return u.spend(128)
}
