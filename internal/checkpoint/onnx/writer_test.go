package onnx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"resnet/internal/tensor"
)

// written is a small model: y = Conv(x) with a padding of one.
func written() *New {
	return &New{
		Producer: "test", Name: "small",
		Input: Input{Name: "x", Shape: []int{0, 2, 5, 5}}, Output: Input{Name: "y", Shape: []int{0, 1, 5, 5}},
		Nodes: []Node{
			{Name: "conv", Op: "Conv", Inputs: []string{"x", "w"}, Outputs: []string{"c"}, Attrs: []Attribute{
				{Name: "pads", Type: AttrInts, Ints: []int64{1, 1, 1, 1}}, {Name: "group", Type: AttrInt, Int: 1},
				{Name: "auto_pad", Type: AttrText, Text: "NOTSET"},
			}},
			{Name: "soft", Op: "LeakyRelu", Inputs: []string{"c"}, Outputs: []string{"y"}, Attrs: []Attribute{{Name: "alpha", Type: AttrFloat, Float: 0.25}}},
		},
		Tensors: []Initializer{
			{"w", tensor.Info{Shape: tensor.Shape{1, 2, 3, 3}, DType: tensor.Float32}, func(w io.Writer) error { return WriteFloats(w, make([]float32, 18)) }},
			{"zero", tensor.Info{Shape: tensor.Shape{}, DType: tensor.UInt8}, func(w io.Writer) error { _, err := w.Write([]byte{7}); return err }},
		},
		Metadata: map[string]string{"b": "2", "a": "1"},
	}
}

// TestWrite reads what was written.
func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.onnx")
	if err := Write(t.Context(), path, written()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	m := written()
	if !Sniff(file, 0) || !reflect.DeepEqual(o.model.Nodes, m.Nodes) || !reflect.DeepEqual(o.model.Inputs, []Input{m.Input}) || o.model.Outputs[0] != "y" || o.model.Opsets[""] != Opset {
		t.Errorf("%+v", o.model)
	}
	if got := o.Metadata(); got["a"] != "1" || got["b"] != "2" || got["producer"] != "test" {
		t.Error(got)
	}
	for _, want := range m.Tensors {
		var stored, given bytes.Buffer
		if err := errors.Join(o.Stream(want.Name, &stored), want.Write(&given)); err != nil {
			t.Fatal(err)
		}
		if info, _ := o.Info(want.Name); info.DType != want.DType || !info.Shape.Equal(want.Shape) || !bytes.Equal(stored.Bytes(), given.Bytes()) {
			t.Errorf("%s: %v %x", want.Name, info, stored.Bytes())
		}
	}
}

// TestMetadataIsBounded reads long values, as long as all of them together have few bytes.
func TestMetadataIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.onnx")
	m := written()
	m.Metadata["a"] = strings.Repeat("x", maxMetadata/2)
	if err := Write(t.Context(), path, m); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil || o.Metadata()["a"] != m.Metadata["a"] {
		t.Fatal(err)
	}
	file = appendMessage(file, 14, appendText(appendText(nil, 1, "c"), 2, m.Metadata["a"]))
	if _, err := Open(bytes.NewReader(file), int64(len(file))); err == nil || !strings.Contains(err.Error(), "metadata has more than 8 MiB") {
		t.Error(err)
	}
}

// TestWriteRefuses leaves no file.
func TestWriteRefuses(t *testing.T) {
	short := func(w io.Writer) error { return WriteFloats(w, make([]float32, 17)) }
	long := func(w io.Writer) error { return WriteFloats(w, make([]float32, 19)) }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		want   string
		limit  int64
		ctx    context.Context
		change func(m *New)
	}{
		{want: "4 bytes are missing", change: func(m *New) { m.Tensors[0].Write = short }},
		{want: "4 bytes more than the tensor has", change: func(m *New) { m.Tensors[0].Write = long }},
		{want: "out of ink", change: func(m *New) { m.Tensors[1].Write = func(io.Writer) error { return errors.New("out of ink") } }},
		{want: `the name "w" is taken`, change: func(m *New) { m.Tensors[1].Name = "w" }},
		{want: `the name "x" is taken`, change: func(m *New) { m.Nodes[0].Outputs[0] = "x" }},
		{want: `takes "v", which nothing before it puts out`, change: func(m *New) { m.Nodes[0].Inputs[1] = "v" }},
		{want: `no operator puts out "z"`, change: func(m *New) { m.Output.Name = "z" }},
		{want: `dtype "complex64" cannot be written`, change: func(m *New) { m.Tensors[0].DType = "complex64" }},
		{want: "is too large", change: func(m *New) { m.Tensors[0].Shape = tensor.Shape{1 << 40, 1 << 40} }},
		{want: "is not text", change: func(m *New) { m.Metadata["a"] = "\xff" }},
		{want: "metadata of more than 8 MiB", change: func(m *New) { m.Metadata["a"] = strings.Repeat("x", maxMetadata) }},
		{want: "a model in one file has 200 bytes at most", limit: 200},
		{want: "context canceled", ctx: cancelled},
	} {
		m, ctx, usual := written(), t.Context(), maxModel
		if c.change != nil {
			c.change(m)
		}
		if c.ctx != nil {
			ctx = c.ctx
		}
		if c.limit > 0 {
			maxModel = c.limit
		}
		dir := t.TempDir()
		err := Write(ctx, filepath.Join(dir, "out.onnx"), m)
		maxModel = usual
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %d files are left, %v", c.want, len(left), err)
		}
	}
}
