package onnx

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	. "resnet/internal/checkpoint/checkpointtest"
	"resnet/internal/tensor"
)

func open(t testing.TB, name string) *Reader {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, location := range o.Locations() {
		data, err := os.ReadFile(filepath.Join("testdata", location))
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Attach(location, External{bytes.NewReader(data), int64(len(data))}); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// TestReadsInitializers compares the bytes of all tensors with those that the onnx package reads. Constants of nodes come
// on top of them.
func TestReadsInitializers(t *testing.T) {
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct {
		Tensors      string
		Initializers int
		Constants    []string
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	for name, want := range expected {
		o := open(t, name)
		if !Sniff(head(t, name), 0) {
			t.Errorf("%s is not recognised", name)
		}
		data, err := ReadAll(o)
		if err != nil {
			t.Fatal(err)
		}
		var digests []string
		for name, b := range data {
			if !slices.Contains(want.Constants, name) {
				sum := sha256.Sum256(b)
				digests = append(digests, hex.EncodeToString(sum[:]))
			}
		}
		slices.Sort(digests)
		sum := sha256.Sum256([]byte(strings.Join(digests, "")))
		if len(digests) != want.Initializers || hex.EncodeToString(sum[:]) != want.Tensors {
			t.Errorf("%s: the %d tensors are not the %d of the onnx package", name, len(digests), want.Initializers)
		}
		if !json.Valid([]byte(o.Config())) || len(o.model.Inputs) != 1 || len(o.model.Outputs) != 1 {
			t.Errorf("%s: inputs %v, outputs %v", name, o.model.Inputs, o.model.Outputs)
		}
	}
}

// TestUnread: tensors of types that are not read are listed by the name of their type, and are an error to whoever wants
// their elements.
func TestUnread(t *testing.T) {
	text, err := os.ReadFile("testdata/types/types.json")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := json.Unmarshal(text, &names); err != nil {
		t.Fatal(err)
	}
	o := open(t, "types/types.onnx")
	if !slices.Equal(o.Names(), names) {
		t.Errorf("Names() = %q, want %q", o.Names(), names)
	}
	for _, name := range names {
		info, _ := o.Info(name)
		err := o.Stream(name, &bytes.Buffer{})
		switch {
		case name == "FLOAT":
			if info.DType != tensor.Float32 || err != nil {
				t.Errorf("%s is %s, %v", name, info.DType, err)
			}
		case string(info.DType) != strings.ToLower(name) || info.DType.Size() > 0 || err == nil:
			t.Errorf("%s is %s, %v", name, info.DType, err)
		}
	}
}

func head(t *testing.T, name string) []byte {
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file[:512]
}

// Messages to break.
func message(number protowire.Number, content ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), slices.Concat(content...))
}

func number(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

func text(n protowire.Number, s string) []byte { return message(n, []byte(s)) }

var relu = message(1, text(1, "x"), text(2, "y"), text(4, "Relu"))

func model(graph ...[]byte) []byte {
	return slices.Concat(number(1, 8), text(2, "test"), message(7, append(graph, relu)...))
}

// initializer is a tensor of two float32.
func initializer(fields ...[]byte) []byte {
	return message(5, append([][]byte{number(1, 2), number(2, 1), text(8, "w")}, fields...)...)
}

// TestRefuses has a file for each rule.
func TestRefuses(t *testing.T) {
	raw := message(9, make([]byte, 8))
	outside := func(key, value string) []byte { return message(13, text(1, key), text(2, value)) }
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"cut off", model(initializer(raw))[:30], "truncated download"},
		{"varint of 11 bytes", slices.Concat(number(1, 8), []byte{0x38}, bytes.Repeat([]byte{0x80}, 11)), "longer than 10 bytes"},
		{"no field", []byte{8, 8, 0, 0}, "no field of a protobuf message begins"},
		{"group", []byte{8, 8, 0x13, 0x14}, "the wire type 3"},
		{"no graph", slices.Concat(number(1, 8), text(2, "test")), "has no graph"},
		{"two graphs", slices.Concat(model(), message(7, relu)), "one graph"},
		{"sparse", model(message(15)), "sparse"},
		{"raw data too short", model(initializer(message(9, make([]byte, 4)))), "has 4 bytes, want 8"},
		{"raw data that are a number", model(initializer(number(9, 1))), "no bytes"},
		{"raw and a list", model(initializer(raw, message(4, make([]byte, 8)))), "raw data and a list"},
		{"list too short", model(initializer(message(4, make([]byte, 4)))), "has 1 elements"},
		{"list of another type", model(initializer(number(7, 1), number(7, 2))), "elements in field 7"},
		{"negative dimension", model(message(5, number(1, 1<<64-1), number(2, 1), text(8, "w"))), "dimension of -1"},
		{"product of dimensions", model(message(5, number(1, 1<<40), number(1, 1<<40), number(2, 1), text(8, "w"))), "impossible shape"},
		{"many dimensions", model(message(5, bytes.Repeat(number(1, 1), 9), number(2, 1), text(8, "w"))), "more than 8 numbers"},
		{"no name", model(message(5, number(2, 1), message(9, make([]byte, 4)))), "has no name"},
		{"twice", model(initializer(raw), initializer(raw)), "two tensors are called"},
		{"segment", model(initializer(message(3))), "segments"},
		{"outside without a place", model(initializer(number(14, 1))), "does not say in which file"},
		{"outside, another length", model(initializer(number(14, 1), outside("location", "w.data"), outside("length", "4"))), `length "4"`},
		{"outside, negative offset", model(initializer(number(14, 1), outside("location", "w.data"), outside("offset", "-8"))), `offset "-8"`},
		{"operator without a type", model(message(1, text(2, "y"))), "has no type"},
		{"constant of strings", model(message(1, text(2, "y"), text(4, "Constant"), message(5, text(1, "value_strings"), text(9, "a")))), "value_strings"},
	} {
		_, err := Open(bytes.NewReader(test.file), int64(len(test.file)))
		CheckError(t, err)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q", test.name, err, test.want)
		}
	}
}

