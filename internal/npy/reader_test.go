package npy

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"resnet/internal/tensor"
)

// header is that of an array as NumPy 2 writes it.
func header(version byte, dict string) string {
	length := binary.LittleEndian.AppendUint16(nil, uint16(len(dict)))
	if version > 1 {
		length = binary.LittleEndian.AppendUint32(nil, uint32(len(dict)))
	}
	return Magic + string(version) + "\x00" + string(length) + dict
}

func TestReader(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, tensor.Tensor{Shape: tensor.Shape{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}}); err != nil {
		t.Fatal(err)
	}
	doubles := header(2, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n")
	for _, v := range []float64{0.5, -2} {
		doubles += string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
	}
	for text, want := range map[string][][]float32{b.String(): {{1, 2, 3}, {4, 5, 6}}, doubles: {{0.5, -2}}} {
		r, err := NewReader(strings.NewReader(text), int64(len(text)))
		if err != nil || r.Rows != len(want) || r.Width != len(want[0]) {
			t.Fatalf("%+v, %v", r, err)
		}
		row := make([]float32, r.Width)
		for i := range want {
			if err := r.Row(row); err != nil || !bytes.Equal(float32Bytes(row), float32Bytes(want[i])) {
				t.Errorf("row %d: %v, %v, want %v", i, row, err, want[i])
			}
		}
		if err := r.Row(row); err == nil {
			t.Error("a row more than there are")
		}
	}
}

func float32Bytes(v []float32) []byte {
	var b bytes.Buffer
	_ = WriteData(&b, v)
	return b.Bytes()
}

// TestReaderRefuses: nothing is taken on the word of the header.
func TestReaderRefuses(t *testing.T) {
	const rest = ", 'fortran_order': False, 'shape': (2, 2), }\n"
	data := strings.Repeat("x", 16)
	for text, want := range map[string]string{
		"":                                 "no .npy file",
		"\x93NUMPX\x01\x00":                "no .npy file",
		header(9, "{}"):                    "version 9",
		Magic + "\x02\x00\xff\xff\xff\xff": "a header of 4294967295 bytes",
		header(1, "{'descr': '<f4'"+rest) + data[1:]:                                                 "does not fit the file's",
		header(1, "{'descr': '<f4'"+rest) + data + "x":                                               "does not fit the file's",
		header(1, "{'descr': '>f4'"+rest) + data:                                                     "an array of \">f4\"",
		header(1, "{'descr': [('a', '<f4')]"+rest) + data:                                            "not as NumPy writes it",
		header(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }\n") + data:             "in Fortran's order",
		header(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }\n") + data:              "want a row for each vector",
		header(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 0), }\n"):                   "want a row for each vector",
		header(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647), }\n"): "does not fit the file's",
		header(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 1), }\n"):         "a dimension of 99999999999",
	} {
		if _, err := NewReader(strings.NewReader(text), int64(len(text))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %s", text, err, want)
		}
	}
}
