package onnx

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"resnet/internal/atomicfile"
	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// What is written: the version of the format and of the operators. Runtimes since the end of 2023 know both.
const (
	irVersion = 9
	Opset     = 20
)

// maxModel bounds a protobuf message, and so a model whose tensors are inside.
var maxModel int64 = math.MaxInt32

// A New is a model to be written. Its nodes are in an order in which each takes what stands before it.
type New struct {
	Producer, Name string
	Input, Output  Input // a dimension of 0 is the batch, of any size
	Nodes          []Node
	Tensors        []Initializer
	Metadata       map[string]string
}

// An Initializer is a tensor of a model; Write writes its elements, row-major and little-endian.
type Initializer struct {
	Name string
	tensor.Info
	Write func(io.Writer) error
}

// Write writes a model. Tensors are written one after the other, and nothing is at path before all of them are. The same
// model is the same bytes.
func Write(ctx context.Context, path string, m *New) error {
	f, err := m.layout()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	out, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer out.Cleanup()
	w := bufio.NewWriterSize(out, 1<<16)
	w.Write(f.before) // an error stays until Flush
	for i, t := range m.Tensors {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.Write(f.heads[i])
		raw := &exactly{w, f.sizes[i]}
		if err := t.Write(raw); err != nil {
			return err
		}
		if raw.left != 0 {
			return fmt.Errorf("%s: tensor %q: %d bytes are missing", path, t.Name, raw.left)
		}
	}
	w.Write(f.behind)
	if err := w.Flush(); err != nil {
		return err
	}
	return out.Commit()
}

// WriteFloats writes the elements of a float32 tensor.
func WriteFloats(w io.Writer, values []float32) error {
	buf, release := format.Chunk()
	defer release()
	for len(values) > 0 {
		n := min(len(values), len(buf)/4)
		format.Encode(buf[:4*n], values[:n], tensor.Float32)
		if _, err := w.Write(buf[:4*n]); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// exactly passes on a number of bytes.
type exactly struct {
	w    io.Writer
	left int64
}

func (e *exactly) Write(p []byte) (int, error) {
	if int64(len(p)) > e.left {
		return 0, fmt.Errorf("%d bytes more than the tensor has", int64(len(p))-e.left)
	}
	e.left -= int64(len(p))
	return e.w.Write(p)
}

// fileLayout is all of a file but for the elements of tensors, each of which stands behind its head.
type fileLayout struct {
	before, behind []byte
	heads          [][]byte
	sizes          []int64
}

func (m *New) layout() (*fileLayout, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	f := &fileLayout{}
	var graph, rest []byte // before and behind the tensors
	for _, n := range m.Nodes {
		graph = appendMessage(graph, 1, n.encode())
	}
	graph = appendText(graph, 2, m.Name)
	rest = appendMessage(rest, 11, m.Input.encode())
	rest = appendMessage(rest, 12, m.Output.encode())
	size := int64(len(graph) + len(rest))
	for _, t := range m.Tensors {
		head, elements, err := t.head()
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		f.heads, f.sizes = append(f.heads, head), append(f.sizes, elements)
		if size += int64(len(head)) + elements; size > maxModel {
			break
		}
	}
	f.before = appendInt(nil, 1, irVersion)
	f.before = appendText(f.before, 2, m.Producer)
	f.before = protowire.AppendTag(f.before, 7, protowire.BytesType)
	f.before = append(protowire.AppendVarint(f.before, uint64(size)), graph...)
	f.behind = appendMessage(rest, 8, appendInt(nil, 2, Opset))
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		f.behind = appendMessage(f.behind, 14, appendText(appendText(nil, 1, key), 2, m.Metadata[key]))
	}
	if size+int64(len(f.before)-len(graph)+len(f.behind)-len(rest)) > maxModel {
		return nil, fmt.Errorf("a model in one file has %d bytes at most, and this one would have more: tensors in a file of their own are not written", maxModel)
	}
	return f, nil
}

// check refuses what no reader would take: text that is none, and names that stand for two things.
func (m *New) check() error {
	properties := 0
	for key, value := range m.Metadata {
		const around = 16 // heads of the entry and its two texts
		if properties += len(key) + len(value) + around; properties > maxMetadata {
			return fmt.Errorf("metadata of more than %d MiB would not be read", maxMetadata>>20)
		}
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return fmt.Errorf("metadata %q: %q is not text", key, value)
		}
	}
	known := map[string]bool{m.Input.Name: true}
	define := func(name string) error {
		if known[name] || name == "" || !utf8.ValidString(name) {
			return fmt.Errorf("the name %q is taken, empty or no text", name)
		}
		known[name] = true
		return nil
	}
	for _, t := range m.Tensors {
		if err := define(t.Name); err != nil {
			return err
		}
	}
	for _, n := range m.Nodes {
		for _, in := range n.Inputs {
			if !known[in] {
				return fmt.Errorf("operator %q takes %q, which nothing before it puts out", n.Name, in)
			}
		}
		for _, out := range n.Outputs {
			if err := define(out); err != nil {
				return err
			}
		}
	}
	if !known[m.Output.Name] {
		return fmt.Errorf("no operator puts out %q", m.Output.Name)
	}
	return nil
}

