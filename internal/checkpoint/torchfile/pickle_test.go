package torchfile

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

// tensorOf is the state dict {"a": a tensor}, of which edit writes the tensor.
func tensorOf(edit func(p *Pickle)) []byte {
	p := NewPickle().OrderedDict().Mark().Str("a")
	edit(p)
	return pickled(p.Op('u'))
}

func repeat(op byte, n int) []byte { return bytes.Repeat([]byte{op}, n) }

// repeated writes n times what write writes.
func repeated(p *Pickle, n int, write func(*Pickle)) *Pickle {
	for range n {
		write(p)
	}
	return p
}

func view(size, stride []int64) func(*Pickle) {
	return func(p *Pickle) { p.Tensor(Tensor{Storage: six, Size: size, Stride: stride}) }
}

var whole = view([]int64{6}, nil)

func TestPickle(t *testing.T) {
	call := func(p *Pickle) *Pickle { return p.Global("math sqrt").Int(4).Op(0x85, 'R') }
	withOp := func(op ...byte) []byte { return pickled(NewPickle().Op('}').Op(op...)) }
	cases := []Case{
		{"right", tensorOf(whole), ""},
		{"function", pickled(call(NewPickle())), "global not allowed: math.sqrt"},
		{"function among tensors", tensorOf(func(p *Pickle) { call(p) }), "global not allowed: math.sqrt"},
		{"builtin", pickled(NewPickle().Global("builtins len")), "global not allowed: builtins.len"},
		{"builtin of Python 2", pickled(NewPickle().Global("__builtin__ len")), "global not allowed: __builtin__.len"},
		{"copy_reg", pickled(NewPickle().Global("copy_reg _reconstructor")), "global not allowed: copy_reg._reconstructor"},
		{"subclass of OrderedDict", pickled(NewPickle().Global("__main__ MyDict").Op(')', 'R')), "global not allowed: __main__.MyDict"},
		{"whole model", pickled(NewPickle().Global("torchvision.models.resnet ResNet").Op(')', 0x81)), "torch.save(model.state_dict()"},
		{"attribute of an allowed one", pickled(NewPickle().Global("collections OrderedDict.fromkeys")), "global not allowed"},
		{"global with escape codes", pickled(NewPickle().Global("math \x1b[2Jsqrt")), `global not allowed: "math.\x1b[2Jsqrt"`},
		{"global very long", pickled(NewPickle().Op('c').Op(repeat('x', 5000)...)), "longer than"},
		{"global not UTF-8", pickled(NewPickle().Global("math \xff")), "not valid UTF-8"},
		{"call of what is no function", pickled(NewPickle().Str("x").Op(')', 'R')), "calls a string"},
		{"call of a storage class", pickled(NewPickle().Global("torch FloatStorage").Op(')', 'R')), "calls the global torch.FloatStorage"},
		{"call without a tuple", pickled(NewPickle().Global("collections OrderedDict").Op('}', 'R')), "with a dict"},

		{"INST", withOp('i', 'o', 's', '\n', 'x', '\n'), "opcode 0x69"},
		{"OBJ", withOp('o'), "opcode 0x6f"},
		{"EXT1", withOp(0x82, 1), "opcode 0x82"},
		{"STACK_GLOBAL", withOp(0x93), "more values from its stack"},
		{"PERSID", withOp('P', '0', '\n'), "opcode 0x50"},
		{"NEWOBJ", withOp(')', 0x81), "makes an object of a dict"},
		{"NEXT_BUFFER", withOp(0x97), "opcode 0x97"},
		{"BYTEARRAY8", pickledRaw(slices.Concat([]byte("\x80\x05}X\x01\x00\x00\x00a\x96\x02\x00\x00\x00\x00\x00\x00\x00xxs."))), ""},
		{"BINBYTES8 longer than the file", withOp(0x8e, 0, 0, 0, 0, 0, 1, 0, 0), "bytes in a row"},
		{"BINBYTES longer than the file", withOp('B', 0, 0, 0, 1), "ends inside the pickle"},
		{"FRAME", withOp(0x95, 0, 0, 0, 0, 0, 0, 0, 0), ""},
		{"FRAME cut off", pickledRaw([]byte("\x80\x04\x95\x00")), "ends inside the pickle"},
		{"STACK_GLOBAL of a function", pickledRaw([]byte("\x80\x04\x8c\x04math\x8c\x04sqrt\x93.")), "global not allowed: math.sqrt"},
		{"STACK_GLOBAL of numbers", pickledRaw([]byte("\x80\x04K\x01K\x02\x93.")), "named by an int and an int"},
		{"NEWOBJ of a class that rebuilds", pickled(NewPickle().Global("collections OrderedDict").Op(')', 0x81)), "makes an object of the global collections.OrderedDict"},
		{"ADDITEMS to a dict", withOp('(', 0x90), "adds items to a dict"},
		{"ADDITEMS without MARK", withOp(0x8f, 0x90), "a MARK that it did not open"},
		{"FROZENSET without MARK", withOp(0x91), "a MARK that it did not open"},
		{"MEMOIZE of nothing", pickledRaw([]byte("\x80\x04\x94.")), "where there is none"},
		{"MEMOIZE and BINGET", pickledRaw([]byte("\x80\x04}\x94h\x000.")), "opcode 0x30"},
		{"Namespace", pickled(NewPickle().Op('}').Str("args").Global("argparse Namespace").Op(')', 0x81, '}').Str("lr").Int(1).Op('s', 'b', 's')), ""},
		{"Namespace for a tensor's storage", tensorOf(func(p *Pickle) { p.Global("argparse Namespace").Op(')', 0x81, 'Q') }), "a persistent id is an object beside"},
		{"POP", withOp('0'), "opcode 0x30"},
		{"DUP", withOp('2'), "opcode 0x32"},

		{"protocol 4", pickledRaw([]byte("\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00}.")), ""},
		{"protocol 5", pickledRaw([]byte("\x80\x05}.")), ""},
		{"protocol 6", pickledRaw([]byte("\x80\x06}.")), "protocol 6 is not read; save again"},
		{"protocol 1", pickledRaw([]byte("\x80\x01}.")), "protocol 1 is not read; save again"},
		{"protocol 3", pickledRaw([]byte("\x80\x03}.")), ""},
		{"protocol 0", pickledRaw([]byte("(dp0\n.")), "must begin with its protocol"},
		{"protocol twice", withOp(0x80, 2), "in its middle"},
		{"empty", pickledRaw(nil), "ends inside the pickle"},
		{"no STOP", pickledRaw(NewPickle().Op('}').Raw()), "ends inside the pickle"},
		{"bytes after STOP", pickledRaw([]byte("\x80\x02}.junk")), "follow the end of the pickle"},
		{"two STOPs", pickledRaw([]byte("\x80\x02}..")), "follow the end of the pickle"},
		{"STOP with nothing", pickledRaw([]byte("\x80\x02.")), "0 values on its stack"},
		{"STOP with two values", pickledRaw([]byte("\x80\x02}}.")), "2 values on its stack"},
		{"STOP in a MARK", pickledRaw([]byte("\x80\x02}(.")), "1 open MARKs"},

		{"REDUCE on an empty stack", pickledRaw([]byte("\x80\x02R.")), "more values from its stack"},
		{"TUPLE2 of one", pickledRaw([]byte("\x80\x02N\x86.")), "more values from its stack"},
		{"TUPLE1 across a MARK", pickledRaw([]byte("\x80\x02N(\x85.")), "more values from its stack"},
		{"TUPLE without MARK", pickledRaw([]byte("\x80\x02Nt.")), "a MARK that it did not open"},
		{"SETITEM on nothing", pickledRaw([]byte("\x80\x02NNs.")), "where there is none"},
		{"BINPUT of nothing", pickledRaw([]byte("\x80\x02q\x00.")), "where there is none"},
		{"BINGET of nothing", pickledRaw([]byte("\x80\x02h\x07.")), "object 7, which it has not made"},
		{"LONG_BINGET of nothing", pickledRaw([]byte("\x80\x02j\x2c\x01\x00\x00.")), "object 300"},
		{"LONG_BINPUT that leaves some out", pickledRaw([]byte("\x80\x02}r\x2c\x01\x00\x00.")), ""},

		{"string longer than the file", pickledRaw([]byte("\x80\x02X\x00\x10\x00\x00abc")), "ends inside the pickle"},
		{"short string longer than the file", pickledRaw([]byte("\x80\x02U\xffabc")), "ends inside the pickle"},
		{"long integer", pickledRaw(slices.Concat([]byte("\x80\x02\x8a\xff"), repeat(1, 255), []byte("."))), "an integer of 255 bytes"},
		{"integer cut off", pickledRaw([]byte("\x80\x02J\x01")), "ends inside the pickle"},
		{"string not UTF-8", pickled(NewPickle().Op('}').Str("\xff\xfe").Op('N', 's')), "not valid UTF-8"},
		{"string with a surrogate", pickled(NewPickle().Op('}').Str("\xed\xa0\x80").Op('N', 's')), "not valid UTF-8"},
		{"long string not UTF-8", pickled(NewPickle().Op('}').Str(strings.Repeat("\xff", 20000)).Op('N', 's')), "not valid UTF-8"},

		{"dict in itself", pickled(NewPickle().Op('}', 'q', 0).Str("me").Op('h', 0, 's')), "contains itself"},
		{"list in itself", pickled(NewPickle().Op(']', 'q', 0, 'h', 0, 'a')), "nest deeper than"},

		{"SETITEMS odd", pickledRaw([]byte("\x80\x02}(Nu.")), "a dict key without a value"},
		{"SETITEM on a list", pickledRaw([]byte("\x80\x02]K\x00Ns.")), "sets keys of a list"},
		{"SETITEMS on a tensor", tensorOf(func(p *Pickle) { whole(p); p.Mark().Int(1).Int(2).Op('u') }), "sets keys of a tensor"},
		{"APPEND on a dict", pickledRaw([]byte("\x80\x02}Na.")), "appends to a dict"},
		{"APPENDS on a tuple", pickledRaw([]byte("\x80\x02)(NNe.")), "appends to a tuple"},
		{"key twice", pickled(NewPickle().Op('}').Str("a").Op('N', 's').Str("a").Op('N', 's')), `the key "a" twice`},
		{"key twice among many", pickled(manyKeys(50).Str("k7").Op('N', 's')), `the key "k7" twice`},
		{"integer key twice", pickled(NewPickle().Op('}').Int(3).Op('N', 's').Int(3).Op('N', 's')), "the key 3 twice"},
		{"key that is a list", pickledRaw([]byte("\x80\x02}]Ns.")), "a list for a key"},
		{"key that is a tuple with a list", pickledRaw([]byte("\x80\x02}]\x85Ns.")), "a tuple for a key"},
		{"key that is a tuple", pickledRaw([]byte("\x80\x02}K\x01N\x86Ns.")), ""},
		{"tensors with keys of other types", pickled(oddKeys()), ""},

		{"BUILD on OrderedDict", pickled(NewPickle().OrderedDict().Op('}').Str("_metadata").OrderedDict().Op('s', 'b')), ""},
		{"BUILD on a tensor", tensorOf(func(p *Pickle) { whole(p); p.Op('}', 'b') }), "state of a tensor"},
		{"BUILD with a tuple", pickled(NewPickle().OrderedDict().Op(')', 'b')), "with a tuple"},
		{"OrderedDict of Python 2", pickled(pairs("a", "b")), ""},
		{"OrderedDict of Python 2, key twice", pickled(pairs("a", "a")), "twice"},
		{"OrderedDict of a number", pickled(NewPickle().Global("collections OrderedDict").Int(1).Op(0x85, 'R')), "a list of pairs"},
		{"OrderedDict of numbers", pickled(NewPickle().Global("collections OrderedDict").Op(']').Int(1).Op('a', 0x85, 'R')), "one is an int"},

		{"a tensor alone", pickled(NewPickle().Tensor(Tensor{Storage: six, Size: []int64{6}})), "holds a tensor, not a dict"},
		{"a number alone", pickled(NewPickle().Int(3)), "holds an int, not a dict"},
		{"a list of tensors", pickled(NewPickle().Op(']').Tensor(Tensor{Storage: six, Size: []int64{6}}).Op('a')), ""},
		{"an empty dict", pickled(NewPickle().Op('}')), ""},
		{"two paths of a name", pickled(sameName()), `two tensors have the name "a.b"`},
		{"persistent id is a string", pickled(NewPickle().Str("0").Op('Q')), "not a tuple"},
	}
	Run(t, openZip, cases)
}

