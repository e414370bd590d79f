package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

func openReader(r io.ReaderAt, size int64) (Opened, error) {
	f, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// described is the header of one tensor of that description.
func described(entry string) string { return `{"a":` + entry + `}` }

func TestSafetensors(t *testing.T) {
	const right = `{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	data := Floats(1, 2)
	one := func(entry string) []byte { return Safetensors(described(entry), data) }
	two := func(a, b string) []byte {
		return Safetensors(fmt.Sprintf(`{"a":{"dtype":"U8","shape":[4],"data_offsets":%s},"b":{"dtype":"U8","shape":[4],"data_offsets":%s}}`, a, b), data)
	}
	length := func(n uint64) []byte {
		file := one(right)
		binary.LittleEndian.PutUint64(file, n)
		return file
	}
	cases := []Case{
		{"right", one(right), ""},
		{"empty file", nil, "has 0 bytes"},
		{"seven bytes", make([]byte, 7), "has 7 bytes"},
		{"no header", make([]byte, 8), "header's length is 0"},
		{"header of one byte", append(length(1), '{'), "header's length is 1"},
		{"header longer than the file", length(1000), "truncated download?"},
		{"header beyond the limit", length(100_000_001), "limit 100000000"},
		{"space before the header", Safetensors(" "+described(right), data), `must begin with "{"`},
		{"array for a header", Safetensors(`[`+right+`]`, data), `must begin with "{"`},
		{"not UTF-8", one(strings.Replace(right, "F32", "F\xff2", 1)), "not valid UTF-8"},
		{"not UTF-8 after an escape", one(strings.Replace(right, "F32", `\n`+"\xff", 1)), "not valid UTF-8"},
		{"lone surrogate", Safetensors(`{"\ud800":`+right+`}`, data), "surrogate"},
		{"surrogates in reverse", Safetensors(`{"\udc00\ud800":`+right+`}`, data), "surrogate"},
		{"unknown escape", Safetensors(`{"\x":`+right+`}`, data), "unknown escape"},
		{"escape cut off", Safetensors(`{"\u12`, nil), "unknown escape"},
		{"string cut off", Safetensors(`{"abc`, nil), "ends inside a string"},
		{"escaped string cut off", Safetensors(`{"\nabc`, nil), "ends inside a string"},
		{"newline in a string", Safetensors("{\"a\n\":"+right+"}", data), "control character"},
		{"NULs after the header", Safetensors(described(right)+"\x00\x00", data), "only spaces may follow"},
		{"spaces after the header", Safetensors(described(right)+"   ", data), ""},
		{"newline after the header", Safetensors(described(right)+"\n", data), "only spaces may follow"},
		{"two headers", Safetensors(described(right)+"{}", data), "only spaces may follow"},
		{"white space in the header", Safetensors("{ \"a\" :\t"+right+"\r\n}", data), ""},
		{"comma missing", Safetensors(`{"a":`+right+` "b":`+right+`}`, data), `want '}' here`},
		{"comma too many", Safetensors(`{"a":`+right+`,}`, data), `want '"' here`},
		{"header cut off", Safetensors(`{"a":`+right, data), `want '}' here`},

		{"tensor twice", Safetensors(`{"a":`+right+`,"a":`+right+`}`, data), `"a" stands twice`},
		{"tensor twice, once escaped", Safetensors(`{"a":`+right+`,"\u0061":`+right+`}`, data), `"a" stands twice`},
		{"metadata twice", Safetensors(`{"__metadata__":{},"a":`+right+`,"__metadata__":{}}`, data), `"__metadata__" stands twice`},
		{"metadata key twice", Safetensors(`{"__metadata__":{"k":"1","k":"2"},"a":`+right+`}`, data), `"k" stands twice`},
		{"metadata with a number", Safetensors(`{"__metadata__":{"k":1},"a":`+right+`}`, data), "is not a string"},
		{"metadata no object", Safetensors(`{"__metadata__":"x","a":`+right+`}`, data), "want '{' here"},
		{"dtype twice", one(`{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}`), `two "dtype"`},

		{"overlap", two("[0,4]", "[2,6]"), "inside the one before it"},
		{"same place", two("[0,4]", "[0,4]"), "inside the one before it"},
		{"hole", two("[0,4]", "[5,9]"), "leaves a hole after 4"},
		{"first tensor not at 0", one(`{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`), "leaves a hole after 0"},
		{"ends before it begins", one(`{"dtype":"F32","shape":[2],"data_offsets":[8,0]}`), "ends (0) before it begins (8)"},
		{"data too long", Safetensors(described(right), append(slices.Clone(data), 0)), "1 bytes follow the last tensor"},
		{"data too short", Safetensors(described(right), data[:7]), "truncated download?"},
		{"order of offsets is not that of names", two("[4,8]", "[0,4]"), ""},

		{"shape and size disagree", one(`{"dtype":"F32","shape":[3],"data_offsets":[0,8]}`), "is not 8 bytes"},
		{"dtype and size disagree", one(`{"dtype":"F16","shape":[2],"data_offsets":[0,8]}`), "is not 8 bytes"},
		{"shape overflows", one(`{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}`), "is too large"},
		{"shape overflows with the dtype", one(`{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]}`), "is too large"},
		{"shape beyond 63 bits", one(`{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}`), "is too large"},
		{"shape of twenty digits", one(`{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]}`), "integer"},
		{"shape negative", one(`{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}`), "integer that is not negative"},
		{"shape a float", one(`{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}`), "integer that is not negative"},
		{"shape with an exponent", one(`{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}`), "integer that is not negative"},
		{"shape with a leading zero", one(`{"dtype":"F32","shape":[02],"data_offsets":[0,8]}`), "integer that is not negative"},
		{"shape a string", one(`{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}`), "integer that is not negative"},
		{"metadata null", Safetensors(`{"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), ""},
		{"shape null", one(`{"dtype":"F32","shape":null,"data_offsets":[0,8]}`), "want '[' here"},
		{"nine dimensions", one(`{"dtype":"F32","shape":[2,1,1,1,1,1,1,1,1],"data_offsets":[0,8]}`), "more than 8 dimensions"},
		{"one offset", one(`{"dtype":"F32","shape":[2],"data_offsets":[0]}`), "must be two numbers"},
		{"three offsets", one(`{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}`), "must be two numbers"},
		{"offset negative", one(`{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}`), "integer that is not negative"},
		{"dtype unknown", one(`{"dtype":"F31","shape":[2],"data_offsets":[0,8]}`), `unknown dtype "F31"`},
		{"dtype in lower case", one(`{"dtype":"f32","shape":[2],"data_offsets":[0,8]}`), `unknown dtype "f32"`},
		{"dtype a number", one(`{"dtype":32,"shape":[2],"data_offsets":[0,8]}`), `want '"' here`},
		{"no dtype", one(`{"shape":[2],"data_offsets":[0,8]}`), `has no "dtype"`},
		{"no shape", one(`{"dtype":"F32","data_offsets":[0,8]}`), `has no "shape"`},
		{"no offsets", one(`{"dtype":"F32","shape":[2]}`), `has no "data_offsets"`},
		{"field in other case", one(`{"Dtype":"F32","shape":[2],"data_offsets":[0,8]}`), `has no "dtype"`},
		{"further fields", one(`{"x":{"y":[1,-2.5e+3,true,false,null,"s\n",[],{}]},"dtype":"F32","shape":[2],"data_offsets":[0,8],"z":0}`), ""},
		{"further field no JSON", one(`{"x":nul,"dtype":"F32","shape":[2],"data_offsets":[0,8]}`), "want a JSON value"},
		{"further field a bad number", one(`{"x":-,"dtype":"F32","shape":[2],"data_offsets":[0,8]}`), "want a JSON value"},
		{"further field a number with a leading zero", one(`{"x":01,"dtype":"F32","shape":[2],"data_offsets":[0,8]}`), "want '}' here"},
		{"40 nested arrays", one(`{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`), "nest deeper"},
		{"40 nested objects", one(`{"x":` + strings.Repeat(`{"x":`, 40) + "0" + strings.Repeat("}", 41)), "nest deeper"},
		{"40 nested dimensions", one(`{"shape":` + strings.Repeat("[", 40) + `}`), "integer"},
		{"NUL in a name", Safetensors(`{"a\u0000b":`+right+`}`, data), "has a NUL byte"},
		{"name of a path", Safetensors(`{"../../x":`+right+`}`, data), ""},
		{"too many tensors", Safetensors(manyTensors(format.MaxTensors+1), nil), "more than 32768 tensors"},

		{"no elements", Safetensors(described(`{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}`), nil), ""},
		{"no elements twice", Safetensors(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, nil), ""},
		{"no elements in the middle", Safetensors(`{"a":`+right+`,"b":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}`, data), "inside the one before it"},
		{"scalar", Safetensors(described(`{"dtype":"I64","shape":[],"data_offsets":[0,8]}`), data), ""},
		{"no tensors", Safetensors(`{}`, nil), ""},
		{"bool", Safetensors(described(`{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}`), []byte{0, 1}), ""},
		{"bool of 2", Safetensors(described(`{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}`), []byte{1, 2}), "a bool is 2"},
		{"half a byte", Safetensors(described(`{"dtype":"F4","shape":[3],"data_offsets":[0,1]}`), []byte{1}), "is not 1 bytes"},
		{"four bits", Safetensors(described(`{"dtype":"F4","shape":[4],"data_offsets":[0,2]}`), []byte{1, 2}), ""},
	}
	Run(t, openReader, cases)
}

func manyTensors(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`, i)
	}
	b.WriteByte('}')
	return b.String()
}

func TestSniff(t *testing.T) {
	file := Safetensors(`{}`, nil)
	if !Sniff(file, int64(len(file))) {
		t.Error("a file without tensors is not recognised")
	}
	// The length of a header can spell the beginning of a zip file or of a pickle.
	for _, head := range []string{"PK\x03\x04\x00\x00\x00\x00{", "\x80\x02}q\x00\x00\x00\x00{"} {
		if Sniff([]byte(head), 1000) {
			t.Errorf("%q is recognised though the header is longer than the file", head)
		}
		if !Sniff([]byte(head), 1<<40) && head[0] == 'P' {
			t.Errorf("%q is not recognised in a large file", head)
		}
	}
}

func TestReaderInfo(t *testing.T) {
	header := `{"__metadata__":{"format":"pt","\u00e9\ud83d\ude00":"\"\\\/\b\f\n\r\t"},"z":{"dtype":"BF16","shape":[1,2],"data_offsets":[2,6]},"a":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}`
	file := Safetensors(header, []byte{1, 2, 3, 4, 5, 6})
	f, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"z", "a"}; !slices.Equal(f.Names(), want) {
		t.Errorf("Names() = %q, want the header's order %q", f.Names(), want)
	}
	info, ok := f.Info("z")
	if !ok || !info.Shape.Equal(tensor.Shape{1, 2}) || info.DType != tensor.BFloat16 {
		t.Errorf("Info(z) = %v, %v", info, ok)
	}
	if _, ok := f.Info("b"); ok {
		t.Error("Info finds a tensor that is not there")
	}
	if err := f.Stream("b", io.Discard); err == nil {
		t.Error("Stream reads a tensor that is not there")
	}
	got, err := ReadAll(f)
	if err != nil || !bytes.Equal(got["z"], []byte{3, 4, 5, 6}) || !bytes.Equal(got["a"], []byte{1, 2}) {
		t.Errorf("tensors are %v, %v", got, err)
	}
	want := map[string]string{"format": "pt", "é😀": "\"\\/\b\f\n\r\t"}
	for k, v := range want {
		if got := f.Metadata()[k]; got != v {
			t.Errorf("Metadata()[%q] = %q, want %q", k, got, v)
		}
	}
}

// TestShrinkingFile ends in the middle of the data that the header promises.
func TestShrinkingFile(t *testing.T) {
	file := Safetensors(described(`{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`), Floats(1, 2))
	f, err := Open(bytes.NewReader(file[:len(file)-4]), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Stream("a", io.Discard); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("error is %v", err)
	}
}
