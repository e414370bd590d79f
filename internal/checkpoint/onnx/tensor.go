package onnx

import (
	"encoding/binary"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// stored is where a tensor's elements are: at an offset of the model or of another file, or in memory.
type stored struct {
	info     tensor.Info
	location string
	offset   int64
	length   int64
	values   []byte
}

// types are those of TensorProto.
var types = map[uint64]tensor.DType{
	1: tensor.Float32, 2: tensor.UInt8, 3: tensor.Int8, 5: tensor.Int16, 6: tensor.Int32, 7: tensor.Int64, 9: tensor.Bool,
	10: tensor.Float16, 11: tensor.Float64, 16: tensor.BFloat16,
}

// unread are the types of TensorProto whose elements are not read, by the format's names in lower case (onnx 1.23).
var unread = map[uint64]tensor.DType{
	4: "uint16", 8: "string", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 17: "float8e4m3fn", 18: "float8e4m3fnuz",
	19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2",
	27: "float6e2m3", 28: "float6e3m2",
}

// tensorFields are those of a TensorProto.
type tensorFields struct {
	name     string
	dims     []uint64
	dtype    uint64
	raw      *field
	lists    []field // float_data, int32_data, int64_data, double_data; the elements of those that are not packed
	outside  bool
	external map[string]string
}

// readTensor takes a TensorProto in; name is that of the value that it is the constant of, "" for an initializer.
func (o *Reader) readTensor(at field, name string) error {
	if err := o.spend(at.at); err != nil {
		return err
	}
	if len(o.names) == format.MaxTensors {
		return format.Errorf(Name, at.at, "more than %d tensors", format.MaxTensors)
	}
	t, err := o.tensorFields(at)
	if err != nil {
		return err
	}
	if name != "" {
		t.name = name
	}
	one := &stored{}
	if one.info.Shape, err = shape(t, at.at); err != nil {
		return err
	}
	var known bool
	if one.info.DType, known = types[t.dtype]; !known {
		if one.info.DType, known = unread[t.dtype]; !known {
			one.info.DType = tensor.DType("ONNX type " + strconv.FormatUint(t.dtype, 10))
		}
		return o.put(t.name, one, at.at)
	}
	elements := int64(one.info.Shape.Elements())
	size := int64(one.info.DType.Size())
	if elements > math.MaxInt64/size {
		return format.Errorf(Name, at.at, "the tensor %q has the impossible shape %v", t.name, one.info.Shape)
	}
	one.length = elements * size
	switch {
	case t.outside:
		err = t.place(one, at.at)
	case t.raw != nil && len(t.lists) > 0:
		err = format.Errorf(Name, at.at, "the tensor %q has raw data and a list of numbers", t.name)
	case t.raw != nil:
		if one.offset = t.raw.at; t.raw.length != one.length {
			err = format.Errorf(Name, t.raw.at, "the tensor %q of shape %v and type %s has %d bytes, want %d", t.name, one.info.Shape, one.info.DType, t.raw.length, one.length)
		}
	default:
		err = o.listed(t, one, at.at)
	}
	if err != nil {
		return err
	}
	return o.put(t.name, one, at.at)
}

func (o *Reader) put(name string, one *stored, at int64) error {
	if name == "" {
		return format.Errorf(Name, at, "a tensor has no name")
	}
	if o.tensors[name] != nil {
		return format.Errorf(Name, at, "two tensors are called %q", name)
	}
	o.names = append(o.names, name)
	o.tensors[name] = one
	return nil
}

func (o *Reader) tensorFields(at field) (t tensorFields, err error) {
	err = o.walk(at.at, at.at+at.length, func(f field) (err error) {
		switch f.number {
		case 1:
			var content []byte
			if f.kind == protowire.BytesType {
				if content, err = o.bytes(f, 10*(format.MaxDims+1)); err != nil {
					return err
				}
			}
			t.dims, err = numbers(t.dims, f, content, 0, format.MaxDims)
		case 2:
			t.dtype = f.value
		case 3:
			return format.Errorf(Name, f.at, "a tensor in segments is not read")
		case 4, 5, 7, 10, 11:
			if t.lists = append(t.lists, f); len(t.lists) > maxInline {
				return format.Errorf(Name, f.at, "more than %d elements are stored one by one", maxInline)
			}
		case 8:
			t.name, err = o.text(f)
		case 9:
			if f.kind != protowire.BytesType {
				return format.Errorf(Name, f.at, "raw data are no bytes")
			}
			t.raw = &f
		case 13:
			b, err := o.bytes(f, 2*maxText)
			if err != nil {
				return err
			}
			key, value, err := property(b, f.at)
			if t.external == nil {
				t.external = map[string]string{}
			}
			if t.external[key] = value; len(t.external) > 8 {
				return format.Errorf(Name, f.at, "too much is said of where a tensor's elements lie")
			}
			return err
		case 14:
			t.outside = f.value == 1
		}
		return err
	})
	return t, err
}

// shape checks the dimensions.
func shape(t tensorFields, at int64) (tensor.Shape, error) {
	s := make(tensor.Shape, len(t.dims))
	for i, d := range t.dims {
		if d > math.MaxInt64/64 {
			return nil, format.Errorf(Name, at, "the tensor %q has a dimension of %d", t.name, int64(d))
		}
		s[i] = int(d)
	}
	if _, ok := s.Checked(); !ok {
		return nil, format.Errorf(Name, at, "the tensor %q has the impossible shape %v", t.name, s)
	}
	return s, nil
}

// place reads where in another file the elements lie.
func (t tensorFields) place(one *stored, at int64) error {
	one.location = t.external["location"]
	for key, to := range map[string]*int64{"offset": &one.offset, "length": new(int64)} {
		text, said := t.external[key]
		if !said {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 || key == "length" && n != one.length {
			return format.Errorf(Name, at, "the tensor %q of %d bytes says that its elements have the %s %q", t.name, one.length, key, text)
		}
		*to = n
	}
	if one.location == "" {
		return format.Errorf(Name, at, "the tensor %q does not say in which file its elements lie", t.name)
	}
	return nil
}

// listed reads elements that are no raw data. Packed floats are the same bytes as raw ones; the others are small.
func (o *Reader) listed(t tensorFields, one *stored, at int64) error {
	field, fixed := map[tensor.DType]protowire.Number{tensor.Float32: 4, tensor.Float64: 10, tensor.Int64: 7}[one.info.DType], 0
	switch field {
	case 0:
		field = 5
	case 4, 10:
		fixed = one.info.DType.Size()
	}
	if len(t.lists) == 1 && fixed > 0 && t.lists[0].number == field && t.lists[0].length == one.length {
		one.offset = t.lists[0].at
		return nil
	}
	var list []uint64
	for _, f := range t.lists {
		if f.number != field || fixed == 8 {
			return format.Errorf(Name, f.at, "the tensor %q of type %s has its elements in field %d", t.name, one.info.DType, int(f.number))
		}
		var content []byte
		var err error
		if f.kind == protowire.BytesType {
			if content, err = o.bytes(f, 10*maxInline); err != nil {
				return err
			}
		}
		if list, err = numbers(list, f, content, fixed, maxInline); err != nil {
			return err
		}
	}
	if len(list) != one.info.Shape.Elements() {
		return format.Errorf(Name, at, "the tensor %q of shape %v has %d elements", t.name, one.info.Shape, len(list))
	}
	one.values = make([]byte, 0, one.length)
	for _, v := range list {
		one.values = append(one.values, binary.LittleEndian.AppendUint64(nil, v)[:one.info.DType.Size()]...)
	}
	return nil
}

// simpleConstant takes in the constant of a node that says it as a number or a list.
func (o *Reader) simpleConstant(n Node, at int64) error {
	if len(n.Attrs) != 1 {
		return format.Errorf(Name, at, "the constant %q has %d attributes, want 1", n.Outputs[0], len(n.Attrs))
	}
	a := n.Attrs[0]
	one := &stored{info: tensor.Info{Shape: tensor.Shape{}, DType: tensor.Int64}, values: []byte{}}
	le := binary.LittleEndian
	switch a.Name {
	case "value_int":
		a.Ints = []int64{a.Int}
	case "value_float":
		a.Floats = []float32{a.Float}
	case "value_ints":
		one.info.Shape = tensor.Shape{len(a.Ints)}
	case "value_floats":
		one.info.Shape = tensor.Shape{len(a.Floats)}
	default:
		return format.Errorf(Name, at, "the constant %q has the attribute %q, which is not read", n.Outputs[0], a.Name)
	}
	for _, v := range a.Ints {
		one.values = le.AppendUint64(one.values, uint64(v))
	}
	if len(a.Floats) > 0 {
		one.info.DType = tensor.Float32
	}
	for _, v := range a.Floats {
		one.values = le.AppendUint32(one.values, math.Float32bits(v))
	}
	one.length = int64(len(one.values))
	return o.put(n.Outputs[0], one, at)
}