// TestOutside: elements that lie beyond the end of another file, and in one that nobody gave.
func TestOutside(t *testing.T) {
	file := model(initializer(number(14, 1), message(13, text(1, "location"), text(2, "w.data")), message(13, text(1, "offset"), text(2, "4"))))
	o, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Stream("w", &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "not open") {
		t.Error(err)
	}
	if err := o.Attach("w.data", External{bytes.NewReader(make([]byte, 11)), 11}); err == nil || !strings.Contains(err.Error(), "ends at 11") {
		t.Error(err)
	}
	if err := o.Attach("w.data", External{bytes.NewReader(make([]byte, 12)), 12}); err != nil {
		t.Error(err)
	}
}

// TestBudget: what a graph has many of is counted, however small it is.
func TestBudget(t *testing.T) {
	for name, file := range map[string][]byte{
		"operators": model(bytes.Repeat(relu, maxItems/2)),
		"inputs":    model(message(1, bytes.Repeat(text(1, ""), maxItems+1), text(2, "y"), text(4, "Sum"))),
	} {
		Within(t, len(file), func() {
			if _, err := Open(bytes.NewReader(file), int64(len(file))); err == nil || !strings.Contains(err.Error(), "more than 65536") {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestElements: lists of numbers, packed or one by one, and the constants of nodes.
func TestElements(t *testing.T) {
	floats := message(4, []byte{0, 0, 128, 63, 0, 0, 0, 64})
	file := model(
		initializer(floats),
		message(5, number(1, 2), number(2, 7), text(8, "packed"), message(7, []byte{5}, protowire.AppendVarint(nil, 1<<64-1))),
		message(5, number(1, 2), number(2, 6), text(8, "single"), number(5, 5), number(5, 6)),
		message(1, text(2, "ints"), text(4, "Constant"), message(5, text(1, "value_ints"), number(8, 3), number(8, 4))),
		message(1, text(2, "float"), text(4, "Constant"), message(5, text(1, "value_float"), protowire.AppendFixed32(protowire.AppendTag(nil, 2, protowire.Fixed32Type), 0x3f800000))),
		message(1, text(2, "tensor"), text(4, "Constant"), message(5, text(1, "value"), message(5, number(2, 1), text(8, "x"), message(9, []byte{0, 0, 128, 63})))),
	)
	o, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		dtype tensor.DType
		shape tensor.Shape
		bytes []byte
	}{
		"w":      {tensor.Float32, tensor.Shape{2}, []byte{0, 0, 128, 63, 0, 0, 0, 64}},
		"packed": {tensor.Int64, tensor.Shape{2}, append([]byte{5, 0, 0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte{255}, 8)...)},
		"single": {tensor.Int32, tensor.Shape{2}, []byte{5, 0, 0, 0, 6, 0, 0, 0}},
		"ints":   {tensor.Int64, tensor.Shape{2}, []byte{3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0}},
		"float":  {tensor.Float32, tensor.Shape{}, []byte{0, 0, 128, 63}},
		"tensor": {tensor.Float32, tensor.Shape{}, []byte{0, 0, 128, 63}},
	} {
		var got bytes.Buffer
		info, ok := o.Info(name)
		if err := o.Stream(name, &got); err != nil || !ok || info.DType != want.dtype || !info.Shape.Equal(want.shape) || !bytes.Equal(got.Bytes(), want.bytes) {
			t.Errorf("%s: %v %x, %v", name, info, got.Bytes(), err)
		}
	}
}
