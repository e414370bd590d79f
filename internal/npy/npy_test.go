package npy

import (
	"bytes"
	"encoding/hex"
	"testing"

	"resnet/internal/tensor"
)

// TestWrite compares with what numpy.save writes of numpy.array([[1.5, -2]], dtype='<f4') and of numpy.float32([0.25]).
func TestWrite(t *testing.T) {
	for _, test := range []struct {
		tensor tensor.Tensor
		dict   string
		data   string
	}{
		{tensor.Tensor{Shape: tensor.Shape{1, 2}, Data: []float32{1.5, -2}}, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", "0000c03f000000c0"},
		{tensor.Tensor{Shape: tensor.Shape{1}, Data: []float32{0.25}}, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "0000803e"},
	} {
		var b bytes.Buffer
		if err := Write(&b, test.tensor); err != nil {
			t.Fatal(err)
		}
		got := b.Bytes()
		if len(got)%64 != len(test.data)/2 || !bytes.HasPrefix(got, []byte("\x93NUMPY\x01\x00\x76\x00"+test.dict)) || got[127] != '\n' {
			t.Errorf("header %q", got)
		}
		if data := hex.EncodeToString(got[128:]); data != test.data {
			t.Errorf("data %s, want %s", data, test.data)
		}
	}
}