// TestPickleLimits lowers the limits, so that small pickles pass them. With larger numbers such pickles were seen to take
// all memory or the whole stack of other loaders: an index of the memo far behind the others, containers nested by the
// hundred thousand, a tuple that holds the last one twice, again and again.
func TestPickleLimits(t *testing.T) {
	defer func(old int, memory int64) { limits.nesting, limits.memory = old, memory }(limits.nesting, limits.memory)
	limits.nesting, limits.memory = 10, 4096

	doubled := NewPickle().Op(')')
	for i := range 9 {
		doubled.Op('q', byte(i), 'h', byte(i), 0x86)
	}
	Run(t, openZip, []Case{
		{"10 MARKs", pickledRaw(slices.Concat([]byte("\x80\x02"), repeat('(', 10))), "ends inside the pickle"},
		{"11 MARKs", pickledRaw(slices.Concat([]byte("\x80\x02"), repeat('(', 11))), "nests deeper than 10"},
		{"10 nested tuples", pickledRaw(slices.Concat([]byte("\x80\x02)"), repeat(0x85, 10), []byte("."))), ""},
		{"11 nested tuples", pickledRaw(slices.Concat([]byte("\x80\x02)"), repeat(0x85, 11), []byte("."))), "nest deeper than 10"},
		{"300 nested tuples", pickledRaw(slices.Concat([]byte("\x80\x02)"), repeat(0x85, 300), []byte("."))), "more objects than"},
		{"300 empty dicts", pickled(NewPickle().Op(']').Mark().Op(repeat('}', 300)...).Op('e')), "more objects than"},
		{"50 places in the memo", pickled(scatteredPuts(50)), "more objects than"},
		{"a tuple of the last one twice", pickled(doubled), "more objects than"},
		{"OrderedDict of a list again and again", pickled(orderedDicts(20, 50)), "more objects than"},
	})
}