// head is a TensorProto in a GraphProto up to its elements, which take size bytes.
func (t Initializer) head() (head []byte, size int64, err error) {
	dtype := uint64(0)
	for number, known := range types {
		if known == t.DType {
			dtype = number
		}
	}
	n, fits := t.Shape.Checked()
	switch {
	case dtype == 0:
		return nil, 0, fmt.Errorf("dtype %q cannot be written", t.DType)
	case !fits || int64(n) > math.MaxInt64/8:
		return nil, 0, fmt.Errorf("shape %v is too large", t.Shape)
	}
	size = int64(n) * int64(t.DType.Size())
	var inside []byte
	for _, d := range t.Shape {
		inside = appendInt(inside, 1, uint64(d))
	}
	inside = appendText(appendInt(inside, 2, dtype), 8, t.Name)
	inside = protowire.AppendVarint(protowire.AppendTag(inside, 9, protowire.BytesType), uint64(size))
	head = protowire.AppendVarint(protowire.AppendTag(nil, 5, protowire.BytesType), uint64(int64(len(inside))+size))
	return append(head, inside...), size, nil
}

// encode is a NodeProto.
func (n Node) encode() []byte {
	var b []byte
	for _, in := range n.Inputs {
		b = appendText(b, 1, in)
	}
	for _, out := range n.Outputs {
		b = appendText(b, 2, out)
	}
	b = appendText(appendText(b, 3, n.Name), 4, n.Op)
	for _, a := range n.Attrs {
		b = appendMessage(b, 5, a.encode())
	}
	return b
}

// encode is an AttributeProto; its lists are not packed, as proto2 writes them.
func (a Attribute) encode() []byte {
	b := appendText(nil, 1, a.Name)
	switch a.Type {
	case AttrFloat:
		b = protowire.AppendFixed32(protowire.AppendTag(b, 2, protowire.Fixed32Type), math.Float32bits(a.Float))
	case AttrInt:
		b = appendInt(b, 3, uint64(a.Int))
	case AttrText:
		b = appendText(b, 4, a.Text)
	case AttrInts:
		for _, v := range a.Ints {
			b = appendInt(b, 8, uint64(v))
		}
	}
	return appendInt(b, 20, uint64(a.Type))
}

// encode is a ValueInfoProto of floats.
func (v Input) encode() []byte {
	const float = 1
	var shape []byte
	for _, d := range v.Shape {
		if d == 0 {
			shape = appendMessage(shape, 1, appendText(nil, 2, "batch"))
		} else {
			shape = appendMessage(shape, 1, appendInt(nil, 1, uint64(d)))
		}
	}
	kind := appendMessage(appendInt(nil, 1, float), 2, shape)
	return appendMessage(appendText(nil, 1, v.Name), 2, appendMessage(nil, 1, kind))
}

func appendInt(b []byte, number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v)
}

func appendText(b []byte, number protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), s)
}

func appendMessage(b []byte, number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), content)
}
