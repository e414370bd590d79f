package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"resnet/internal/checkpoint/format"
)

// readModel reads a ModelProto, which is the whole file.
func (o *Reader) readModel() error {
	graphs := 0
	return o.walk(0, o.size, func(f field) (err error) {
		switch f.number {
		case 2:
			o.model.Producer, err = o.text(f)
			o.metadata["producer"] = o.model.Producer
		case 7:
			if graphs++; graphs > 1 || f.kind != protowire.BytesType {
				return format.Errorf(Name, f.at, "a model has one graph")
			}
			return o.readGraph(f)
		case 8:
			return o.readOpset(f)
		case 14:
			return o.readProperty(f)
		case 25:
			o.model.Functions++
		}
		return err
	})
}

// readOpset reads an OperatorSetIdProto.
func (o *Reader) readOpset(f field) error {
	if err := o.spend(f.at); err != nil {
		return err
	}
	b, err := o.bytes(f, maxMessage)
	if err != nil {
		return err
	}
	domain, version := "", int64(0)
	err = each(b, f.at, func(f field, content []byte) (err error) {
		switch f.number {
		case 1:
			domain, err = word(f, content)
		case 2:
			version = int64(f.value)
		}
		return err
	})
	o.model.Opsets[domain] = version
	return err
}

// readProperty reads a StringStringEntryProto of the metadata.
func (o *Reader) readProperty(f field) error {
	if err := o.spend(f.at); err != nil {
		return err
	}
	b, err := o.bytes(f, maxMetadata)
	if err != nil {
		return err
	}
	if o.properties += len(b); o.properties > maxMetadata {
		return format.Errorf(Name, f.at, "the metadata has more than %d MiB", maxMetadata>>20)
	}
	key, value, err := property(b, f.at)
	if key != "" {
		o.metadata[key] = value
	}
	return err
}

func property(b []byte, at int64) (key, value string, err error) {
	err = each(b, at, func(f field, content []byte) error {
		switch f.number {
		case 1:
			key = string(content)
		case 2:
			value = string(content)
		}
		return nil
	})
	return key, value, err
}

// readGraph walks a GraphProto.
func (o *Reader) readGraph(graph field) error {
	return o.walk(graph.at, graph.at+graph.length, func(f field) error {
		switch f.number {
		case 1:
			return o.readNode(f)
		case 5:
			if f.kind != protowire.BytesType {
				return format.Errorf(Name, f.at, "an initializer is no message")
			}
			return o.readTensor(f, "")
		case 11:
			in, err := o.readInput(f)
			o.model.Inputs = append(o.model.Inputs, in)
			return err
		case 12:
			out, err := o.readInput(f)
			o.model.Outputs = append(o.model.Outputs, out.Name)
			return err
		case 15:
			return format.Errorf(Name, f.at, "the model has sparse tensors, which are not read")
		}
		return nil
	})
}

// readInput reads a ValueInfoProto: {name, type: {tensor_type: {shape: {dim: {dim_value}}}}}.
func (o *Reader) readInput(f field) (in Input, err error) {
	if err := o.spend(f.at); err != nil {
		return in, err
	}
	b, err := o.bytes(f, maxMessage)
	if err != nil {
		return in, err
	}
	err = each(b, f.at, func(f field, content []byte) (err error) {
		switch f.number {
		case 1:
			in.Name, err = word(f, content)
		case 2:
			return inside(content, f.at, []protowire.Number{1, 2, 1}, func(at int64, dim []byte) error {
				size := 0
				err := each(dim, at, func(f field, _ []byte) error {
					if f.number == 1 && f.value <= math.MaxInt32 {
						size = int(f.value)
					}
					return nil
				})
				if in.Shape = append(in.Shape, size); len(in.Shape) > format.MaxDims {
					return format.Errorf(Name, f.at, "an input has more than %d dimensions", format.MaxDims)
				}
				return err
			})
		}
		return err
	})
	return in, err
}