// scatteredPuts stores the same object under n indices that do not follow each other.
func scatteredPuts(n int) *Pickle {
	p := NewPickle().Op('}')
	for i := range n {
		p.Op('r', byte(2*i+1), 0, 0, 0)
	}
	return p
}

// orderedDicts calls OrderedDict so many times with the same list of pairs.
func orderedDicts(pairs, calls int) *Pickle {
	p := NewPickle().Op(']').Mark()
	for i := range pairs {
		p.Op(']').Mark().Str("k"+string(rune('a'+i))).Op('N', 'e')
	}
	p.Op('e', 'q', 0, 0x85, 'q', 1, 0x85).Mark().Global("collections OrderedDict").Op('q', 2)
	return repeated(p, calls, func(p *Pickle) { p.Op('h', 2, 'h', 1, 'R') })
}

func manyKeys(n int) *Pickle {
	p := NewPickle().Op('}')
	for i := range n {
		p.Str("k"+string(rune('0'+i%10))+strings.Repeat("x", i/10)).Op('N', 's')
	}
	return p
}

// oddKeys has a tensor under a string, one under an integer and one under None.
func oddKeys() *Pickle {
	p := NewPickle().Op('}').Mark()
	for _, key := range []func(){func() { p.Str("a") }, func() { p.Int(7) }, func() { p.Op('N') }} {
		key()
		whole(p)
	}
	return p.Op('u')
}

