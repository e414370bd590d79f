// Package onnx reads models that are saved as ONNX: the tensors among their initializers and constants, and the graph of
// operators that they belong to. Messages that may be large are walked over the file, and the elements of tensors are
// passed over by their length; small ones are read with protowire. Nothing is generated from the format's description.
package onnx

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// Name is the format's name in errors.
const Name = "ONNX"

// A Model is the graph of a file, as it is written in it.
type Model struct {
	Producer string           `json:"producer"`
	Opsets   map[string]int64 `json:"opsets"` // version by domain
	Inputs   []Input          `json:"inputs"` // those that are no initializers
	Outputs  []string         `json:"outputs"`
	Nodes    []Node           `json:"nodes"` // but for constants, which are tensors
	// Functions is the number of the model's own operators.
	Functions int `json:"functions"`
}

// An Input is one of a graph; a dimension that is not said is 0.
type Input struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

// A Node is a call of an operator.
type Node struct {
	Name    string      `json:"name"`
	Op      string      `json:"op"`
	Domain  string      `json:"domain"`
	Inputs  []string    `json:"inputs"`
	Outputs []string    `json:"outputs"`
	Attrs   []Attribute `json:"attrs"`
}

// An Attribute has the field that its type says; Type is AttributeProto's, 0 where a file leaves it out.
type Attribute struct {
	Name   string    `json:"name"`
	Type   int       `json:"type"`
	Int    int64     `json:"int"`
	Float  float32   `json:"float"`
	Text   string    `json:"text"`
	Ints   []int64   `json:"ints"`
	Floats []float32 `json:"floats"`
}

// A Reader is an opened file. It may be used by several goroutines.
type Reader struct {
	file     io.ReaderAt
	heads    window // of file, while it is opened
	size     int64
	model    Model
	metadata map[string]string
	names    []string
	tensors  map[string]*stored
	outside  map[string]External // files that hold tensors, by location
	budget   int                 // items that may still be read

	properties int // bytes of metadata that were read
}

// External is a file beside the model.
type External struct {
	Data io.ReaderAt
	Size int64
}

// Sniff reports whether a file that begins with head can be an ONNX model: the version of the format, which protobuf
// writes first, and another field of a model.
func Sniff(head []byte, _ int64) bool {
	return len(head) > 2 && head[0] == 0x08 && head[1] > 0 && head[1] < 64 &&
		slices.Contains([]byte{0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42}, head[2])
}

// Open reads the descriptions in a file of size bytes. Where tensors lie in other files, Locations names them, and Attach
// gives them.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	o := &Reader{file: r, heads: window{file: r}, size: size, metadata: map[string]string{}, tensors: map[string]*stored{}, outside: map[string]External{}, budget: maxItems}
	o.model.Opsets = map[string]int64{}
	if err := o.readModel(); err != nil {
		return nil, err
	}
	o.model.Inputs = slices.DeleteFunc(o.model.Inputs, func(in Input) bool { return o.tensors[in.Name] != nil })
	if len(o.model.Nodes) == 0 {
		return nil, format.Errorf(Name, -1, "the model has no graph, or one without operators")
	}
	return o, nil
}

// Locations are the files beside the model that its tensors lie in, as it names them.
func (o *Reader) Locations() []string {
	seen := map[string]bool{}
	for _, t := range o.tensors {
		if t.location != "" {
			seen[t.location] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Attach gives the file of a location, and checks that it holds what the model says.
func (o *Reader) Attach(location string, file External) error {
	o.outside[location] = file
	for _, name := range o.names {
		if t := o.tensors[name]; t.location == location && (t.offset > file.Size || t.length > file.Size-t.offset) {
			return format.Errorf(Name, -1, "the tensor %q has %d bytes at %d of %q, which ends at %d (truncated download?)", name, t.length, t.offset, location, file.Size)
		}
	}
	return nil
}

// Names lists the tensors in the order of the file.
func (o *Reader) Names() []string { return o.names }

// Info is a tensor's shape and element type.
func (o *Reader) Info(name string) (tensor.Info, bool) {
	t, ok := o.tensors[name]
	if !ok {
		return tensor.Info{}, false
	}
	return t.info, true
}

// Stream writes a tensor's elements to w.
func (o *Reader) Stream(name string, w io.Writer) error {
	t, ok := o.tensors[name]
	if !ok {
		return format.Errorf(Name, -1, "no tensor %q", name)
	}
	if t.info.DType.Size() == 0 {
		return format.Errorf(Name, -1, "elements of type %s cannot be read", t.info.DType)
	}
	if t.info.DType == tensor.Bool {
		w = &format.BoolChecker{W: w, Format: Name, Offset: -1}
	}
	file := o.file
	switch {
	case t.values != nil:
		_, err := w.Write(t.values)
		return err
	case t.location != "":
		outside, ok := o.outside[t.location]
		if !ok {
			return format.Errorf(Name, -1, "the elements of %q lie in the file %q, which is not open", name, t.location)
		}
		file = outside.Data
	}
	err := format.Copy(w, io.NewSectionReader(file, t.offset, t.length), t.length)
	return format.Truncated(err, Name, t.offset, fmt.Sprintf("the tensor %q", name))
}

// Metadata is what the model says of itself.
func (o *Reader) Metadata() map[string]string { return maps.Clone(o.metadata) }

// Config is the graph as JSON: a Model.
func (o *Reader) Config() string {
	text, err := json.Marshal(&o.model)
	if err != nil { // a float that is no number
		return ""
	}
	return string(text)
}

// Checksums is false: ONNX has none.
func (o *Reader) Checksums() bool { return false }

// Warnings is empty.
func (o *Reader) Warnings() []string { return nil }