// inside visits the messages at a path of fields; its depth is that of the path, whatever the file holds.
func inside(b []byte, at int64, path []protowire.Number, visit func(at int64, b []byte) error) error {
	if len(path) == 0 {
		return visit(at, b)
	}
	return each(b, at, func(f field, content []byte) error {
		if f.number != path[0] || f.kind != protowire.BytesType {
			return nil
		}
		return inside(content, f.at, path[1:], visit)
	})
}

// readNode reads a NodeProto. A constant is taken among the tensors. One with a large constant is walked, not read.
func (o *Reader) readNode(node field) error {
	if err := o.spend(node.at); err != nil {
		return err
	}
	if node.kind != protowire.BytesType {
		return format.Errorf(Name, node.at, "an operator is no message")
	}
	var n Node
	var constant *field
	err := o.walk(node.at, node.at+node.length, func(f field) (err error) {
		var text string
		switch f.number {
		case 1, 2, 5:
			if err := o.spend(f.at); err != nil {
				return err
			}
		}
		switch f.number {
		case 1:
			text, err = o.text(f)
			n.Inputs = append(n.Inputs, text)
		case 2:
			text, err = o.text(f)
			n.Outputs = append(n.Outputs, text)
		case 3:
			n.Name, err = o.text(f)
		case 4:
			n.Op, err = o.text(f)
		case 7:
			n.Domain, err = o.text(f)
		case 5:
			a, t, err := o.readAttribute(f)
			if t != nil && a.Name == "value" {
				constant = t
				return err
			}
			n.Attrs = append(n.Attrs, a)
			return err
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case n.Op == "" || len(n.Outputs) == 0:
		return format.Errorf(Name, node.at, "an operator has no type, or no output")
	case n.Op == "Constant" && constant != nil:
		return o.readTensor(*constant, n.Outputs[0])
	case n.Op == "Constant":
		return o.simpleConstant(n, node.at)
	case constant != nil:
		n.Attrs = append(n.Attrs, Attribute{Name: "value", Type: AttrTensor})
	}
	o.model.Nodes = append(o.model.Nodes, n)
	return nil
}

// Types of AttributeProto.
const (
	AttrFloat, AttrInt, AttrText, AttrTensor = 1, 2, 3, 4
	AttrFloats, AttrInts                     = 6, 7
	AttrOther                                = 5 // a graph; tensors, graphs and types are taken for one
)

// readAttribute reads an AttributeProto; of a tensor it tells where it lies.
func (o *Reader) readAttribute(attr field) (a Attribute, tensor *field, err error) {
	var ints, floats []uint64
	err = o.walk(attr.at, attr.at+attr.length, func(f field) (err error) {
		switch f.number {
		case 1:
			a.Name, err = o.text(f)
		case 2:
			a.Float, a.Type = math.Float32frombits(uint32(f.value)), AttrFloat
		case 3:
			a.Int, a.Type = int64(f.value), AttrInt
		case 4:
			a.Text, err = o.text(f)
			a.Type = AttrText
		case 5:
			tensor, a.Type = &f, AttrTensor
		case 7, 8:
			var content []byte
			if f.kind == protowire.BytesType {
				if content, err = o.bytes(f, 16*maxList); err != nil {
					return err
				}
			}
			if f.number == 7 {
				floats, err = numbers(floats, f, content, 4, maxList)
				a.Type = AttrFloats
			} else {
				ints, err = numbers(ints, f, content, 0, maxList)
				a.Type = AttrInts
			}
		case 13, 20, 21: // a description, the type again, a reference
		default:
			a.Type = AttrOther
		}
		return err
	})
	for _, v := range ints {
		a.Ints = append(a.Ints, int64(v))
	}
	for _, v := range floats {
		a.Floats = append(a.Floats, math.Float32frombits(uint32(v)))
	}
	return a, tensor, err
}

// word is a name in memory.
func word(f field, content []byte) (string, error) {
	if len(content) > maxText {
		return "", format.Errorf(Name, f.at, "a name has %d bytes, more than %d", len(content), maxText)
	}
	return string(content), nil
}
