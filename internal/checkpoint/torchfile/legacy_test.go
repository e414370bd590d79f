package torchfile

import (
	"bytes"
	"slices"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

func goodLegacy() Legacy { return StateDictLegacy(Vector("a", "7", 1, 2, 3), Vector("b", "12", 4, 5)) }

func TestLegacy(t *testing.T) {
	legacy := func(edit func(l *Legacy)) []byte {
		l := goodLegacy()
		edit(&l)
		return l.Bytes()
	}
	viewOf := func(v *View) []byte {
		s := FloatStorage("7", 1, 2, 3, 4)
		s.View = v
		l := StateDictLegacy(Named{Name: "a", Tensor: Tensor{Storage: s, Size: []int64{2}}})
		return l.Bytes()
	}
	file := goodLegacy().Bytes()
	cases := []Case{
		{"right", file, ""},
		{"numel of 1000", legacy(func(l *Legacy) { l.Storages[0].Numel = 1000 }), "has 1000 elements, its tensors expect"},
		{"numel of -1", legacy(func(l *Legacy) { l.Storages[0].Numel = -1 }), "has -1 elements"},
		{"cut in a storage", file[:len(file)-5], "truncated download?"},
		{"cut in a count", file[:len(file)-14], "truncated download?"},
		{"cut in a pickle", file[:100], "ends inside the pickle (truncated download?)"},
		{"cut in the first pickle", file[:8], "ends inside the pickle"},
		{"bytes after", append(slices.Clone(file), "junk"...), "4 bytes follow the last storage"},
		{"key missing", legacy(func(l *Legacy) { l.Keys, l.Storages = l.Keys[:1], l.Storages[:1] }), "use 2 storages, the list of storages names 1"},
		{"key too many", legacy(func(l *Legacy) { l.Keys = append(l.Keys, "99") }), `"99", which no tensor uses`},
		{"key twice", legacy(func(l *Legacy) { l.Keys[1] = l.Keys[0] }), "twice"},
		{"keys no list", legacy(func(l *Legacy) { l.Keys, l.Storages = nil, nil; l.Object = NewPickle().Op('}').Bytes() }), ""},
		{"other magic number", legacy(func(l *Legacy) { l.Magic = NewPickle().Int(5).Bytes() }), "magic number"},
		{"other version", legacy(func(l *Legacy) { l.Version = NewPickle().Int(1002).Bytes() }), "version is not 1001"},
		{"function", legacy(func(l *Legacy) { l.Object = NewPickle().Global("math sqrt").Bytes() }), "global not allowed: math.sqrt"},
		{"function beside the object", legacy(func(l *Legacy) { l.System = NewPickle().Global("math sqrt").Bytes() }), "global not allowed: math.sqrt"},
		{"storage in the system", legacy(func(l *Legacy) { l.System = NewPickle().Storage(six).Bytes() }), "no place for a storage"},
		{"protocol 4", legacy(func(l *Legacy) { l.Keys, l.Storages, l.Object = nil, nil, []byte("\x80\x04}.") }), ""},
		{"protocol 6", legacy(func(l *Legacy) { l.Object = []byte("\x80\x06}.") }), "protocol 6 is not read"},
		{"persistent id of a zip file", legacy(func(l *Legacy) { l.Object = NewPickle().StateDict(Vector("a", "7", 1)).Bytes() }), "5 values, want 6"},

		{"view", viewOf(&View{"8", 1, 3}), ""},
		{"view beyond its storage", viewOf(&View{"8", 2, 3}), "not a part of its 4 elements"},
		{"view negative", viewOf(&View{"8", -1, 3}), "not a part of its 4 elements"},
		{"view shorter than its tensor", viewOf(&View{"8", 0, 1}), "reaches beyond the storage's 1 elements"},
		{"view no tuple", viewOdd(), "the view is an int"},
	}
	Run(t, openLegacy, cases)
}

func viewOdd() []byte {
	p := NewPickle().Op('}').Str("a").Mark().
		Str("storage").Global("torch FloatStorage").Str("7").Str("cpu").Int(4).Int(1).Tuple().Op('Q', 's')
	return LegacyFile(p.Bytes(), FloatStorage("7", 1, 2, 3, 4)).Bytes()
}

func TestLegacyValues(t *testing.T) {
	s := FloatStorage("7", 1, 2, 3, 4)
	s.View = &View{"8", 1, 3}
	// Keys are sorted as text: "12" stands before "7".
	file := StateDictLegacy(
		Named{Name: "view", Tensor: Tensor{Storage: s, Offset: 1, Size: []int64{2}}},
		Vector("b", "12", 5, 6),
	).Bytes()
	f, err := OpenLegacy(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	wantFloats(t, got, map[string][]float32{"view": {3, 4}, "b": {5, 6}})
	if f.Checksums() {
		t.Error("Checksums() is true; the format has none")
	}
}