// pairs is how Python 2 wrote an OrderedDict.
func pairs(keys ...string) *Pickle {
	p := NewPickle().Global("collections OrderedDict").Op(']')
	for _, k := range keys {
		p.Op(']').Op('U', byte(len(k))).Op([]byte(k)...).Op('a')
		whole(p)
		p.Op('a', 'a')
	}
	return p.Op(0x85, 'R')
}

// sameName has the tensor "b" in the dict "a", and the tensor "a.b".
func sameName() *Pickle {
	p := NewPickle().Op('}').Str("a.b")
	whole(p)
	p.Op('s').Str("a").Op('}').Str("b")
	whole(p)
	return p.Op('s', 's')
}

func TestSkipsTensorsWithOddKeys(t *testing.T) {
	f, got := readZip(t, pickled(oddKeys()))
	wantFloats(t, got, map[string][]float32{"a": {1, 2, 3, 4, 5, 6}})
	if w := f.Warnings(); len(w) != 1 || !strings.Contains(w[0], "2 tensors are skipped") {
		t.Errorf("Warnings() = %q", w)
	}
}

// TestTrainingCheckpoint nests a model and an optimizer's state as training scripts do.
func TestTrainingCheckpoint(t *testing.T) {
	p := NewPickle().Op('}').Mark().
		Str("epoch").Int(90).
		Str("arch").Str("resnet50").
		Str("best_acc1").Op('G', 0x40, 0x53, 0x0a, 0x3d, 0x70, 0xa3, 0xd7, 0x0a). // 76.16
		Str("amp").Op(0x88).
		Str("model").StateDict(Vector("conv1.weight", "0", 1, 2, 3, 4, 5, 6)).
		Str("optimizer").Op('}').Mark().
		Str("state").Op('}').Int(0).Op('}').Str("momentum_buffer")
	whole(p)
	p.Op('s', 's').Str("param_groups").Op(']', '}').Str("lr").Int(1).Op('s', 'a').Op('u', 'u')
	f, got := readZip(t, pickled(p))
	if want := []string{"model.conv1.weight", "optimizer.state.0.momentum_buffer"}; !slices.Equal(f.Names(), want) {
		t.Errorf("Names() = %q, want %q", f.Names(), want)
	}
	wantFloats(t, got, map[string][]float32{"model.conv1.weight": {1, 2, 3, 4, 5, 6}, "optimizer.state.0.momentum_buffer": {1, 2, 3, 4, 5, 6}})
	for key, want := range map[string]string{"epoch": "90", "arch": "resnet50", "best_acc1": "76.16", "amp": "true"} {
		if got := f.Metadata()[key]; got != want {
			t.Errorf("Metadata()[%q] = %q, want %q", key, got, want)
		}
	}
}

func TestPython2Names(t *testing.T) {
	_, got := readZip(t, pickled(pairs("a", "b")))
	wantFloats(t, got, map[string][]float32{"a": {1, 2, 3, 4, 5, 6}, "b": {1, 2, 3, 4, 5, 6}})
}
