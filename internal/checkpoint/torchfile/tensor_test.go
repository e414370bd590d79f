package torchfile

import (
	"bytes"
	"math"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

// called writes _rebuild_tensor_v2 with arguments of its own.
func called(args func(p *Pickle)) []byte { return rebuilt("tensor_v2", args) }

// rebuilt writes one of the functions that rebuild tensors with arguments of its own.
func rebuilt(function string, args func(p *Pickle)) []byte {
	return tensorOf(func(p *Pickle) {
		p.Global("torch._utils _rebuild_" + function).Mark()
		args(p)
		p.Tuple().Op('R')
	})
}

func TestTensorRecord(t *testing.T) {
	at := func(offset int64, size, stride []int64) []byte {
		return tensorOf(func(p *Pickle) { p.Tensor(Tensor{Storage: six, Offset: offset, Size: size, Stride: stride}) })
	}
	stored := func(edit func(s *Storage)) []byte {
		s := six
		edit(&s)
		return TorchZip(NewPickle().StateDict(Named{Name: "a", Tensor: Tensor{Storage: s, Size: []int64{6}}}).Bytes(), six).Bytes()
	}
	persistent := func(write func(p *Pickle)) []byte { return tensorOf(func(p *Pickle) { write(p); p.Op('Q') }) }
	cases := []Case{
		{"scalar", at(5, nil, nil), ""},
		{"transposed", at(0, []int64{3, 2}, []int64{1, 3}), ""},
		{"no elements", at(6, []int64{0, 3}, nil), ""},
		{"no elements beside large ones", at(0, []int64{1 << 20, 0, 1 << 20}, []int64{0, 1, 1}), ""},
		{"expanded within the storage", at(0, []int64{2, 2}, []int64{0, 1}), ""},

		{"size overflows", at(0, []int64{1 << 31, 1 << 31, 1 << 31}, []int64{0, 0, 0}), "too large"},
		{"expanded", at(5, []int64{64}, []int64{0}), ""},
		{"overlapping", at(0, []int64{3, 4}, []int64{1, 1}), ""},
		{"size beyond the storage", at(0, []int64{7}, nil), "reaches beyond the storage's 6 elements"},
		{"size negative", at(0, []int64{-1}, []int64{1}), "a dimension that is -1"},
		{"stride negative", at(5, []int64{6}, []int64{-1}), "a dimension that is -1"},
		{"stride overflows", at(0, []int64{3}, []int64{math.MaxInt64}), "reaches beyond"},
		{"strides overflow together", at(0, []int64{2, 2}, []int64{math.MaxInt64 / 2, math.MaxInt64 / 2}), "reaches beyond"},
		{"stride beyond the storage", at(0, []int64{3}, []int64{3}), "reaches beyond"},
		{"expanded to a huge size", at(0, []int64{1 << 30}, []int64{0}), "more objects than a checkpoint needs"},
		{"expanded to several large ones", at(0, []int64{3 << 20}, []int64{0}), "more objects than a checkpoint needs"},
		{"offset beyond the storage", at(7, []int64{0}, nil), "offset 7 is outside"},
		{"offset and size beyond the storage", at(3, []int64{4}, nil), "at offset 3 reaches beyond"},
		{"offset huge", at(math.MaxInt64, []int64{1}, nil), "is outside"},
		{"offset negative", at(-1, []int64{1}, nil), "is outside"},
		{"size and stride of different lengths", at(0, []int64{2, 3}, []int64{1}), "different lengths"},
		{"nine dimensions", at(0, []int64{1, 1, 1, 1, 1, 1, 1, 1, 1}, nil), "more than 8 dimensions"},

		{"numel negative", stored(func(s *Storage) { s.Numel = -1 }), "has -1 elements"},
		{"numel huge", stored(func(s *Storage) { s.Numel = 1 << 62 }), "elements"},
		{"numel wrong", stored(func(s *Storage) { s.Numel = 5 }), "has 24 bytes, 5 of float32 take 20"},
		{"on a GPU", stored(func(s *Storage) { s.Where = "cuda:0" }), ""},
		{"on no device", stored(func(s *Storage) { s.Where = "meta" }), `the location is "meta"`},
		{"unknown storage class", stored(func(s *Storage) { s.Class = "NosuchStorage" }), "global not allowed: torch.NosuchStorage"},
		{"storage of larger elements", stored(func(s *Storage) { s.Class = "ComplexFloatStorage" }), "has 24 bytes, 6 of complex64 take 48"},
		{"elements that are not read", stored(func(s *Storage) { s.Class, s.Numel = "ComplexFloatStorage", 3 }), "elements of type complex64 cannot be read"},
		{"unknown kind of tensor", tensorOf(func(p *Pickle) { p.Global("torch._utils _rebuild_wrapper_subclass") }), "global not allowed: torch._utils._rebuild_wrapper_subclass; tensors of this kind are not read"},
		{"bytes of a type that has a storage", rebuilt("tensor_v3", func(p *Pickle) {
			p.Storage(six).Int(0).Ints(6).Ints(1).Op(0x89).OrderedDict().Global("torch float32")
		}), "a tensor of float32 in bytes without a type"},
		{"bytes of no type", rebuilt("tensor_v3", func(p *Pickle) {
			p.Storage(six).Int(0).Ints(6).Ints(1).Op(0x89).OrderedDict().Global("torch device")
		}), "the type is the global torch.device"},
		{"bytes of a size that overflows", rebuilt("tensor_v3", func(p *Pickle) {
			p.Storage(six).Int(0).Ints(1<<31, 1<<31, 1<<31).Ints(1).Op(0x89).OrderedDict().Global("torch uint16")
		}), "too large"},
		{"quantized floats", rebuilt("qtensor", func(p *Pickle) {
			p.Storage(six).Int(0).Ints(6).Ints(1).Op(')', 0x89).OrderedDict()
		}), "the storage is a storage, which is not quantized"},
		{"sparse without a layout", rebuilt("sparse_tensor", func(p *Pickle) { p.Int(0).Op(')') }), "the layout is an int"},
		{"sparse without a size", rebuilt("sparse_tensor", func(p *Pickle) { p.Str("torch.sparse_coo").Op(')') }), "the data has no size"},
		{"meta without a type", rebuilt("meta_tensor_no_storage", func(p *Pickle) { p.Int(0).Ints(6).Ints(1).Op(0x89) }), "the type is an int"},
		{"nested without a buffer", rebuilt("nested_tensor", func(p *Pickle) { p.Int(0).Ints(6).Ints(1).Ints(0) }), "the buffer is an int"},
		{"a tensor by a function that is none", tensorOf(func(p *Pickle) {
			p.Global("torch._tensor _rebuild_from_type_v2").Mark().Global("collections OrderedDict").Global("torch Tensor").Op(')', '}').Tuple().Op('R')
		}), "a tuple of the global torch.Tensor by the global collections.OrderedDict"},
		{"a tensor of another type", tensorOf(func(p *Pickle) {
			p.Global("torch._tensor _rebuild_from_type_v2").Mark().Global("torch._utils _rebuild_tensor_v2").Global("torch device").Op(')', '}').Tuple().Op('R')
		}), "a tuple of the global torch.device"},
		{"storage of two types", twoTypes(), "is once 6 of float32, once 6 of int32"},

		{"persistent id too short", persistent(func(p *Pickle) { p.Mark().Str("storage").Tuple() }), "1 values, want 5"},
		{"persistent id empty", persistent(func(p *Pickle) { p.Op(')') }), "0 values, want 5"},
		{"persistent id of a module", persistent(func(p *Pickle) { p.Mark().Str("module").Op('N', 'N', 'N', 'N').Tuple() }), "want a storage"},
		{"persistent id with a class that is no storage", persistent(func(p *Pickle) {
			p.Mark().Str("storage").Global("collections OrderedDict").Str("0").Str("cpu").Int(6).Tuple()
		}), "the storage class is the global collections.OrderedDict"},
		{"persistent id with a key that is a number", persistent(func(p *Pickle) {
			p.Mark().Str("storage").Global("torch FloatStorage").Int(0).Str("cpu").Int(6).Tuple()
		}), "the key is an int"},
		{"key that leaves the archive", stored(func(s *Storage) { s.Key = "../data.pkl" }), "there is no entry"},

		{"rebuild without arguments", called(func(p *Pickle) {}), "0 arguments"},
		{"rebuild of a dict", called(func(p *Pickle) { p.Op('}').Int(0).Ints(1).Ints(1).Op(0x89).OrderedDict() }), "the storage is a dict"},
		{"rebuild with a float offset", called(func(p *Pickle) {
			p.Storage(six).Op('G', 0, 0, 0, 0, 0, 0, 0, 0).Ints(1).Ints(1).Op(0x89).OrderedDict()
		}), "the storage offset is a float"},
		{"rebuild with a list for a size", called(func(p *Pickle) {
			p.Storage(six).Int(0).Op(']').Ints(1).Op(0x89).OrderedDict()
		}), "size and stride are a list and a tuple"},
		{"rebuild with a float size", called(func(p *Pickle) {
			p.Storage(six).Int(0).Op('G', 0, 0, 0, 0, 0, 0, 0, 0, 0x85).Ints(1).Op(0x89).OrderedDict()
		}), "a dimension that is a float"},
		{"negated view", called(func(p *Pickle) {
			p.Storage(six).Int(0).Ints(6).Ints(1).Op(0x89).OrderedDict().Op('}').Str("neg").Op(0x88, 's')
		}), "elements of type negated cannot be read"},
		{"gradient of a number", called(func(p *Pickle) {
			p.Storage(six).Int(0).Ints(6).Ints(1).Int(1).OrderedDict()
		}), "requires_grad is an int"},
		{"hooks of a tuple", called(func(p *Pickle) {
			p.Storage(six).Int(0).Ints(6).Ints(1).Op(0x89).Ints(1)
		}), "the hooks are a tuple"},
		{"no metadata", called(func(p *Pickle) {
			p.Storage(six).Int(0).Ints(6).Ints(1).Op(0x89).OrderedDict().Op('}')
		}), ""},
		{"parameter", tensorOf(func(p *Pickle) {
			p.Global("torch._utils _rebuild_parameter").Mark()
			whole(p)
			p.Op(0x88).OrderedDict().Tuple().Op('R')
		}), ""},
		{"parameter of a string", tensorOf(func(p *Pickle) {
			p.Global("torch._utils _rebuild_parameter").Mark().Str("x").Op(0x88).OrderedDict().Tuple().Op('R')
		}), "not a tensor"},
		{"parameter of nothing", tensorOf(func(p *Pickle) { p.Global("torch._utils _rebuild_parameter").Op(')', 'R') }), "0 arguments"},
		{"a bool that is 2", boolTwo(), "a bool is 2"},
	}
	Run(t, openZip, cases)
}

// twoTypes uses a storage as float32 and as int32.
func twoTypes() []byte {
	other := six
	other.Class = "IntStorage"
	return TorchZip(NewPickle().StateDict(
		Named{Name: "a", Tensor: Tensor{Storage: six, Size: []int64{6}}},
		Named{Name: "b", Tensor: Tensor{Storage: other, Size: []int64{6}}},
	).Bytes(), six).Bytes()
}

func boolTwo() []byte {
	s := Storage{Class: "BoolStorage", Key: "0", Numel: 2, Data: []byte{1, 2}}
	return StateDictZip(Named{Name: "a", Tensor: Tensor{Storage: s, Size: []int64{2}}}).Bytes()
}

func TestViewsOfASharedStorage(t *testing.T) {
	values := make([]float32, 24)
	for i := range values {
		values[i] = float32(i)
	}
	s := FloatStorage("0", values...)
	view := func(name string, offset int64, size, stride []int64) Named {
		return Named{Name: name, Tensor: Tensor{Storage: s, Offset: offset, Size: size, Stride: stride}}
	}
	z := StateDictZip(
		view("row", 4, []int64{4}, nil),
		view("column", 1, []int64{3}, []int64{8}),
		view("transposed", 0, []int64{2, 3}, []int64{1, 2}),
		view("permuted", 0, []int64{2, 2, 2}, []int64{1, 4, 2}),
		view("windows", 0, []int64{3, 2}, []int64{1, 1}),
		view("one", 7, []int64{1, 1}, []int64{100, 50}),
		view("repeated", 3, []int64{2, 2}, []int64{0, 1}),
	)
	_, got := readZip(t, z.Bytes())
	wantFloats(t, got, map[string][]float32{
		"row":        {4, 5, 6, 7},
		"column":     {1, 9, 17},
		"transposed": {0, 2, 4, 1, 3, 5},
		"permuted":   {0, 2, 4, 6, 1, 3, 5, 7},
		"windows":    {0, 1, 1, 2, 2, 3},
		"one":        {7},
		"repeated":   {3, 4, 3, 4},
	})
}

// TestChecksumOfAPart makes sure that a view is vouched for by the checksum of all of its storage, on the first reading and
// on a later one.
func TestChecksumOfAPart(t *testing.T) {
	s := FloatStorage("0", 1, 2, 3, 4, 5, 6)
	z := StateDictZip(Named{Name: "a", Tensor: Tensor{Storage: s, Offset: 1, Size: []int64{2}}})
	file := z.Bytes()
	f, got := readZip(t, file)
	wantFloats(t, got, map[string][]float32{"a": {2, 3}})
	var again bytes.Buffer
	if err := f.Stream("a", &again); err != nil || !bytes.Equal(again.Bytes(), Floats(2, 3)) {
		t.Errorf("second reading: %v, %v", again.Bytes(), err)
	}
	flip(file, Floats(6)) // outside of the view
	f, err := OpenZip(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAll(f); err == nil {
		t.Error("damage beside the view was not noticed")
	}
}

func TestNotANumberIsKept(t *testing.T) {
	nan, inf := math.Float32frombits(0x7fc00001), float32(math.Inf(-1))
	_, got := readZip(t, StateDictZip(Vector("a", "0", nan, inf)).Bytes())
	wantFloats(t, got, map[string][]float32{"a": {nan, inf}})
}
